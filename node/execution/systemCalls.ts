// The calls that the protocol itself makes: before the first transaction (EIP-4788, EIP-2935) and after the last
// (EIP-7002, EIP-7251). They use no block gas and pay nothing.
import { bytesToHex, parseAddress } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Gas, Hash } from '../../primitives/types.ts';
import { type BlockRequests, CONSOLIDATION_REQUEST_TYPE, WITHDRAWAL_REQUEST_TYPE } from '../block/requests.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import type { EvmHost } from './evmHost.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import type { ExecutionAlarm } from './nativeCall.ts';

/** The caller of system calls (EIP-4788). */
export const SYSTEM_ADDRESS: Address = parseAddress('0xfffffffffffffffffffffffffffffffffffffffe');
export const BEACON_ROOTS_ADDRESS: Address = parseAddress('0x000f3df6d732807ef1319fb7b8bb8522d0beac02');
export const HISTORY_STORAGE_ADDRESS: Address = parseAddress('0x0000f90827f1c53a10cb7a02335b175320002935');
export const WITHDRAWAL_REQUESTS_ADDRESS: Address = parseAddress('0x00000961ef480eb55e80d19ad83579a64c007002');
export const CONSOLIDATION_REQUESTS_ADDRESS: Address = parseAddress('0x0000bbddc7ce488642fb579f8b00f3a590007251');
/** The same in all four EIPs. */
const SYSTEM_CALL_GAS: Gas = 30_000_000n;

export interface SystemCallContext {
  readonly rules: ForkRules;
  readonly state: JournaledState;
  readonly host: EvmHost;
  readonly alarm: ExecutionAlarm;
}

type SystemCallOutcome = { readonly output: Uint8Array } | { readonly failure: string };

async function systemCall(
  { state, host }: SystemCallContext,
  to: Address,
  data: Uint8Array,
): Promise<SystemCallOutcome> {
  const account = state.account(to);
  if (account === undefined || sameHash(account.codeHash, EMPTY_CODE_HASH)) return { failure: 'no code' };
  host.beginTransaction();
  const { exception, output } = await host.call({
    caller: SYSTEM_ADDRESS,
    to,
    value: 0n,
    data,
    gasLimit: SYSTEM_CALL_GAS,
    gasPrice: 0n,
    blobVersionedHashes: [],
  });
  await host.endTransaction([]);
  state.endTransaction();
  return exception === undefined ? { output } : { failure: exception };
}

/** What the first system calls tell the state. */
export interface BlockAncestry {
  readonly parentHash: Hash;
  /** Undefined before Cancun. */
  readonly parentBeaconBlockRoot: Hash | undefined;
}

/** Records the parents' hashes. A contract that is missing or fails changes nothing, as both EIPs say. */
export async function callBlockStartContracts(context: SystemCallContext, ancestry: BlockAncestry): Promise<void> {
  const { rules } = context;
  if (isActive(rules, 'cancun') && ancestry.parentBeaconBlockRoot !== undefined)
    await systemCall(context, BEACON_ROOTS_ADDRESS, ancestry.parentBeaconBlockRoot);
  if (isActive(rules, 'prague')) await systemCall(context, HISTORY_STORAGE_ADDRESS, ancestry.parentHash);
}

/**
 * Collects the requests of EIP-7002 and EIP-7251. A missing or failing contract makes a block of Ethereum invalid; on a
 * Gnomon chain, where the block is decided already and consensus reads no requests, it has made none.
 * @throws ChainError `SYSTEM_CALL_FAILED` on chains that are not Gnomon's
 */
export async function collectRequests(context: SystemCallContext): Promise<BlockRequests[]> {
  const requests: BlockRequests[] = [];
  for (const [type, address] of REQUEST_CONTRACTS) {
    const outcome = await systemCall(context, address, new Uint8Array(0));
    if ('output' in outcome) {
      requests.push({ type, data: outcome.output });
      continue;
    }
    const message = `the system contract ${bytesToHex(address)} failed: ${outcome.failure}`;
    if (!context.rules.isGnomon) throw new ChainError('SYSTEM_CALL_FAILED', `block is invalid: ${message}`);
    context.alarm({ precompile: 'system contract', cause: message });
    requests.push({ type, data: new Uint8Array(0) });
  }
  return requests;
}

const REQUEST_CONTRACTS: readonly (readonly [number, Address])[] = [
  [WITHDRAWAL_REQUEST_TYPE, WITHDRAWAL_REQUESTS_ADDRESS],
  [CONSOLIDATION_REQUEST_TYPE, CONSOLIDATION_REQUESTS_ADDRESS],
];
