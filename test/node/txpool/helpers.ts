import type { BlobSidecar, SignedTransaction } from '../../../node/block/types.ts';
import type { ForkRules } from '../../../node/execution/forkRules.ts';
import { MemoryStateReader } from '../../../node/state/memoryReader.ts';
import type { PoolHead } from '../../../node/txpool/admission.ts';
import { POOL_LIMITS, type PoolLimits } from '../../../node/txpool/limits.ts';
import { TxPool, type TxPoolOptions } from '../../../node/txpool/txPool.ts';
import { bigIntToFixedBytes, EMPTY_BYTES, toAddress, toHash } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import type { Address } from '../../../primitives/types.ts';

export const CHAIN_ID = 4766n;
export const GNM = 10n ** 18n;
export const RULES: ForkRules = {
  fork: 'osaka',
  chainId: CHAIN_ID,
  blobSchedule: { name: 'osaka', timestampSeconds: 0n, target: 6, max: 9, baseFeeUpdateFraction: 5007716n },
  depositContractAddress: undefined,
  isGnomon: true,
  allowsImpersonation: false,
};

export function account(index: number): Address {
  return toAddress(bigIntToFixedBytes(BigInt(index + 1), 20));
}

let serial = 0n;

/** A transaction that nobody signed: the pool trusts its sender. Each has a hash of its own. */
export function tx(fields: Partial<SignedTransaction> & { size?: number } = {}): SignedTransaction {
  const { size = 100, ...rest } = fields;
  const hash = keccak256(bigIntToFixedBytes(++serial, 32));
  return {
    type: 2,
    raw: new Uint8Array(size),
    hash,
    signingHash: hash,
    chainId: CHAIN_ID,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: 10n,
    to: account(99),
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    yParity: 0,
    v: 0n,
    r: 1n,
    s: 1n,
    sender: account(0),
    ...rest,
  };
}

/** A pool over a state that the test holds, with a clock that it moves. */
export class PoolFixture {
  readonly state = new MemoryStateReader();
  readonly pool: TxPool;
  head: PoolHead;
  nowMs = 0;

  constructor(head: Partial<PoolHead> = {}, limits: Partial<PoolLimits> = {}, options: Partial<TxPoolOptions> = {}) {
    for (let i = 0; i < 20; i++) this.state.setAccount(account(i), { balanceWei: GNM });
    this.head = {
      state: this.state,
      rules: RULES,
      baseFeePerGas: 50n,
      blobBaseFee: 1n,
      gasLimit: 30_000_000n,
      ...head,
    };
    this.pool = new TxPool(this.head, { now: () => this.nowMs, limits: { ...POOL_LIMITS, ...limits }, ...options });
  }

  reset(head: Partial<PoolHead> = {}): void {
    this.head = { ...this.head, ...head };
    this.pool.reset(this.head);
  }

  /** What the pool holds of a sender: nonces, those not pending in parentheses. */
  shown(sender: Address = account(0)): string {
    return this.pool
      .contentFrom(sender)
      .map(({ transaction, pending }) => (pending ? `${transaction.nonce}` : `(${transaction.nonce})`))
      .join(' ');
  }
}

/** A sidecar of zero blobs, whose commitments and proofs are the point at infinity. */
export function emptyBlobSidecar(count: number, version: 0 | 1): BlobSidecar {
  const infinity = (): Uint8Array => Uint8Array.of(0xc0, ...new Uint8Array(47));
  const times = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
  return {
    version,
    blobs: times(count, () => new Uint8Array(131_072)),
    commitments: times(count, infinity),
    proofs: times(version === 0 ? count : count * 128, infinity),
  };
}

export const ZERO = toHash(new Uint8Array(32));

/** The code of the ChainError that `run` throws. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'accepted';
}

export function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}
