// eth_*: accounts, code, storage and their proofs.
import type { StateReader } from '../../node/state/types.ts';
import { bytesToHex, padLeft } from '../../primitives/bytes.ts';
import type { Address, Hex } from '../../primitives/types.ts';
import { requireHeader } from '../blockRefs.ts';
import type { RpcContext } from '../context.ts';
import type { RpcLimits } from '../limits.ts';
import { type Methods, method } from '../method.ts';
import { type BlockRef, blockRef, LATEST } from '../params/block.ts';
import { address, invalidAt, invalidParams, list, object, optional, type Parser, slot } from '../params/values.ts';
import { accountProofToRpc } from '../serialize/proof.ts';
import { quantityToRpc } from '../serialize/values.ts';

interface StorageRequest {
  readonly account: Address;
  readonly slots: readonly Uint8Array[];
}

/** Address → slots; at most {@link RpcLimits.slotsMax} slots in all. */
function storageRequests({ slotsMax }: RpcLimits): Parser<StorageRequest[]> {
  const slots = list(slot, slotsMax);
  return (value, at) => {
    const requests = Object.entries(object(value, at)).map(([key, content]) => ({
      account: address(key, at),
      slots: slots(content, `${at}[${key.slice(0, 42)}]`),
    }));
    const total = requests.reduce((sum, request) => sum + request.slots.length, 0);
    if (total === 0) throw invalidAt(at, 'at least one slot (empty request)', value);
    if (total > slotsMax) throw invalidParams(`invalid ${at}: expected at most ${slotsMax} slots, got ${total}`);
    return requests;
  };
}

/** A slot with the text that named it, which a proof repeats. */
const namedSlot: Parser<{ name: string; slot: Uint8Array }> = (value, at) => ({
  name: String(value),
  slot: slot(value, at),
});

export function ethStateMethods({ node, limits }: RpcContext): Methods {
  const { chain, pool } = node;
  const at = optional(blockRef, LATEST);
  const namedSlots = list(namedSlot, limits.slotsMax);

  function state(ref: BlockRef): StateReader {
    return chain.stateAt(requireHeader(chain, ref).header.number);
  }
  function code(account: Address, ref: BlockRef): Hex {
    const reader = state(ref);
    const record = reader.account(account);
    return record === undefined ? '0x' : bytesToHex(reader.code(record.codeHash));
  }
  function storage(reader: StateReader, account: Address, key: Uint8Array): Hex {
    return bytesToHex(padLeft(reader.slot(account, key), 32));
  }
  function transactionCount(account: Address, ref: BlockRef): Hex {
    if (ref.kind === 'tag' && ref.tag === 'pending') return quantityToRpc(pool.nextNonce(account));
    return quantityToRpc(state(ref).account(account)?.nonce ?? 0n);
  }
  function storageValues(requests: readonly StorageRequest[], ref: BlockRef): unknown {
    const reader = state(ref);
    return Object.fromEntries(
      requests.map(({ account, slots }) => [bytesToHex(account), slots.map((key) => storage(reader, account, key))]),
    );
  }
  function proof(account: Address, keys: readonly { name: string; slot: Uint8Array }[], ref: BlockRef): unknown {
    const { number } = requireHeader(chain, ref).header;
    const slots = keys.map((key) => key.slot);
    return accountProofToRpc(account, chain.proofAt(number, account, slots), keys);
  }

  return {
    eth_getBalance: method([address, at], (account, ref) =>
      quantityToRpc(state(ref).account(account)?.balanceWei ?? 0n),
    ),
    eth_getTransactionCount: method([address, at], transactionCount),
    eth_getCode: method([address, at], code),
    eth_getStorageAt: method([address, slot, at], (account, key, ref) => storage(state(ref), account, key)),
    eth_getStorageValues: method([storageRequests(limits), at], storageValues),
    eth_getProof: method([address, namedSlots, at], proof),
  };
}
