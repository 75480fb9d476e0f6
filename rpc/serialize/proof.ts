// eth_getProof (EIP-1186) as geth answers it.
import type { AccountProof } from '../../node/chain/chainReader.ts';
import { bytesToBigInt, bytesToHex } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { quantityToRpc } from './values.ts';

/** Length of `0x` and 64 digits: a slot named in full is repeated in full, any other one as a quantity. */
const FULL_SLOT_NAME_LENGTH = 66;

/** `keys` are the slots as the client named them, in the order of the proof. */
export function accountProofToRpc(
  address: Address,
  { account, accountProof, storageProofs }: AccountProof,
  keys: readonly { readonly name: string; readonly slot: Uint8Array }[],
): unknown {
  return {
    address: bytesToHex(address),
    balance: quantityToRpc(account.balanceWei),
    nonce: quantityToRpc(account.nonce),
    codeHash: bytesToHex(account.codeHash),
    storageHash: bytesToHex(account.storageRoot),
    accountProof: accountProof.map(bytesToHex),
    storageProof: storageProofs.map(({ slot, value, proof }, position) => ({
      key:
        keys[position]?.name.length === FULL_SLOT_NAME_LENGTH ? bytesToHex(slot) : quantityToRpc(bytesToBigInt(slot)),
      value: quantityToRpc(bytesToBigInt(value)),
      proof: proof.map(bytesToHex),
    })),
  };
}
