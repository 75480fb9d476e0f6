// The stock @ethereumjs/vm as an oracle: its own state, trie, interpreter, transaction and block rules. Only the native
// contracts are ours, told of their call by a frame stack over public events.
import { createBlockFromRLP } from '@ethereumjs/block';
import { type Common, createCustomCommon, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM, EVMError, type ExecResult, type Message, type PrecompileInput } from '@ethereumjs/evm';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, Address as EvmAddress, type KZG } from '@ethereumjs/util';
import { createVM, type RunBlockResult, runBlock, type VM } from '@ethereumjs/vm';
import type { ChainSpec } from '../../../../genesis/chainSpec.ts';
import type { Fork } from '../../../../genesis/forks.ts';
import { encodeBlock } from '../../../../node/block/body.ts';
import type { Block } from '../../../../node/block/types.ts';
import type {
  HostBlock,
  HostCall,
  NativePrecompile,
  PrecompileResult,
} from '../../../../precompiles/framework/host.ts';
import { bigIntToBytes, bigIntToFixedBytes, bytesKey, bytesToBigInt, ZERO_HASH } from '../../../../primitives/bytes.ts';
import type { Address, Hash } from '../../../../primitives/types.ts';

/** Thrown out of a native contract when it reads what has not been fetched yet. */
class Missing extends Error {
  readonly fetch: () => Promise<void>;
  constructor(fetch: () => Promise<void>) {
    super('not fetched yet');
    this.fetch = fetch;
  }
}

/** Runs synchronous native code over the asynchronous state manager: fetch what it misses, start again, then write. */
async function runOnStock(native: NativePrecompile, call: HostCall, block: HostBlock, spec: ChainSpec, evm: EVM) {
  const state = evm.stateManager;
  const fetched = new Map<string, bigint>();
  const at = (address: Address) => new EvmAddress(address);
  for (;;) {
    const writes: (() => Promise<void>)[] = [];
    const overlay = new Map<string, bigint>();
    const logs: [Uint8Array, Uint8Array[], Uint8Array][] = [];
    const read = (key: string, load: () => Promise<bigint>): bigint => {
      const known = overlay.get(key) ?? fetched.get(key);
      if (known !== undefined) return known;
      throw new Missing(async () => {
        fetched.set(key, await load());
      });
    };
    const slotName = (account: Address, slot: bigint) => `${bytesKey(account)}/${slot}`;
    const balanceOf = (account: Address) =>
      read(bytesKey(account), async () => (await state.getAccount(at(account)))?.balance ?? 0n);
    let result: PrecompileResult;
    try {
      result = native.run({
        call,
        block,
        chain: { chainId: spec.chainId, genesisHash: ZERO_HASH },
        state: {
          sload: (account, slot) =>
            read(slotName(account, slot), async () =>
              bytesToBigInt(await state.getStorage(at(account), bigIntToFixedBytes(slot, 32))),
            ),
          sstore(account, slot, value) {
            overlay.set(slotName(account, slot), value);
            writes.push(() => state.putStorage(at(account), bigIntToFixedBytes(slot, 32), bigIntToBytes(value)));
          },
          balanceOf,
          hasCode: (account) =>
            read(`code/${bytesKey(account)}`, async () => BigInt((await state.getCode(at(account))).length)) > 0n,
          transfer(from, to, amount) {
            for (const [account, change] of [[from, -amount] as const, [to, amount] as const]) {
              const balance = balanceOf(account) + change;
              overlay.set(bytesKey(account), balance);
              writes.push(async () => {
                const record = (await state.getAccount(at(account))) ?? new Account();
                record.balance = balance;
                await evm.journal.putAccount(at(account), record);
              });
            }
          },
          emit: (address, topics, data) => logs.push([address, [...topics], data]),
        },
      });
    } catch (error) {
      if (error instanceof Missing) {
        await error.fetch();
        continue;
      }
      result = { outcome: 'failure', gasUsed: call.gasLimit, workMicroseconds: 0 };
    }
    if (result.outcome === 'success' && result.gasUsed <= call.gasLimit) for (const write of writes) await write();
    return { result, logs };
  }
}

const NO_KZG = { verifyProof: () => false } as unknown as KZG;
const HARDFORKS: Partial<Record<Fork, string>> = { frontier: 'chainstart' };

export class StockChain {
  readonly #vm: VM;
  readonly #common: Common;

  private constructor(vm: VM, common: Common) {
    this.#vm = vm;
    this.#common = common;
  }

  static async create(
    spec: ChainSpec,
    fork: Fork,
    precompiles: readonly NativePrecompile[],
    blockHash: (number: bigint) => Hash | undefined,
  ): Promise<StockChain> {
    const common = createCustomCommon({ chainId: Number(spec.chainId), name: 'oracle' }, Mainnet, {
      hardfork: HARDFORKS[fork] ?? fork,
      // Random input never gets as far as a proof; without a library the stock precompile throws.
      customCrypto: { kzg: NO_KZG },
    });
    const stateManager = new MerkleStateManager({ common });
    const blockchain = {
      getBlock: async (number: number) => ({ hash: () => blockHash(BigInt(number)) ?? ZERO_HASH }),
      putBlock: async () => undefined,
      shallowCopy: () => blockchain,
    };
    const frames: Message[] = [];
    const customPrecompiles = precompiles.map((native) => ({
      address: new EvmAddress(native.address),
      function: (input: PrecompileInput) => callNative(native, input, frames, spec, blockHash),
    }));
    const evm = await createEVM({ common, stateManager, blockchain, customPrecompiles });
    evm.events.on('beforeMessage', (message) => {
      if (message.depth === 0) frames.length = 0;
      frames.push(message);
    });
    evm.events.on('afterMessage', () => {
      frames.pop();
    });
    const vm = await createVM({ common, stateManager, blockchain, evm });
    await stateManager.checkpoint();
    for (const account of spec.alloc) {
      const address = new EvmAddress(account.address);
      await stateManager.putAccount(address, new Account(account.nonce, account.balanceWei));
      if (account.code.length > 0) await stateManager.putCode(address, account.code);
      for (const { slot, value } of account.storage) await stateManager.putStorage(address, slot, value);
    }
    await stateManager.commit();
    return new StockChain(vm, common);
  }

  stateRoot(): Promise<Uint8Array> {
    return this.#vm.stateManager.getStateRoot();
  }

  /** Runs a block; throws when gas used, receipts root, bloom, requests hash or state root are not those of its header. */
  run(block: Block): Promise<RunBlockResult> {
    const stock = createBlockFromRLP(encodeBlock(block), { common: this.#common });
    return runBlock(this.#vm, { block: stock, skipHeaderValidation: true, skipBlockValidation: true });
  }
}

async function callNative(
  native: NativePrecompile,
  input: PrecompileInput,
  frames: readonly Message[],
  spec: ChainSpec,
  blockHash: (number: bigint) => Hash | undefined,
): Promise<ExecResult> {
  const message = frames.at(-1)!;
  const evm = input._EVM as EVM;
  const header = evm['_block']!.header;
  const call: HostCall = {
    caller: message.caller.bytes as Address,
    origin: evm['_tx']!.origin.bytes as Address,
    valueWei: message.value,
    isStatic: message.isStatic,
    isOwnContext: !message.delegatecall && message.to!.equals(message.codeAddress),
    depth: message.depth,
    data: input.data,
    gasLimit: input.gasLimit,
  };
  const block = { number: header.number, timestampSeconds: header.timestamp, blockHash };
  const { result, logs } = await runOnStock(native, call, block, spec, evm);
  if (result.outcome === 'failure' || result.gasUsed > input.gasLimit) {
    const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
    return { executionGasUsed: input.gasLimit, returnValue: new Uint8Array(0), exceptionError };
  }
  return {
    executionGasUsed: result.gasUsed,
    returnValue: result.output,
    ...(result.outcome === 'success' ? { logs } : { exceptionError: new EVMError(EVMError.errorMessages.REVERT) }),
  };
}
