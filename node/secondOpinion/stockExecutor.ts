// Blocks on the stock VM: its transactions, interpreter, state and trie. What the protocol does around transactions is
// written again here, from docs/spec/block.md and the EIPs, and shares nothing with node/execution.
import type { Block } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createEVM, type EVM, type Message } from '@ethereumjs/evm';
import { createMPT } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Account, Address as EvmAddress } from '@ethereumjs/util';
import { Bloom, createVM, encodeReceipt, runTx, type TxReceipt, type VM } from '@ethereumjs/vm';
import type { HostBlock, HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { STUB_CODE, STUB_NONCE } from '../../precompiles/registry.ts';
import { ZERO_HASH } from '../../primitives/bytes.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { StateEdit } from '../api.ts';
import type { StockBlock } from './decodeStockBlock.ts';
import { type NativeSetting, stockPrecompile } from './nativeOnStock.ts';
import type { StockState } from './stockState.ts';
import { collectRequests, storeAncestry } from './stockSystemCalls.ts';

export interface StockExecutorOptions {
  readonly state: StockState;
  readonly chain: HostChain;
  /** Undefined: deposits of EIP-6110 are not collected. */
  readonly depositContractAddress: Address | undefined;
  /** A Gnomon chain: a failing system contract makes no block invalid. */
  readonly isGnomon: boolean;
  readonly blockHash: (number: bigint) => Hash | undefined;
  readonly precompilesAt: (timestampSeconds: bigint) => readonly NativePrecompile[];
}

/** What the stock VM made of a block. */
export interface StockOutcome {
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly logsBloom: Uint8Array;
  readonly gasUsed: bigint;
  /** Undefined before Cancun. */
  readonly blobGasUsed: bigint | undefined;
  /** Undefined before Prague. */
  readonly requestsHash: Uint8Array | undefined;
  readonly receipts: readonly TxReceipt[];
  /** Declared native work in microseconds. */
  readonly nativeWorkMicroseconds: number;
}

/** A transaction that the stock VM would not include. */
export type TransactionRefused = ChainError<'TRANSACTION_REFUSED'>;

const WEI_PER_GWEI = 1_000_000_000n;

/** The VM of one fork and set of native contracts. */
interface Machine {
  readonly common: Common;
  readonly precompiles: readonly NativePrecompile[];
  readonly vm: VM;
}

export class StockExecutor {
  readonly #options: StockExecutorOptions;
  #machine: Machine | undefined;
  #hostBlock: HostBlock | undefined;
  #nativeWorkMicroseconds = 0;

  constructor(options: StockExecutorOptions) {
    this.#options = options;
  }

  /**
   * Runs a block on the state and leaves the state after it.
   * @param edits of a dev chain, made before everything else
   * @throws ChainError `TRANSACTION_REFUSED` (with its index), `SYSTEM_CONTRACT_FAILED`: the state is of no use then
   */
  async run({ block, impersonated }: StockBlock, edits: readonly StateEdit[] = []): Promise<StockOutcome> {
    const { state, precompilesAt, blockHash, isGnomon, depositContractAddress } = this.#options;
    const { header } = block;
    const precompiles = precompilesAt(header.timestamp);
    const vm = await this.#machineFor(header.common, precompiles);
    this.#hostBlock = { number: header.number, timestampSeconds: header.timestamp, blockHash };
    this.#nativeWorkMicroseconds = 0;
    await vm.evm.journal.checkpoint();
    for (const edit of edits) await state.applyEdit(edit);
    await storeAncestry(vm, block);
    await this.#establish(precompiles);
    const receipts = await this.#runTransactions(vm, block, impersonated);
    await credit(vm, block);
    const requestsHash = header.common.isActivatedEIP(7685)
      ? await collectRequests(vm, block, receipts, { depositContractAddress, toleratesFailure: isGnomon })
      : undefined;
    if (header.common.consensusType() === 'pow') await reward(vm, block);
    await vm.evm.journal.commit();
    const bloom = new Bloom(undefined, header.common);
    for (const { bitvector } of receipts) bloom.or(new Bloom(bitvector, header.common));
    return {
      stateRoot: await state.getStateRoot(),
      receiptsRoot: await receiptsRoot(block, receipts),
      logsBloom: bloom.bitvector,
      gasUsed: receipts.at(-1)?.cumulativeBlockGasUsed ?? 0n,
      blobGasUsed: header.common.isActivatedEIP(4844) ? blobGas(block) : undefined,
      requestsHash,
      receipts,
      nativeWorkMicroseconds: this.#nativeWorkMicroseconds,
    };
  }

  async #runTransactions(vm: VM, block: Block, impersonated: StockBlock['impersonated']): Promise<TxReceipt[]> {
    const receipts: TxReceipt[] = [];
    let blockGasUsed = 0n;
    for (const [index, tx] of block.transactions.entries()) {
      const sender = impersonated[index];
      if (sender !== undefined) this.#options.state.allowContractSender(sender);
      try {
        if (tx.gasLimit + blockGasUsed > block.header.gasLimit) throw new Error('its gas limit does not fit the block');
        for (const error of tx.getValidationErrors()) throw new Error(error);
        const { receipt } = await runTx(vm, { tx, block, blockGasUsed });
        receipts.push(receipt);
        blockGasUsed = receipt.cumulativeBlockGasUsed;
      } catch (error) {
        const message = `transaction ${index}: ${messageOf(error)}`;
        throw new ChainError('TRANSACTION_REFUSED', message, { index }, { cause: error });
      }
    }
    return receipts;
  }

  /** Every stateful native contract has code and nonce 1, or its account would be deleted as empty (EIP-161). */
  async #establish(precompiles: readonly NativePrecompile[]): Promise<void> {
    const { state } = this.#options;
    for (const { address, isStateful } of precompiles) {
      if (!isStateful) continue;
      const at = new EvmAddress(address);
      const known = await state.getAccount(at);
      if (known !== undefined && known.nonce > 0n && known.isContract()) continue;
      await state.putCode(at, STUB_CODE);
      const account = (await state.getAccount(at)) ?? new Account();
      if (account.nonce > 0n) continue;
      account.nonce = STUB_NONCE;
      await state.putAccount(at, account);
    }
  }

  async #machineFor(common: Common, precompiles: readonly NativePrecompile[]): Promise<VM> {
    const known = this.#machine;
    const isSame =
      known?.common === common &&
      known.precompiles.length === precompiles.length &&
      precompiles.every((native, index) => native === known.precompiles[index]);
    if (isSame) return known.vm;
    const { state, blockHash, chain } = this.#options;
    const blockchain = {
      getBlock: async (number: number) => ({ hash: () => blockHash(BigInt(number)) ?? ZERO_HASH }),
      putBlock: async () => undefined,
      shallowCopy: () => blockchain,
    };
    const frames: Message[] = [];
    const setting: NativeSetting = {
      chain,
      block: () => this.#hostBlock as HostBlock,
      worked: (microseconds) => {
        this.#nativeWorkMicroseconds += microseconds;
      },
    };
    const customPrecompiles = precompiles.map((native) => ({
      address: new EvmAddress(native.address),
      function: stockPrecompile(native, frames, setting),
    }));
    const evm = await createEVM({ common, stateManager: state, blockchain, customPrecompiles });
    followFrames(evm, frames);
    const vm = await createVM({ common, stateManager: state, blockchain, evm });
    this.#machine = { common, precompiles, vm };
    return vm;
  }
}

/** The stock EVM does not tell a precompile who calls it; its public events do. */
function followFrames(evm: EVM, frames: Message[]): void {
  evm.events.on('beforeMessage', (message) => {
    if (message.depth === 0) frames.length = 0;
    frames.push(message);
  });
  evm.events.on('afterMessage', () => {
    frames.pop();
  });
}

/** EIP-4895: an account that is credited nothing and is empty is deleted. */
async function credit(vm: VM, { withdrawals = [] }: Block): Promise<void> {
  for (const { address, amount } of withdrawals) await addReward(vm, address, amount * WEI_PER_GWEI);
  await vm.evm.journal.cleanup();
}

/** Yellow Paper §11.3: eighths of the reward for ommers by their depth, and a 32nd for naming each. */
async function reward(vm: VM, { header, uncleHeaders }: Block): Promise<void> {
  const whole = vm.common.param('minerReward');
  for (const ommer of uncleHeaders)
    await addReward(vm, ommer.coinbase, ((8n - (header.number - ommer.number)) * whole) / 8n);
  await addReward(vm, header.coinbase, whole + (whole / 32n) * BigInt(uncleHeaders.length));
  await vm.evm.journal.cleanup();
}

async function addReward(vm: VM, address: EvmAddress, wei: bigint): Promise<void> {
  const account = (await vm.stateManager.getAccount(address)) ?? new Account();
  account.balance += wei;
  await vm.evm.journal.putAccount(address, account);
}

async function receiptsRoot({ common, transactions }: Block, receipts: readonly TxReceipt[]): Promise<Uint8Array> {
  const trie = await createMPT({ common });
  for (const [index, receipt] of receipts.entries()) {
    const type = transactions[index]?.type ?? 0;
    await trie.put(RLP.encode(index), encodeReceipt(receipt, type));
  }
  return trie.root();
}

function blobGas({ common, transactions }: Block): bigint {
  let blobs = 0;
  for (const transaction of transactions) if ('blobVersionedHashes' in transaction) blobs += transaction.numBlobs();
  return BigInt(blobs) * common.param('blobGasPerBlob');
}
