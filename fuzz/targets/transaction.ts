// Transactions of all types as wallets send them, held against @ethereumjs/tx and viem.
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx';
import fc from 'fast-check';
import { parseTransaction } from 'viem';
import {
  decodeNetworkTransaction,
  encodeNetworkTransaction,
  encodeTransaction,
  hasLowS,
  recoverSender,
} from '../../node/block/transaction.ts';
import type { Transaction } from '../../node/block/types.ts';
import { bigIntToBytes, bytesToHex, concatBytes, equalBytes } from '../../primitives/bytes.ts';
import { encodeRlp, type RlpItem } from '../../primitives/rlp.ts';
import { realNetworkTransactions, realTransactions } from '../realData.ts';
import { address20, hash32, uint } from '../structures.ts';
import { attempt, expectThat, type FuzzTarget, otherTakes } from '../target.ts';

const UINT64_MAX = 2n ** 64n - 1n;
/** What viem and ethereumjs hold in a double. */
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function check(input: Uint8Array): string {
  const decoded = attempt(['INVALID_TRANSACTION', 'INVALID_SIDECAR'], () => decodeNetworkTransaction(input));
  if (decoded.value === undefined) {
    expectNobodyTakes(input, decoded.refusal);
    return decoded.refusal;
  }
  const { transaction, sidecar } = decoded.value;
  const again = sidecar === undefined ? transaction.raw : encodeNetworkTransaction(transaction, sidecar);
  expectThat(equalBytes(again, input), 'encoding what was decoded gives other bytes');
  const rebuilt = encodeTransaction(transaction, transaction);
  expectThat(equalBytes(rebuilt, transaction.raw), 'encoding the fields gives other bytes');
  const sender = attempt(['INVALID_SIGNATURE'], () => recoverSender(transaction));
  const other = otherDecodes(transaction);
  if (other !== undefined) compare(transaction, sender.value, other);
  compareWithViem(transaction);
  return sender.refusal ?? (sidecar === undefined ? 'accepted' : 'accepted with blobs');
}

function otherDecodes({ raw, chainId }: Pick<Transaction, 'raw' | 'chainId'>): TypedTransaction | undefined {
  return otherTakes(() => {
    const id = chainId === undefined || chainId === 0n || chainId > SAFE ? 1 : Number(chainId);
    const common = new Common({ chain: { ...Mainnet, chainId: id }, hardfork: Hardfork.Osaka });
    return createTxFromRLP(raw, { common, freeze: false });
  });
}

function compare(ours: Transaction, sender: Uint8Array | undefined, theirs: TypedTransaction): void {
  expectThat(equalBytes(theirs.hash(), ours.hash), 'ethereumjs has another hash');
  expectThat(theirs.nonce === ours.nonce && theirs.gasLimit === ours.gasLimit, 'ethereumjs reads another nonce or gas');
  expectThat(
    theirs.value === ours.value && equalBytes(theirs.data, ours.data),
    'ethereumjs reads another value or data',
  );
  expectThat(
    theirs.to === undefined ? ours.to === undefined : equalBytes(theirs.to.bytes, ours.to ?? new Uint8Array()),
    'ethereumjs reads another recipient',
  );
  if (!hasLowS(ours)) return;
  const theirSender = otherTakes(() => theirs.getSenderAddress().bytes);
  expectThat(
    theirSender === undefined ? sender === undefined : sender !== undefined && equalBytes(theirSender, sender),
    'ethereumjs recovers another sender',
  );
}

/** viem is lenient with what it reads, but what we accept it must read as we do. */
function compareWithViem(ours: Transaction): void {
  if (ours.nonce > SAFE || (ours.chainId ?? 0n) > SAFE || ours.type === 3) return;
  const theirs = otherTakes(() => parseTransaction(bytesToHex(ours.raw)));
  if (theirs === undefined) return;
  expectThat(
    BigInt(theirs.nonce ?? 0) === ours.nonce && (theirs.gas ?? 0n) === ours.gasLimit,
    'viem reads another nonce',
  );
  expectThat((theirs.value ?? 0n) === ours.value, 'viem reads another value');
  expectThat((theirs.data ?? '0x') === bytesToHex(ours.data), 'viem reads other data');
}

/** What we refuse, ethereumjs must not take, but for rules that it leaves to others. */
function expectNobodyTakes(input: Uint8Array, refusal: string): void {
  const theirs = otherDecodes({ raw: input, chainId: undefined });
  if (theirs === undefined || !theirs.isSigned()) return;
  if (!equalBytes(theirs.serialize(), input)) return;
  const { nonce, gasLimit, r = 0n, s = 0n } = theirs;
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const isOutOfRange = nonce > UINT64_MAX || gasLimit > UINT64_MAX || r === 0n || s === 0n || r >= order || s >= order;
  expectThat(isOutOfRange, `refused (${refusal}), ethereumjs takes it`);
}

const integer = (bits: number): fc.Arbitrary<RlpItem> => uint(bits).map(bigIntToBytes);
const recipient = fc.oneof(address20, address20, fc.constant(new Uint8Array()));
const payload = fc.uint8Array({ maxLength: 100 });
const accessList: fc.Arbitrary<RlpItem> = fc.array(fc.tuple(address20, fc.array(hash32, { maxLength: 3 })), {
  maxLength: 3,
});
const authorization: fc.Arbitrary<RlpItem> = fc.tuple(
  ...[integer(256), address20, integer(64), integer(8), integer(256), integer(256)],
);
const authorizations = fc.array(authorization, { maxLength: 3 });
const blobHashes = fc.array(
  hash32.map((hash) => Uint8Array.of(1, ...hash.subarray(1))),
  { maxLength: 3 },
);
const yParity = fc.nat(2).map((parity) => bigIntToBytes(BigInt(parity)));
const signature = [yParity, integer(256), integer(256)] as const;
const fees = [integer(256), integer(256), integer(64), recipient, integer(256), payload, accessList] as const;

function typed(type: number, members: readonly fc.Arbitrary<RlpItem>[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(...members).map((items) => concatBytes(Uint8Array.of(type), encodeRlp(items as RlpItem)));
}

const blobStructures = typed(3, [integer(64), integer(64), ...fees, integer(256), blobHashes, ...signature]);

const structures = fc.oneof(
  fc
    .tuple(
      ...[integer(64), integer(256), integer(64), recipient, integer(256), payload, integer(16)],
      ...signature.slice(1),
    )
    .map((items) => encodeRlp(items as RlpItem)),
  typed(1, [
    integer(64),
    integer(64),
    integer(256),
    integer(64),
    recipient,
    integer(256),
    payload,
    accessList,
    ...signature,
  ]),
  typed(2, [integer(64), integer(64), ...fees, ...signature]),
  blobStructures,
  typed(4, [integer(64), integer(64), ...fees, authorizations, ...signature]),
);

export const transactionTarget: FuzzTarget = {
  name: 'transaction',
  about: 'transactions of all types in block and network form, held against @ethereumjs/tx and viem',
  shape: 'rlp',
  inputBytesMax: 160 * 1024,
  inputBudgetMs: 150,
  open: () => ({ corpus: realTransactions(), structures, check }),
};

export const networkTransactionTarget: FuzzTarget = {
  name: 'sidecar',
  about: 'blob transactions with their sidecars (versions 0 and 1)',
  shape: 'rlp',
  inputBytesMax: 300 * 1024,
  inputBudgetMs: 300,
  open: () => ({ corpus: realNetworkTransactions(), structures: blobStructures, check }),
};
