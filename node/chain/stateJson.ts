// The state at a block as JSON text, piece by piece and in the order of addresses: either the genesis file of a chain that
// begins with this state, or the form of `geth dump`.
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { bytesToHex, padLeft } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Header } from '../block/types.ts';
import type { DumpEntry } from '../state/stateDump.ts';
import type { AccountRecord } from '../state/types.ts';
import type { Chain } from './chain.ts';

export type ExportFormat = 'genesis' | 'dump';

/** Text is handed on when it has this many characters. */
const PIECE_LENGTH = 64 * 1024;

type AccountEntry = Extract<DumpEntry, { kind: 'account' }>;

/** How one format writes an account. */
interface AccountForm {
  fields(record: AccountRecord, code: Uint8Array): Readonly<Record<string, unknown>>;
}

const FORMS: Readonly<Record<ExportFormat, AccountForm>> = {
  genesis: {
    fields: ({ balanceWei, nonce }, code) => ({
      balance: quantity(balanceWei),
      ...(nonce > 0n && { nonce: quantity(nonce) }),
      ...(code.length > 0 && { code: bytesToHex(code) }),
    }),
  },
  dump: {
    fields: ({ balanceWei, nonce, storageRoot, codeHash }, code) => ({
      balance: balanceWei.toString(),
      // A number as geth has it, unless JSON would round it.
      nonce: nonce <= Number.MAX_SAFE_INTEGER ? Number(nonce) : nonce.toString(),
      root: bytesToHex(storageRoot),
      codeHash: bytesToHex(codeHash),
      ...(code.length > 0 && { code: bytesToHex(code) }),
    }),
  },
};

/**
 * The state after block `blockNumber`.
 *
 * @param onAccount called with every account that was written
 * @throws ChainError `BLOCK_NOT_FOUND`, `STATE_PRUNED`
 */
export function stateAsJson(
  chain: Chain,
  blockNumber: bigint,
  format: ExportFormat,
  onAccount: () => void,
): AsyncIterable<string> {
  const entries = chain.state.dumpAt(blockNumber);
  const header = chain.headerByNumber(blockNumber)?.header;
  assert(header !== undefined, `block ${blockNumber} has a state and no header`);
  const [head, tail] = format === 'genesis' ? aroundAlloc(chain, header) : aroundDump(header);
  return pieces(chain, entries, FORMS[format], head, tail, onAccount);
}

async function* pieces(
  chain: Chain,
  entries: AsyncIterable<DumpEntry>,
  form: AccountForm,
  head: string,
  tail: string,
  onAccount: () => void,
): AsyncGenerator<string> {
  let text = head;
  let isFirst = true;
  /** What closes the account, and its storage, that was begun. */
  let open = '';
  for await (const entry of entries) {
    if (entry.kind === 'account') {
      text += `${open}${isFirst ? '' : ','}\n    ${beginAccount(chain, entry, form)}`;
      open = ' }';
      isFirst = false;
      onAccount();
    } else {
      text += open === ' }' ? ', "storage": {' : ',';
      text += `\n      "${bytesToHex(entry.slot)}": "${bytesToHex(padLeft(entry.value, 32))}"`;
      open = '\n    } }';
    }
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  yield `${text}${open}\n  ${tail}`;
}

function beginAccount(chain: Chain, { address, record }: AccountEntry, form: AccountForm): string {
  const code = chain.state.readerAt(chain.head.header.number).code(record.codeHash);
  const fields = JSON.stringify(form.fields(record, code));
  return `"${bytesToHex(address)}": ${fields.slice(0, -1)}`;
}

/** The chain's own genesis file with the block's time, gas limit and fee, so that what follows goes on from there. */
function aroundAlloc(chain: Chain, header: Header): readonly [head: string, tail: string] {
  const file = serializeGenesis({ ...chain.spec, alloc: [] });
  const { timestampSeconds, gasLimit, baseFeePerGas, difficulty } = header;
  const text = formatGenesis({
    ...file,
    timestamp: quantity(timestampSeconds),
    gasLimit: quantity(gasLimit),
    difficulty: quantity(difficulty),
    ...(baseFeePerGas !== undefined && { baseFeePerGas: quantity(baseFeePerGas) }),
    alloc: {},
  });
  const at = text.lastIndexOf('{}');
  return [text.slice(0, at + 1), text.slice(at + 1)];
}

function aroundDump({ stateRoot }: Header): readonly [head: string, tail: string] {
  return [`{\n  "root": "${bytesToHex(stateRoot).slice(2)}",\n  "accounts": {`, '}\n}\n'];
}

function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
