// Values that people type on the command line.
import { quote } from '../primitives/bytes.ts';
import { ChainError } from '../primitives/errors.ts';
import type { Wei } from '../primitives/types.ts';

function invalid(what: string, expected: string, text: string): ChainError<'INVALID_ARGUMENT'> {
  return new ChainError('INVALID_ARGUMENT', `${what} must be ${expected}, got ${quote(text)}`);
}

/** A decimal or 0x-hexadecimal whole number. */
export function parseWhole(text: string, what: string, max: bigint): bigint {
  if (!/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text) || BigInt(text) > max) {
    throw invalid(what, `a whole number of at most ${max}`, text);
  }
  return BigInt(text);
}

export function parseBlockNumber(text: string, what: string): bigint {
  return parseWhole(text, what, 2n ** 48n - 1n);
}

/** EIP-2294 keeps chain ids within what JavaScript numbers hold exactly. */
export function parseChainId(text: string | undefined): bigint {
  if (text === undefined)
    throw new ChainError('INVALID_ARGUMENT', 'a new chain needs a chain id: give --chain-id, or --genesis FILE');
  const chainId = parseWhole(text, '--chain-id', 2n ** 53n - 1n);
  if (chainId === 0n) throw invalid('--chain-id', 'above 0', text);
  return chainId;
}

const UNITS: readonly (readonly [suffix: string, decimals: number])[] = [
  ['gwei', 9],
  ['wei', 0],
  ['gnm', 18],
];

/** An amount such as `1.5gnm`, `20gwei` or `1000wei`; without a unit it is wei. */
export function parseAmount(text: string, what: string): Wei {
  const match = /^(\d{1,40})(?:\.(\d{1,18}))?\s*([a-z]*)$/i.exec(text.trim());
  const unit = match?.[3]?.toLowerCase() || 'wei';
  const decimals = UNITS.find(([suffix]) => suffix === unit)?.[1];
  const fraction = match?.[2] ?? '';
  if (match === null || decimals === undefined || fraction.length > decimals) {
    throw invalid(what, 'an amount in wei, gwei or gnm, such as 1.5gnm', text);
  }
  return BigInt(match[1] as string) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0');
}

/** Wei as GNM with as many decimals as it needs. */
export function formatGnm(wei: Wei): string {
  const whole = wei / 10n ** 18n;
  const fraction = (wei % 10n ** 18n).toString().padStart(18, '0').replace(/0+$/, '');
  return fraction === '' ? `${whole} GNM` : `${whole}.${fraction} GNM`;
}
