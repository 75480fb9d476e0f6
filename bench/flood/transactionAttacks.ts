// Floods of the pool: transactions that it must refuse, bound or let give way, as many as two connections carry.
import { randomBytes } from 'node:crypto';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { authorizationSigningHash } from '../../node/block/authorization.ts';
import { encodeTransaction, signTransaction, type UnsignedTransaction } from '../../node/block/transaction.ts';
import type { Authorization } from '../../node/block/types.ts';
import { bytesToBigInt, bytesToHex, EMPTY_BYTES, toAddress, toHash } from '../../primitives/bytes.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';
import { type Attack, type AttackContext, loops, post, requestText } from './attack.ts';

const CHAIN_ID = 4766n;
const BATCH = 50;
const CONNECTIONS = 2;
const GWEI = 10n ** 9n;
/** The honest client has the first account; the attackers have these. */
const ATTACKERS = DEV_ACCOUNTS.slice(1);

function sign(key: Uint8Array, fields: Partial<UnsignedTransaction>): Uint8Array {
  const unsigned: UnsignedTransaction = {
    type: 2,
    chainId: CHAIN_ID,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 2n * GWEI,
    maxPriorityFeePerGas: 1n,
    to: toAddress(new Uint8Array(20).fill(0x99)),
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
  return signTransaction(unsigned, key).raw;
}

/** An attack of batches of raw transactions; `make` gets a running number. */
function flood(make: (index: number, attacker: Uint8Array) => Uint8Array, batch = BATCH): Attack {
  return async (context: AttackContext) => {
    let index = 0;
    await loops(context, CONNECTIONS, async () => {
      const requests = Array.from({ length: batch }, () => {
        const account = ATTACKERS[index % ATTACKERS.length] as (typeof ATTACKERS)[number];
        const raw = make(index++, account.privateKey);
        return requestText('eth_sendRawTransaction', [bytesToHex(raw)], index);
      });
      await post(context, `[${requests.join(',')}]`);
    });
  };
}

function authorizations(count: number): Authorization[] {
  const tuple = { chainId: CHAIN_ID, address: toAddress(new Uint8Array(20).fill(7)), nonce: 0n };
  return Array.from({ length: count }, () => {
    const { signature, recovery } = signDigest(authorizationSigningHash(tuple), randomBytes(32));
    const [r, s] = [bytesToBigInt(signature.subarray(0, 32)), bytesToBigInt(signature.subarray(32))];
    return { ...tuple, yParity: BigInt(recovery), r, s };
  });
}

/** A signature that nobody made. */
function forged(): Uint8Array {
  const [r, s] = [bytesToBigInt(randomBytes(31)), bytesToBigInt(randomBytes(31))];
  const fields = { type: 2, chainId: CHAIN_ID, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 2n * GWEI } as const;
  const lists = { accessList: [], authorizationList: [], blobVersionedHashes: [], maxFeePerBlobGas: 0n };
  const rest = { maxPriorityFeePerGas: 1n, to: toAddress(new Uint8Array(20)), value: 0n, data: EMPTY_BYTES };
  return encodeTransaction({ ...fields, ...rest, ...lists }, { yParity: 0, r, s });
}

const duplicate = sign((ATTACKERS[0] as (typeof ATTACKERS)[number]).privateKey, { nonce: 3_000n });
const versionedHash = toHash(Uint8Array.of(1, ...new Uint8Array(31)));

export const TRANSACTION_ATTACKS: Readonly<Record<string, Attack>> = {
  'nonce gaps': flood((index, key) => sign(key, { nonce: 1_000_000n + BigInt(index) })),
  underpriced: flood((index, key) => sign(key, { nonce: BigInt(index), maxFeePerGas: 1n })),
  replacements: flood((index, key) => sign(key, { nonce: 500_000n, maxFeePerGas: 2n * GWEI + BigInt(index) })),
  oversized: flood((_, key) => sign(key, { data: new Uint8Array(132_000), gasLimit: 6_000_000n }), 4),
  'wrong chain': flood((index, key) => sign(key, { nonce: BigInt(index), chainId: 1n })),
  duplicates: flood(() => duplicate),
  'poor senders': flood(() => sign(randomBytes(32), {})),
  'forged signatures': flood(forged),
  blobs: flood((_, key) => sign(key, { type: 3, blobVersionedHashes: [versionedHash], maxFeePerBlobGas: GWEI })),
  authorizations: flood((index, key) =>
    sign(key, {
      type: 4,
      nonce: 2_000_000n + BigInt(index),
      gasLimit: 900_000n,
      authorizationList: authorizations(16),
    }),
  ),
  // Accepted as long as the pool has room: what gives way must be these.
  'many that pay little': flood((index, key) => sign(key, { nonce: BigInt(Math.floor(index / ATTACKERS.length)) })),
};
