// The calls that the protocol makes around transactions, on the stock EVM (EIPs 4788, 2935, 6110, 7002, 7251, 7685).
import type { Block } from '@ethereumjs/block';
import { Address as EvmAddress } from '@ethereumjs/util';
import type { TxReceipt, VM } from '@ethereumjs/vm';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToBigInt, bytesToHex, concatBytes, equalBytes, hexToBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';

const SYSTEM = addressOf('0xfffffffffffffffffffffffffffffffffffffffe');
const BEACON_ROOTS = addressOf('0x000f3df6d732807ef1319fb7b8bb8522d0beac02');
const HISTORY = addressOf('0x0000f90827f1c53a10cb7a02335b175320002935');
/** Types of requests and the contracts that make them. */
const REQUEST_CONTRACTS = [
  { type: 1, address: addressOf('0x00000961ef480eb55e80d19ad83579a64c007002') },
  { type: 2, address: addressOf('0x0000bbddc7ce488642fb579f8b00f3a590007251') },
] as const;
const SYSTEM_CALL_GAS = 30_000_000n;

/** keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)"). */
const DEPOSIT_EVENT = hexToBytes('0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5');
/** EIP-6110: the event's data is the ABI encoding of five byte strings of these lengths. */
const DEPOSIT_LENGTHS = [48, 32, 8, 96, 8];

function addressOf(hex: string): EvmAddress {
  return new EvmAddress(hexToBytes(hex));
}

/** What a system contract returned; undefined when it has no code or failed. */
async function call(vm: VM, block: Block, to: EvmAddress, data: Uint8Array): Promise<Uint8Array | undefined> {
  const { evm, stateManager } = vm;
  if ((await stateManager.getCode(to)).length === 0) return undefined;
  const { execResult } = await evm.runCall({
    block,
    caller: SYSTEM,
    origin: SYSTEM,
    to,
    data,
    gasLimit: SYSTEM_CALL_GAS,
    gasPrice: 0n,
    skipNonceIncrement: true,
  });
  await evm.journal.cleanup();
  stateManager.originalStorageCache.clear();
  return execResult.exceptionError === undefined ? execResult.returnValue : undefined;
}

/** EIP-4788 and EIP-2935: a contract that is missing or fails changes nothing. */
export async function storeAncestry(vm: VM, block: Block): Promise<void> {
  const { header, common } = block;
  const { parentBeaconBlockRoot } = header;
  if (common.isActivatedEIP(4788) && parentBeaconBlockRoot !== undefined)
    await call(vm, block, BEACON_ROOTS, parentBeaconBlockRoot);
  if (common.isActivatedEIP(2935)) await call(vm, block, HISTORY, header.parentHash);
}

export interface RequestOptions {
  readonly depositContractAddress: Address | undefined;
  /** Gnomon chains: a missing or failing contract has made no requests. */
  readonly toleratesFailure: boolean;
}

/**
 * The requests hash (EIP-7685).
 * @throws ChainError `SYSTEM_CONTRACT_FAILED`
 */
export async function collectRequests(
  vm: VM,
  block: Block,
  receipts: readonly TxReceipt[],
  { depositContractAddress, toleratesFailure }: RequestOptions,
): Promise<Uint8Array> {
  const requests = [{ type: 0, data: depositsIn(receipts, depositContractAddress) }];
  for (const { type, address } of REQUEST_CONTRACTS) {
    const data = await call(vm, block, address, new Uint8Array(0));
    if (data === undefined && !toleratesFailure)
      throw new ChainError('SYSTEM_CONTRACT_FAILED', `the system contract ${address} is missing or failed`);
    requests.push({ type, data: data ?? new Uint8Array(0) });
  }
  const hashes = requests
    .filter(({ data }) => data.length > 0)
    .map(({ type, data }) => sha256(concatBytes(Uint8Array.of(type), data)));
  return sha256(concatBytes(...hashes));
}

function depositsIn(receipts: readonly TxReceipt[], contract: Address | undefined): Uint8Array {
  if (contract === undefined) return new Uint8Array(0);
  const fields: Uint8Array[] = [];
  for (const { logs } of receipts)
    for (const [address, [topic], data] of logs)
      if (equalBytes(address, contract) && topic !== undefined && equalBytes(topic, DEPOSIT_EVENT))
        fields.push(...depositFields(data));
  return concatBytes(...fields);
}

/** Reads the five strings, one after the other, each padded to words behind its length. */
function depositFields(data: Uint8Array): Uint8Array[] {
  const word = (at: number) => bytesToBigInt(data.subarray(at, at + 32));
  let at = 32 * DEPOSIT_LENGTHS.length;
  const fields = DEPOSIT_LENGTHS.map((length, index) => {
    if (word(32 * index) !== BigInt(at) || word(at) !== BigInt(length)) throw invalidDeposit(data);
    const field = data.subarray(at + 32, at + 32 + length);
    at += 32 + Math.ceil(length / 32) * 32;
    return field;
  });
  if (data.length !== at) throw invalidDeposit(data);
  return fields;
}

function invalidDeposit(data: Uint8Array): ChainError {
  return new ChainError('DEPOSIT_LOG_INVALID', `a deposit event without the layout of EIP-6110: ${bytesToHex(data)}`);
}
