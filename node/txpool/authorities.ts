// Accounts that pooled transactions would delegate (EIP-7702). Once delegated, an account's balance can be spent by others,
// which voids all of its pooled transactions at the price of one: so it may have few of them from the moment that a pooled
// transaction names it.
import { bytesKey } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { recoverAuthority } from '../block/authorization.ts';
import type { Transaction } from '../block/types.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { StateReader } from '../state/types.ts';

const NONE: readonly Address[] = [];

/**
 * The accounts whose authorizations in `transaction` may still take effect: for this chain, and not below the account's nonce,
 * so that nobody can hold up an account by its old authorizations.
 */
export function authoritiesOf(transaction: Transaction, chainId: bigint, state: StateReader): readonly Address[] {
  if (transaction.authorizationList.length === 0) return NONE;
  const authorities: Address[] = [];
  for (const authorization of transaction.authorizationList) {
    if (authorization.chainId !== 0n && authorization.chainId !== chainId) continue;
    const authority = recoverAuthority(authorization);
    if (authority === undefined || authorization.nonce < (state.account(authority) ?? EMPTY_ACCOUNT).nonce) continue;
    authorities.push(authority);
  }
  return authorities;
}

/** How many pooled transactions name each account. */
export class AuthorityIndex {
  readonly #counts = new Map<string, number>();

  has(account: Address): boolean {
    return this.#counts.size > 0 && this.#counts.has(bytesKey(account));
  }

  add(authorities: readonly Address[]): void {
    for (const authority of authorities) {
      const key = bytesKey(authority);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  remove(authorities: readonly Address[]): void {
    for (const authority of authorities) {
      const key = bytesKey(authority);
      const count = (this.#counts.get(key) ?? 0) - 1;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
  }
}
