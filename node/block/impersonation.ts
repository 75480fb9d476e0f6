// Transactions of impersonated accounts (dev chains): nobody signed them, so their signature says who they are from instead.
// They are stored, hashed and replayed like all others; no other chain accepts them. On a dev chain the form is reserved: what
// comes in signed like that is refused, so that a sender never depends on how a transaction arrived.
import { bigIntToFixedBytes, bytesToBigInt, equalBytes, toAddress } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { decodeTransaction, encodeTransaction, type UnsignedTransaction, withSender } from './transaction.ts';
import type { SignedTransaction, Transaction } from './types.ts';

/** No honest signature has it. A forged one costs nothing to find, which is why the form is reserved. */
const IMPERSONATION_S = 1n;
const ADDRESS_MAX = 2n ** 160n - 1n;

/** The transaction as if `from` had signed it: r is the address, s is 1. */
export function impersonate(transaction: UnsignedTransaction, from: Address): SignedTransaction {
  const signature = { yParity: 0, r: bytesToBigInt(from), s: IMPERSONATION_S };
  return withSender(decodeTransaction(encodeTransaction(transaction, signature)), from);
}

/** Who an impersonated transaction is from; undefined for every other. */
export function impersonatedSender(transaction: Transaction): Address | undefined {
  if (transaction.s !== IMPERSONATION_S || transaction.r > ADDRESS_MAX) return undefined;
  return toAddress(bigIntToFixedBytes(transaction.r, 20));
}

/** Whether a transaction was impersonated rather than signed. */
export function isImpersonated(transaction: SignedTransaction): boolean {
  const from = impersonatedSender(transaction);
  return from !== undefined && equalBytes(from, transaction.sender);
}
