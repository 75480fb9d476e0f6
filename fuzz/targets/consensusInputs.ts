// Consensus inputs and state dumps: what is stored beside blocks and what anvil_loadState takes.
import fc from 'fast-check';
import { decodeConsensusInputs, encodeConsensusInputs } from '../../node/consensus/consensusInputs.ts';
import { decodeStateDump } from '../../node/dev/stateDump.ts';
import { bigIntToBytes, equalBytes } from '../../primitives/bytes.ts';
import { encodeRlp, type RlpItem } from '../../primitives/rlp.ts';
import { address20, hash32, someBytes, uint } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget } from '../target.ts';

function check(input: Uint8Array): string {
  const edits = attempt(['INVALID_STATE_DUMP'], () => decodeStateDump(input));
  const { value: inputs, refusal } = attempt(['INVALID_RLP'], () => decodeConsensusInputs(input));
  expectThat(
    (edits.value === undefined) === (inputs?.dev === undefined),
    'a dump is what holds edits, and nothing else',
  );
  if (inputs === undefined) return refusal;
  expectThat(equalBytes(encodeConsensusInputs(inputs), input), 'encoding what was decoded gives other bytes');
  return 'accepted';
}

const integer = (bits: number): fc.Arbitrary<RlpItem> => uint(bits).map(bigIntToBytes);
const edit: fc.Arbitrary<RlpItem> = fc.oneof(
  fc.tuple(fc.constant(bigIntToBytes(0n)), address20, integer(256)),
  fc.tuple(fc.constant(bigIntToBytes(1n)), address20, integer(64)),
  fc.tuple(fc.constant(bigIntToBytes(2n)), address20, someBytes),
  fc.tuple(fc.constant(bigIntToBytes(3n)), address20, hash32, hash32),
);
const time: fc.Arbitrary<RlpItem> = fc.tuple(integer(64), integer(32));
const vote: fc.Arbitrary<RlpItem> = fc.tuple(address20, integer(64), integer(2));
const misbehavior: fc.Arbitrary<RlpItem> = fc.tuple(integer(1), address20, integer(64), integer(64), time, integer(64));
const engine: fc.Arbitrary<RlpItem> = fc.tuple(
  hash32,
  time,
  address20,
  integer(32),
  fc.array(vote, { maxLength: 3 }),
  fc.array(misbehavior, { maxLength: 2 }),
);
const none: fc.Arbitrary<RlpItem> = fc.constant([]);
const dev: fc.Arbitrary<RlpItem> = fc.tuple(fc.array(edit, { maxLength: 4 }), fc.array(integer(256), { maxLength: 1 }));
const structures = fc.tuple(fc.oneof(none, engine), fc.oneof(none, dev)).map(encodeRlp);

export const consensusInputsTarget: FuzzTarget = {
  name: 'inputs',
  about: 'consensus inputs of blocks, and state dumps, which are the same form',
  shape: 'rlp',
  inputBytesMax: 64 * 1024,
  inputBudgetMs: 100,
  open: () => ({ corpus: fc.sample(structures, { seed: 1, numRuns: 60 }), structures, check }),
};
