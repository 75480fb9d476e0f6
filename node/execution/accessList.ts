// The accounts and slots that a call touches, as an EIP-2930 access list that makes it cheaper.
import { bigIntToBytes, bigIntToFixedBytes, bytesKey, keyBytes, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { encodeRlp } from '../../primitives/rlp.ts';
import type { Address, Gas } from '../../primitives/types.ts';
import type { CallRequest } from '../api.ts';
import { recoverAuthority } from '../block/authorization.ts';
import type { AccessListEntry } from '../block/types.ts';
import type { CallSession } from './callSession.ts';
import type { OpcodeTap } from './hostEvm.ts';
import type { TransitionOutcome } from './transition.ts';

const [BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT] = [0x31, 0x3b, 0x3c, 0x3f, 0xff];
const [SLOAD, SSTORE] = [0x54, 0x55];
const [CALL, CALLCODE, DELEGATECALL, STATICCALL] = [0xf1, 0xf2, 0xf4, 0xfa];
/** Each round can only add; a list of this many rounds' growth is beyond any real contract. */
const ROUNDS_MAX = 16;

/** Records what the opcodes of one run touch. */
export class AccessRecorder {
  #touched = new Map<string, Set<string>>();
  #excluded: ReadonlySet<string> = new Set();

  /** What to hand to the EVM: addresses stand on top of the stack, or second for calls. */
  readonly taps: ReadonlyMap<number, OpcodeTap> = new Map<number, OpcodeTap>([
    ...[BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT].map((opcode): [number, OpcodeTap] => [
      opcode as number,
      ({ stackWord }) => this.#touch(stackWord(0)),
    ]),
    ...[CALL, CALLCODE, DELEGATECALL, STATICCALL].map((opcode): [number, OpcodeTap] => [
      opcode as number,
      ({ stackWord }) => this.#touch(stackWord(1)),
    ]),
    ...[SLOAD, SSTORE].map((opcode): [number, OpcodeTap] => [
      opcode as number,
      ({ address, stackWord }) => this.#touchSlot(address, stackWord(0)),
    ]),
  ]);

  /** Starts a run with the list that the request names already. Excluded addresses appear only with slots. */
  begin(list: readonly AccessListEntry[], excluded: ReadonlySet<string>): void {
    this.#excluded = excluded;
    this.#touched = new Map();
    for (const { address, storageKeys } of list) {
      if (!excluded.has(bytesKey(address))) this.#slotsOf(bytesKey(address));
      for (const slot of storageKeys) this.#slotsOf(bytesKey(address)).add(bytesKey(slot));
    }
  }

  list(): AccessListEntry[] {
    return [...this.#touched].map(([key, slots]) => ({
      address: keyBytes(key) as Address,
      storageKeys: [...slots].map(keyBytes),
    }));
  }

  /** How much has been touched: it never shrinks from one round to the next. */
  get size(): number {
    let size = 0;
    for (const slots of this.#touched.values()) size += 1 + slots.size;
    return size;
  }

  #slotsOf(key: string): Set<string> {
    let slots = this.#touched.get(key);
    if (slots === undefined) {
      slots = new Set();
      this.#touched.set(key, slots);
    }
    return slots;
  }

  #touch(word: bigint | undefined): undefined {
    if (word === undefined) return;
    const key = bytesKey(bigIntToFixedBytes(word, 32).subarray(12));
    if (!this.#excluded.has(key)) this.#slotsOf(key);
  }

  #touchSlot(address: Address, slot: bigint | undefined): undefined {
    if (slot !== undefined) this.#slotsOf(bytesKey(address)).add(bytesKey(bigIntToFixedBytes(slot, 32)));
  }
}

/** The address of a contract that `creator` creates with this nonce (Yellow Paper §7). */
export function creationAddress(creator: Address, nonce: bigint): Address {
  return keccak256(encodeRlp([creator, bigIntToBytes(nonce)])).slice(12) as Uint8Array as Address;
}

/** Sender, recipient, precompiles and authorities are warm (or cheaper) without a list. */
function excludedAddresses({ request, state, host, rules }: CallSession): Set<string> {
  const { from = ZERO_ADDRESS, authorizationList = [] } = request;
  const to = request.to ?? creationAddress(from, state.account(from)?.nonce ?? 0n);
  const excluded = new Set([bytesKey(from), bytesKey(to), ...[...host.precompileAddresses].map(bytesKey)]);
  for (const authorization of authorizationList) {
    if (authorization.chainId !== 0n && authorization.chainId !== rules.chainId) continue;
    const authority = recoverAuthority(authorization);
    if (authority !== undefined) excluded.add(bytesKey(authority));
  }
  return excluded;
}

/**
 * Runs the call with the list that it found the time before until the list no longer grows: a list changes what gas is
 * left, and so may change what runs. The session was made with the recorder's taps.
 */
export async function collectAccessList(
  session: CallSession,
  recorder: AccessRecorder,
  gasLimit: Gas,
): Promise<{ readonly accessList: readonly AccessListEntry[]; readonly outcome: TransitionOutcome }> {
  const excluded = excludedAddresses(session);
  let accessList: readonly AccessListEntry[] = session.request.accessList ?? [];
  for (let round = 0; ; round++) {
    recorder.begin(accessList, excluded);
    const before = recorder.size;
    const request: CallRequest = { ...session.request, accessList };
    const outcome = await session.run(gasLimit, request);
    const found = recorder.list();
    if (recorder.size === before || round === ROUNDS_MAX) return { accessList: found, outcome };
    accessList = found;
  }
}
