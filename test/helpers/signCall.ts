// Signed transactions of the dev chain, with everything that a test does not care about filled in.
import { signTransaction, type UnsignedTransaction } from '../../node/block/transaction.ts';
import { EMPTY_BYTES } from '../../primitives/bytes.ts';

/** The raw bytes of a type 2 transaction: enough gas for a transfer, a fee cap above every base fee that tests see. */
export function signCall(privateKey: Uint8Array, fields: Partial<UnsignedTransaction>): Uint8Array {
  const transaction: UnsignedTransaction = {
    type: 2,
    chainId: 4766n,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 10n ** 12n,
    maxPriorityFeePerGas: 10n ** 9n,
    to: undefined,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
  return signTransaction(transaction, privateKey).raw;
}
