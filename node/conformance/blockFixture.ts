// Block tests (BlockchainTests of ethereum/tests, blockchain_tests of execution-spec-tests): blocks on a genesis, some of
// which must be refused.
import type { GenesisAccount, GenesisHeader } from '../../genesis/chainSpec.ts';
import { UINT256_MAX } from '../../genesis/fieldReader.ts';
import { parseAlloc } from '../../genesis/parseAlloc.ts';
import { toAddress, toHash } from '../../primitives/bytes.ts';
import type { Hash } from '../../primitives/types.ts';
import { addressOf, bytesOf, integerOf, listOf, reader, wordOf } from './fixtureFields.ts';

export interface FixtureBlock {
  readonly rlp: Uint8Array;
  /** What the fixture calls the reason why the block is invalid; undefined for a valid one. */
  readonly expectedRefusal: string | undefined;
}

export interface BlockFixture {
  readonly name: string;
  readonly network: string;
  readonly chainId: bigint;
  readonly blobSchedule: unknown;
  readonly genesis: GenesisHeader;
  readonly genesisHash: Hash;
  readonly alloc: readonly GenesisAccount[];
  readonly blocks: readonly FixtureBlock[];
  readonly lastBlockHash: Hash;
}

/** @throws ChainError of the field readers: not a block test */
export function parseBlockFixture(name: string, value: unknown): BlockFixture {
  const fields = reader(value, name);
  const config = reader(fields.optional('config') ?? {}, `${name}.config`);
  const network = String(fields.required('network', 'the name of a fork'));
  const genesis = reader(fields.required('genesisBlockHeader', 'a header'), `${name}.genesisBlockHeader`);
  return {
    name,
    network,
    chainId: integerOf(config.optional('chainid') ?? '0x1', 'chainid'),
    blobSchedule: config.optional('blobSchedule'),
    genesis: parseGenesisHeader(genesis),
    genesisHash: toHash(wordOf(genesis.required('hash', 'a hash'), genesis.at('hash'))),
    alloc: parseAlloc(fields.required('pre', 'accounts'), false),
    blocks: listOf(fields.required('blocks', 'blocks'), 'blocks').map((block) => parseBlock(block, network)),
    lastBlockHash: toHash(wordOf(fields.required('lastblockhash', 'a hash'), 'lastblockhash')),
  };
}

function parseGenesisHeader(fields: ReturnType<typeof reader>): GenesisHeader {
  const integer = (name: string) => integerOf(fields.optional(name) ?? '0x0', fields.at(name), UINT256_MAX);
  const optional = (name: string) => (fields.optional(name) === undefined ? undefined : integer(name));
  const word = (name: string) => toHash(wordOf(fields.optional(name) ?? '0x', fields.at(name)));
  return {
    number: integer('number'),
    timestampSeconds: integer('timestamp'),
    gasLimit: integer('gasLimit'),
    gasUsed: integer('gasUsed'),
    difficulty: integer('difficulty'),
    nonce: bytesOf(fields.optional('nonce') ?? '0x0000000000000000', fields.at('nonce')),
    mixHash: word('mixHash'),
    coinbase: addressOf(fields.optional('coinbase'), fields.at('coinbase')) ?? toAddress(new Uint8Array(20)),
    extraData: bytesOf(fields.optional('extraData') ?? '0x', fields.at('extraData')),
    parentHash: word('parentHash'),
    baseFeePerGas: optional('baseFeePerGas'),
    excessBlobGas: optional('excessBlobGas'),
    blobGasUsed: optional('blobGasUsed'),
  };
}

/** Older fixtures name the reason by fork: `expectExceptionByzantium`, `expectExceptionALL`; or give no header, and no reason. */
function parseBlock(value: unknown, network: string): FixtureBlock {
  const fields = reader(value, 'block');
  const names = ['expectException', `expectException${network}`, 'expectExceptionALL'];
  const isInvalid = fields.optional('blockHeader') === undefined;
  const reason =
    names.map((name) => fields.optional(name)).find((given) => given !== undefined) ??
    (isInvalid ? 'invalid' : undefined);
  return {
    rlp: bytesOf(fields.required('rlp', 'a block'), 'block.rlp'),
    expectedRefusal: reason === undefined ? undefined : String(reason),
  };
}
