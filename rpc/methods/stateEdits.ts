// What anvil_* and hardhat_* have in common: edits of accounts, impersonation, mining, snapshots of the whole state.
import type { DevApi } from '../../node/api.ts';
import { bigIntToFixedBytes, bytesToHex, stripZeros } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { type Method, type Methods, method } from '../method.ts';
import {
  address,
  anything,
  bytes,
  field,
  lenientQuantity,
  lenientQuantity64,
  object,
  optional,
  type Parser,
  slot,
} from '../params/values.ts';
import { mineBlocks, setIntervalMining } from './evm.ts';

/** A slot as hex of any length up to 32 bytes, or as a number. */
const lenientSlot: Parser<Uint8Array> = (value, at) =>
  typeof value === 'number' ? bigIntToFixedBytes(lenientQuantity(value, at), 32) : slot(value, at);

const FORKING_REFUSED =
  'forking is not supported: state of another chain has no place in this chain’s state root; deploy what you need, or copy accounts with setCode and setStorageAt';

export function stateEdits(
  { node, limits }: RpcContext,
  dev: DevApi,
  prefix: 'anvil' | 'hardhat',
  done: null | true,
): Methods {
  async function reset(options: unknown): Promise<typeof done> {
    const from = options === undefined ? {} : object(options, 'argument 0');
    if (field(from, 'forking', anything, 'argument 0') !== undefined)
      throw new RpcError(RPC_CODES.methodNotSupported, FORKING_REFUSED);
    await dev.reset();
    return done;
  }
  function metadata(): unknown {
    const { hash, header } = node.chain.head;
    return {
      clientVersion: node.clientVersion,
      chainId: Number(node.chain.spec.chainId),
      instanceId: bytesToHex(node.chain.genesisHash),
      latestBlockNumber: Number(header.number),
      latestBlockHash: bytesToHex(hash),
    };
  }
  function doing<Args extends readonly unknown[]>(
    act: (...args: Args) => unknown,
  ): (...args: Args) => Promise<typeof done> {
    return async (...args) => {
      await act(...args);
      return done;
    };
  }
  const methods: Record<string, Method> = {
    setBalance: method(
      [address, lenientQuantity],
      doing((account, wei) => dev.edit({ kind: 'balance', address: account, wei })),
    ),
    setNonce: method(
      [address, lenientQuantity64],
      doing((account, nonce) => dev.edit({ kind: 'nonce', address: account, nonce })),
    ),
    setCode: method(
      [address, bytes],
      doing((account, code) => dev.edit({ kind: 'code', address: account, code })),
    ),
    setStorageAt: method(
      [address, lenientSlot, lenientSlot],
      doing((account, key, value) =>
        dev.edit({ kind: 'storage', address: account, slot: key, value: stripZeros(value) }),
      ),
    ),
    impersonateAccount: method(
      [address],
      doing((account) => dev.impersonate(account)),
    ),
    stopImpersonatingAccount: method(
      [address],
      doing((account) => dev.stopImpersonating(account)),
    ),
    setNextBlockBaseFeePerGas: method(
      [lenientQuantity],
      doing((wei) => dev.setNextBlockBaseFeePerGas(wei)),
    ),
    setIntervalMining: method(
      [lenientQuantity64],
      doing((milliseconds) => setIntervalMining(dev, milliseconds)),
    ),
    mine: method(
      [optional(lenientQuantity64, 1n), optional(lenientQuantity64, undefined)],
      doing((count, intervalSeconds) => mineBlocks(dev, limits, count, intervalSeconds)),
    ),
    reset: method([optional(anything, undefined)], reset),
    loadState: method([bytes], async (dump) => {
      await dev.loadState(dump);
      return true;
    }),
    getAutomine: method([], () => dev.automine),
    metadata: method([], metadata),
  };
  return Object.fromEntries(Object.entries(methods).map(([name, run]) => [`${prefix}_${name}`, run]));
}
