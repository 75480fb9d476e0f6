// A chain spec back to the genesis file that makes it.
import { bytesToHex } from '../primitives/bytes.ts';
import type { ChainSpec, GenesisAccount, GenesisJson } from './chainSpec.ts';

/**
 * The genesis file of a chain: its `config` as it was given, every header field, and the whole alloc, the accounts that
 * the protocol added included. Parsing it gives an equal spec.
 */
export function serializeGenesis(spec: ChainSpec): GenesisJson {
  const { genesis } = spec;
  const alloc: Record<string, GenesisJson['alloc'][string]> = {};
  for (const account of spec.alloc) alloc[bytesToHex(account.address)] = serializeAccount(account);
  return {
    config: { ...spec.config },
    nonce: bytesToHex(genesis.nonce),
    timestamp: quantity(genesis.timestampSeconds),
    extraData: bytesToHex(genesis.extraData),
    gasLimit: quantity(genesis.gasLimit),
    difficulty: quantity(genesis.difficulty),
    mixHash: bytesToHex(genesis.mixHash),
    coinbase: bytesToHex(genesis.coinbase),
    number: quantity(genesis.number),
    ...optionalQuantity('gasUsed', genesis.gasUsed),
    parentHash: bytesToHex(genesis.parentHash),
    ...optionalQuantity('baseFeePerGas', genesis.baseFeePerGas),
    ...optionalQuantity('excessBlobGas', genesis.excessBlobGas),
    ...optionalQuantity('blobGasUsed', genesis.blobGasUsed),
    alloc,
  };
}

/** A line of indented JSON that holds a long decimal string; line breaks inside of strings are escaped. */
const LONG_INTEGER_LINE = /^( +(?:"(?:[^"\\]|\\.)*": )?)"(-?[1-9]\d{15,})"(,?)$/gm;

/**
 * The text of a genesis file, indented. Long integers are bare numbers, as geth wants those of `config`, and as
 * {@link parseGenesisText} reads without losing digits; all others that `serializeGenesis` writes are hex.
 */
export function formatGenesis(json: GenesisJson): string {
  return `${JSON.stringify(json, undefined, 2).replace(LONG_INTEGER_LINE, '$1$2$3')}\n`;
}

function serializeAccount(account: GenesisAccount): GenesisJson['alloc'][string] {
  const storage = account.storage.map(({ slot, value }) => [bytesToHex(slot), bytesToHex(value)] as const);
  return {
    balance: quantity(account.balanceWei),
    ...(account.nonce > 0n && { nonce: quantity(account.nonce) }),
    ...(account.code.length > 0 && { code: bytesToHex(account.code) }),
    ...(storage.length > 0 && { storage: Object.fromEntries(storage) }),
  };
}

function optionalQuantity(name: string, value: bigint | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: quantity(value) };
}

/** Minimal hex of an integer. */
function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
