// What a failed call tells its caller. Wallets and libraries look for "execution reverted" and decode `data` themselves.
import { bytesToBigInt, bytesToHex, bytesToUtf8 } from '../primitives/bytes.ts';
import { RPC_CODES, RpcError } from './errors.ts';

/** Selector of `Error(string)`. */
const ERROR_SELECTOR = '0x08c379a0';
/** Selector of `Panic(uint256)`. */
const PANIC_SELECTOR = '0x4e487b71';
/** A longer reason is cut in the message; `data` still holds all of it. */
const REASON_CHARACTERS_MAX = 1_024;

/** Solidity's panic codes (Solidity documentation, "Panic via assert and Error via require"). */
const PANICS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
]);

/** The reason inside `Error(string)` or `Panic(uint256)` data, or undefined for anything else. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = bytesToHex(output.subarray(0, 4));
  const body = output.subarray(4);
  if (selector === PANIC_SELECTOR && body.length === 32) return PANICS.get(bytesToBigInt(body)) ?? 'unknown panic code';
  if (selector !== ERROR_SELECTOR || body.length < 64 || bytesToBigInt(body.subarray(0, 32)) !== 32n) return undefined;
  const length = bytesToBigInt(body.subarray(32, 64));
  if (length > BigInt(body.length - 64)) return undefined;
  try {
    return bytesToUtf8(body.subarray(64, 64 + Number(length))).slice(0, REASON_CHARACTERS_MAX);
  } catch {
    return undefined;
  }
}

/** The error that a reverted call or estimate answers with. */
export function revertError(output: Uint8Array): RpcError {
  const reason = revertReason(output);
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
  return new RpcError(RPC_CODES.executionReverted, message, bytesToHex(output));
}
