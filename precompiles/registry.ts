// Every native contract of the chain, in address order, and which of them is in force when. The one way into this folder.
import { bytesKey, bytesToHex, compareBytes } from '../primitives/bytes.ts';
import { assert } from '../primitives/errors.ts';
import type { Address, Gas } from '../primitives/types.ts';
import { deviceDid } from './did/contract.ts';
import type { DefinedPrecompile } from './framework/definePrecompile.ts';
import type { NativePrecompile } from './framework/host.ts';
import { p256Verify } from './p256/contract.ts';

/**
 * The code of every stateful precompile's account: PUSH1 0, PUSH1 0, REVERT. It satisfies Solidity's check for code, and
 * a tool that does not know the precompile reverts instead of succeeding silently.
 */
export const STUB_CODE: Uint8Array = Uint8Array.of(0x60, 0x00, 0x60, 0x00, 0xfd);
/** The nonce of every stateful precompile's account: with 0 it would count as empty and be deleted (EIP-161). */
export const STUB_NONCE = 1n;

/** When a precompile is in force, and in which version of its rules: an entry of the chain spec. */
export interface ActivationRule {
  readonly name: string;
  readonly timestampSeconds: bigint;
  readonly version: number;
}

/** What `gnomon_precompiles` tells about one native contract. */
export interface PrecompileDescription {
  readonly name: string;
  readonly address: Address;
  readonly version: number;
  readonly activationTimestampSeconds: bigint;
  readonly abi: readonly unknown[];
  /** Method signature → gas without per-slot, per-byte and signature parts. */
  readonly gas: Readonly<Record<string, Gas>>;
}

/** Native contracts by the `bytesKey` of their address. */
export type PrecompileMap = ReadonlyMap<string, NativePrecompile>;

export interface PrecompileRegistry {
  /** All that a chain spec may switch on: every version of each, in address order. */
  readonly byRule: readonly DefinedOrPlain[];
  /** What is in force in a block of this time. */
  activeAt(rules: readonly ActivationRule[], timestampSeconds: bigint): PrecompileMap;
  /** All that are in force at a time, in address order. */
  describe(rules: readonly ActivationRule[], timestampSeconds: bigint): readonly PrecompileDescription[];
}

/**
 * Makes a registry of `ofFork`, which the chain's hard fork brings, and `byRule`, which the chain spec switches on. Each list
 * is in address order; several versions of one precompile share name and address and follow each other.
 * @throws InvariantError when the lists are not so
 */
export function createRegistry(
  ofFork: readonly DefinedOrPlain[],
  byRule: readonly DefinedOrPlain[],
): PrecompileRegistry {
  assertOrdered(ofFork);
  assertOrdered(byRule);

  const inForce = (rules: readonly ActivationRule[], timestampSeconds: bigint): Map<string, ActivationRule> => {
    const current = new Map<string, ActivationRule>();
    for (const rule of rules) if (rule.timestampSeconds <= timestampSeconds) current.set(rule.name, rule);
    return current;
  };
  const active = (rules: readonly ActivationRule[], timestampSeconds: bigint): DefinedOrPlain[] => {
    const current = inForce(rules, timestampSeconds);
    const chosen = byRule.filter(({ name, version }) => current.get(name)?.version === version);
    return [...ofFork, ...chosen].sort((a, b) => compareBytes(a.address, b.address));
  };

  return {
    byRule,
    activeAt: (rules, timestampSeconds) =>
      new Map(active(rules, timestampSeconds).map((precompile) => [bytesKey(precompile.address), precompile])),
    describe: (rules, timestampSeconds) => {
      const current = inForce(rules, timestampSeconds);
      return active(rules, timestampSeconds).map((precompile) => ({
        name: precompile.name,
        address: precompile.address,
        version: precompile.version,
        activationTimestampSeconds: current.get(precompile.name)?.timestampSeconds ?? 0n,
        abi: precompile.abi ?? [],
        gas: precompile.methodGas ?? {},
      }));
    },
  };
}

/** A native contract, with what is known of its methods if it has selectors. */
export type DefinedOrPlain = NativePrecompile & Partial<Pick<DefinedPrecompile, 'abi' | 'methodGas' | 'methods'>>;

function assertOrdered(precompiles: readonly DefinedOrPlain[]): void {
  precompiles.forEach((precompile, index) => {
    const former = precompiles[index - 1];
    if (former === undefined) return;
    const order = compareBytes(former.address, precompile.address);
    const isNextVersion = order === 0 && former.name === precompile.name && former.version < precompile.version;
    assert(
      order < 0 || isNextVersion,
      `${precompile.name} at ${bytesToHex(precompile.address)} is out of address order`,
    );
    assert(order === 0 || former.name !== precompile.name, `${precompile.name} stands at two addresses`);
  });
}

/** The native contracts of Gnomon chains. */
export const precompiles: PrecompileRegistry = createRegistry([p256Verify], [deviceDid]);
