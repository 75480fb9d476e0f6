// Properties over random histories (research: devices.md §3.13): I4, I6, I7, I9 and the conservation of bonds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import { TOTAL_BOND_SLOT } from '../../../precompiles/did/storage.ts';
import { BOND_DISPUTE_WINDOW_SECONDS, STATUS } from '../../../precompiles/did/types.ts';
import { bytesToHex, toHash } from '../../../primitives/bytes.ts';
import { account, ed25519Key, p256Key, secp256k1Key, type TestKey } from '../support/deviceKeys.ts';
import {
  type AuthInput,
  BUYER,
  DidChain,
  didData,
  keyArgs,
  keyedSignature,
  OWNER,
  RELAYER,
  STRANGER,
  ZERO_HEX,
} from '../support/didChain.ts';

const PEOPLE = [OWNER, BUYER, STRANGER] as const;
const DEVICES: readonly TestKey[] = [p256Key('one'), ed25519Key('two'), secp256k1Key('three')];
const SPARES: readonly TestKey[] = [p256Key('spare a'), ed25519Key('spare b'), secp256k1Key('spare c')];
const DIGEST = new Uint8Array(32).fill(0xd1);

const step = fc.record({
  action: fc.constantFrom(
    ...['register', 'addKey', 'rotateKey', 'revokeKey', 'setService', 'removeService', 'setDocument', 'setPayee'],
    ...['proposeController', 'acceptController', 'addDelegate', 'revokeDelegate', 'grantAccess'],
    ...['suspend', 'resume', 'deactivate', 'withdrawBond', 'wait'],
  ),
  device: fc.nat(2),
  person: fc.nat(2),
  other: fc.nat(2),
  number: fc.nat(3),
  isSigned: fc.boolean(),
  /** Acts as the one who may, so that histories get somewhere. */
  isFit: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  gas: fc.option(fc.nat(400_000), { freq: 4 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Calldata and sender of a step; whether it succeeds depends on the history. */
function callOf(chain: DidChain, { action, device, person, other, number, isSigned, isFit }: Step) {
  const key = DEVICES[device] as TestKey;
  const id = chain.identityOf(key);
  const asked = action === 'acceptController' ? chain.call('pendingControllerOf', [id]) : chain.resolve(id).controller;
  const fit = PEOPLE.find(({ address }) => bytesToHex(address) === String(asked).toLowerCase());
  const actor = (isFit ? fit : undefined) ?? (PEOPLE[person] as typeof OWNER);
  const target = bytesToHex((PEOPLE[other] as typeof OWNER).address);
  const from = isSigned && action !== 'suspend' ? RELAYER.address : actor.address;
  const consent = (name: string, values: Record<string, unknown>): AuthInput =>
    isSigned ? chain.signed(actor, name, id, values) : chain.direct(actor.address);
  const spare = SPARES[number % 3] as TestKey;
  const k = keyArgs(spare);
  const until = chain.now + 500n;
  const make = (args: readonly unknown[]) => ({ id, from, data: didData(action, args) });
  switch (action) {
    case 'register':
      return { ...make(chain.registerArgs(key, { controller: actor.address })), from: actor.address };
    case 'addKey':
      return make([id, k, chain.keyProof(spare, k, 'AddKey', id), consent('AddKey', chain.keyValues(k))]);
    case 'rotateKey': {
      const values = { oldKeyId: number };
      const auth = consent('RotateKey', chain.keyValues(k, values));
      return make([id, number, k, chain.keyProof(spare, k, 'RotateKey', id, values), auth]);
    }
    case 'revokeKey':
      return make([id, number, consent('RevokeKey', { keyId: number })]);
    case 'setService': {
      const service = { id: `0x${`0${number + 1}`.repeat(32)}`, kind: 'Hub', endpoint: 'e'.repeat(number * 40 + 1) };
      return make([id, service, consent('SetService', { ...service, serviceId: service.id })]);
    }
    case 'removeService': {
      const serviceId = `0x${`0${number + 1}`.repeat(32)}`;
      return make([id, serviceId, consent('RemoveService', { serviceId })]);
    }
    case 'setDocument': {
      const docHash = `0x${`0${number}`.repeat(32)}`;
      const docUri = 'u'.repeat(number * 30);
      return make([id, docHash, docUri, consent('SetDocument', { docHash, docUri })]);
    }
    case 'setPayee':
      return make([id, target, consent('SetPayee', { payee: target })]);
    case 'proposeController':
      return make([id, target, consent('ProposeController', { next: target })]);
    case 'acceptController':
      return make([id, consent('AcceptController', { controller: bytesToHex(actor.address) })]);
    case 'addDelegate':
      return make([id, target, 3, until, consent('AddDelegate', { delegate: target, purposes: 3, until })]);
    case 'revokeDelegate':
      return make([id, target, consent('RevokeDelegate', { delegate: target })]);
    case 'grantAccess': {
      const grant = { scopes: BigInt(number), until, termsHash: ZERO_HEX };
      return make([id, target, grant.scopes, until, ZERO_HEX, consent('GrantAccess', { grantee: target, ...grant })]);
    }
    case 'suspend':
      return make([id, ZERO_HEX]);
    case 'resume':
      return make([id, consent('Resume', {})]);
    case 'deactivate':
      return make([id, consent('Deactivate', {})]);
    default:
      return make([id]);
  }
}

function bondsOf(chain: DidChain): bigint {
  return DEVICES.map((key) => (chain.call('bondOf', [chain.identityOf(key)]) as [bigint])[0]).reduce(
    (a, b) => a + b,
    0n,
  );
}

function anyKeyValid(chain: DidChain, id: `0x${string}`): boolean {
  return [...DEVICES, ...SPARES].some((key) =>
    [1, 2, 3, 4].some((keyId) => {
      const sig = bytesToHex(keyedSignature(keyId, key.signDigest(DIGEST)));
      return chain.call('isValidSignature', [id, 1, bytesToHex(DIGEST), sig]) === true;
    }),
  );
}

/** Runs one step and checks what must hold after every one. Returns whether it was accepted. */
function runStep(chain: DidChain, current: Step, supply: bigint): boolean {
  if (current.action === 'wait') {
    chain.host.timestampSeconds += current.number === 3 ? BOND_DISPUTE_WINDOW_SECONDS : BigInt(current.number) * 200n;
    chain.host.blockNumber += 1n;
    return false;
  }
  const { id, from, data } = callOf(chain, current);
  const wasDead = chain.resolve(id).status === STATUS.DEACTIVATED;
  const nonce = chain.nonceOf(id);
  const [before, logs] = [chain.host.fingerprint(), chain.host.logs.length];
  const valueWei = current.action === 'register' ? BigInt(current.number) * 10n : 0n;
  const gas = current.gas === null ? 30_000_000n : BigInt(current.gas);
  const result = chain.raw(data, { from, valueWei, gas });
  const accepted = result.outcome === 'success';
  expect(chain.host.alarms).toEqual([]);
  // I4: nothing of what failed remains.
  if (!accepted) expect(chain.host.fingerprint()).toBe(before);
  // I7: an accepted action uses up exactly one nonce; the return of a bond is no action of the identity.
  const isAction = current.action !== 'withdrawBond';
  expect(chain.nonceOf(id)).toBe(nonce + (accepted && isAction ? 1n : 0n));
  // I6: a dead identity is silent but for the return of its bond.
  if (wasDead && isAction) expect([accepted, chain.host.logs.length]).toEqual([false, logs]);
  // S2: supply and bonds to the wei.
  expect(chain.host.totalSupplyWei()).toBe(supply);
  const total = chain.host.slot(DEVICE_DID_ADDRESS, TOTAL_BOND_SLOT);
  expect(total).toBe(bondsOf(chain));
  expect(total).toBe(chain.host.balanceOf(DEVICE_DID_ADDRESS));
  return accepted;
}

describe('invariants over random histories', () => {
  it('I4, I6, I7, S2: failures leave nothing, nonces count, the dead stay silent, bonds add up', () => {
    let acceptedCount = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const chain = new DidChain();
        const supply = chain.host.totalSupplyWei();
        // Registrations first, so that the rest of the history has something to act on.
        const opening = [0, 1, 2].map(
          (index): Step => ({
            ...{
              action: 'register',
              device: index,
              person: index,
              other: 0,
              number: index,
              isSigned: false,
              isFit: false,
              gas: null,
            },
          }),
        );
        for (const current of [...opening, ...steps]) if (runStep(chain, current, supply)) acceptedCount++;
        for (const key of DEVICES) {
          const id = chain.identityOf(key);
          if (chain.resolve(id).status === STATUS.DEACTIVATED) expect(anyKeyValid(chain, id)).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
    expect(acceptedCount).toBeGreaterThan(250);
  }, 120_000);

  it('I9: whatever a signature made happen fails byte for byte on another chain and on a fork of this one', () => {
    const signedStep = step.map((current): Step => ({ ...current, isSigned: true, gas: null }));
    let replayed = 0;
    fc.assert(
      fc.property(fc.array(signedStep, { minLength: 3, maxLength: 12 }), (steps) => {
        const chains = [new DidChain(), new DidChain(), new DidChain()] as const;
        const [home, fork, other] = chains;
        fork.host.genesisHash = toHash(new Uint8Array(32).fill(0x48));
        other.host.chainId = 4_767n;
        for (const chain of chains) {
          DEVICES.forEach((key, index) => {
            chain.register(
              key,
              { controller: PEOPLE[index]?.address as never },
              { from: PEOPLE[index]?.address as never },
            );
          });
        }
        for (const current of steps) {
          if (['wait', 'register', 'suspend', 'withdrawBond'].includes(current.action)) continue;
          const { from, data } = callOf(home, current);
          for (const elsewhere of [fork, other]) {
            const before = elsewhere.host.fingerprint();
            expect(elsewhere.raw(data, { from }).outcome).not.toBe('success');
            expect(elsewhere.host.fingerprint()).toBe(before);
          }
          if (home.raw(data, { from }).outcome === 'success') replayed++;
        }
      }),
      { numRuns: 25 },
    );
    expect(replayed).toBeGreaterThan(30);
  }, 120_000);

  it('an unused account controls nothing but itself', () => {
    const chain = new DidChain();
    const nobody = account('nobody');
    const id = chain.register(DEVICES[0] as TestKey);
    const auth = chain.signed(nobody, 'SetPayee', id, { payee: bytesToHex(nobody.address) });
    expect(chain.raw(didData('setPayee', [id, bytesToHex(nobody.address), auth])).outcome).toBe('revert');
  });
});
