// One working call of every method of DeviceDID: the rows that the matrix runs in every way.
import { bytesToHex } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { babyJubJubKey, ed25519Key, p256Key } from './deviceKeys.ts';
import { BUYER, DidChain, keyArgs, keyedSignature, OWNER, STRANGER, ZERO_HEX } from './didChain.ts';

export interface DidRow {
  readonly method: string;
  /** Puts the chain into the state that the call needs, and says what to call it with. */
  prepare(chain: DidChain): { readonly args: readonly unknown[]; readonly from?: Address };
  /** The exact cost on that state. */
  readonly gas: bigint;
}

const device = p256Key('row device');
const other = ed25519Key('row other');
const SERVICE = { id: `0x${'5e'.repeat(32)}`, kind: 'Hub', endpoint: 'https://hub.example' } as const;
const DIGEST = new Uint8Array(32).fill(0xd1);

/** A registered device with a second key, a service, a delegate, a grant and a bond. */
function furnished(chain: DidChain): `0x${string}` {
  const id = chain.register(device, { docUri: 'ipfs://doc', docHash: `0x${'d0'.repeat(32)}` }, { valueWei: 1_000n });
  chain.addKey(id, other);
  chain.call('setService', [id, SERVICE, chain.direct()]);
  chain.call('addDelegate', [id, bytesToHex(STRANGER.address), 3, chain.now + 900n, chain.direct()]);
  chain.call('grantAccess', [id, bytesToHex(BUYER.address), 5n, chain.now + 900n, ZERO_HEX, chain.direct()]);
  return id;
}

const withDevice = (args: (id: `0x${string}`, chain: DidChain) => readonly unknown[]): DidRow['prepare'] => {
  return (chain) => {
    const id = furnished(chain);
    return { args: args(id, chain) };
  };
};

export const DID_ROWS: readonly DidRow[] = [
  {
    method: 'register',
    gas: 339_073n,
    prepare: (chain) => ({
      args: chain.registerArgs(device, { zkKey: babyJubJubKey('row zk'), docUri: 'ipfs://doc' }),
    }),
  },
  {
    method: 'addKey',
    gas: 108_879n,
    prepare: withDevice((id, chain) => {
      const key = p256Key('row third');
      const k = keyArgs(key);
      return [id, k, chain.keyProof(key, k, 'AddKey', id), chain.direct()];
    }),
  },
  {
    method: 'rotateKey',
    gas: 125_148n,
    prepare: withDevice((id, chain) => {
      const key = p256Key('row third');
      const k = keyArgs(key);
      return [id, 1, k, chain.keyProof(key, k, 'RotateKey', id, { oldKeyId: 1 }), chain.direct()];
    }),
  },
  { method: 'revokeKey', gas: 27_065n, prepare: withDevice((id, chain) => [id, 2, chain.direct()]) },
  {
    method: 'setService',
    gas: 85_188n,
    prepare: withDevice((id, chain) => [id, { ...SERVICE, id: `0x${'5f'.repeat(32)}` }, chain.direct()]),
  },
  { method: 'removeService', gas: 30_128n, prepare: withDevice((id, chain) => [id, SERVICE.id, chain.direct()]) },
  {
    method: 'setDocument',
    gas: 20_473n,
    prepare: withDevice((id, chain) => [id, `0x${'d1'.repeat(32)}`, 'ipfs://other', chain.direct()]),
  },
  {
    method: 'setPayee',
    gas: 14_609n,
    prepare: withDevice((id, chain) => [id, bytesToHex(BUYER.address), chain.direct()]),
  },
  {
    method: 'proposeController',
    gas: 31_728n,
    prepare: withDevice((id, chain) => [id, bytesToHex(BUYER.address), chain.direct()]),
  },
  {
    method: 'acceptController',
    gas: 24_808n,
    prepare: (chain) => {
      const id = furnished(chain);
      chain.call('proposeController', [id, bytesToHex(BUYER.address), chain.direct()]);
      return { args: [id, chain.direct(BUYER.address)], from: BUYER.address };
    },
  },
  {
    method: 'addDelegate',
    gas: 32_660n,
    prepare: withDevice((id, chain) => [id, bytesToHex(BUYER.address), 1, chain.now + 60n, chain.direct()]),
  },
  {
    method: 'revokeDelegate',
    gas: 14_728n,
    prepare: withDevice((id, chain) => [id, bytesToHex(STRANGER.address), chain.direct()]),
  },
  {
    method: 'grantAccess',
    gas: 77_048n,
    prepare: withDevice((id, chain) => [
      id,
      bytesToHex(STRANGER.address),
      3n,
      chain.now + 60n,
      `0x${'7e'.repeat(32)}`,
      chain.direct(),
    ]),
  },
  { method: 'suspend', gas: 9_605n, prepare: withDevice((id) => [id, `0x${'0e'.repeat(32)}`]) },
  {
    method: 'resume',
    gas: 9_733n,
    prepare: withDevice((id, chain) => {
      chain.call('suspend', [id, ZERO_HEX]);
      return [id, chain.direct()];
    }),
  },
  { method: 'deactivate', gas: 31_833n, prepare: withDevice((id, chain) => [id, chain.direct()]) },
  {
    method: 'withdrawBond',
    gas: 30_692n,
    prepare: withDevice((id, chain) => {
      chain.call('deactivate', [id, chain.direct()]);
      chain.host.timestampSeconds += 604_800n;
      return [id];
    }),
  },
  { method: 'resolve', gas: 32_636n, prepare: withDevice((id) => [id]) },
  { method: 'stateOf', gas: 6_636n, prepare: withDevice((id) => [id]) },
  {
    method: 'isValidSignature',
    gas: 12_660n,
    prepare: withDevice((id) => [id, 2, bytesToHex(DIGEST), bytesToHex(keyedSignature(1, device.signDigest(DIGEST)))]),
  },
  { method: 'hasAccess', gas: 10_900n, prepare: withDevice((id) => [id, bytesToHex(BUYER.address), 4n]) },
  { method: 'nonces', gas: 2_436n, prepare: withDevice((id) => [id]) },
  { method: 'pendingControllerOf', gas: 2_436n, prepare: withDevice((id) => [id]) },
  { method: 'delegateOf', gas: 6_668n, prepare: withDevice((id) => [id, bytesToHex(STRANGER.address)]) },
  { method: 'bondOf', gas: 4_536n, prepare: withDevice((id) => [id]) },
  {
    method: 'identityOf',
    gas: 514n,
    prepare: () => ({ args: [device.keyType, bytesToHex(device.publicKey)] }),
  },
];

/** The chain of a row, ready for its call. */
export function prepared(row: DidRow): { chain: DidChain; args: readonly unknown[]; from: Address } {
  const chain = new DidChain();
  const { args, from = OWNER.address } = row.prepare(chain);
  return { chain, args, from };
}
