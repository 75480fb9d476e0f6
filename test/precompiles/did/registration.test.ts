import { getAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { KEY_TYPE, STATUS } from '../../../precompiles/did/types.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { babyJubJubKey, KEY_KINDS, type KeyKind } from '../support/deviceKeys.ts';
import { DidChain, OWNER, RELAYER } from '../support/didChain.ts';

const KINDS = Object.keys(KEY_KINDS) as KeyKind[];

describe('register', () => {
  it.each(KINDS)('a device with a %s key', (kind) => {
    const chain = new DidChain();
    const key = KEY_KINDS[kind]('device');
    const id = chain.register(key);
    expect(id).toBe(getAddress(chain.identityOf(key)));
    const resolved = chain.call('resolve', [id]) as readonly unknown[];
    expect(resolved[0]).toBe(STATUS.ACTIVE);
    expect(resolved[1]).toBe(getAddress(bytesToHex(OWNER.address)));
    expect(resolved[9]).toMatchObject([{ keyType: key.keyType, purposes: 3, publicKey: bytesToHex(key.publicKey) }]);
    expect(resolved[10]).toEqual([1]);
    expect(chain.nonceOf(id)).toBe(1n);
  });

  it.each(KINDS)('a device with a %s key and a ZK key, consent signed, sent by a relayer', (kind) => {
    const chain = new DidChain();
    const key = KEY_KINDS[kind]('device');
    const zkKey = babyJubJubKey('zk');
    const consent = { signer: bytesToHex(OWNER.address), deadline: chain.now + 60n, sig: '0x' as `0x${string}` };
    const payload = chain.registerPayload(key, { zkKey }, { deadline: consent.deadline });
    consent.sig = bytesToHex(OWNER.key.sign(payload));
    const args = chain.registerArgs(key, { zkKey }, consent);
    const id = chain.call('register', args, { from: RELAYER.address });
    const resolved = chain.call('resolve', [id]) as readonly unknown[];
    expect(resolved[9]).toMatchObject([{ keyType: key.keyType }, { keyType: KEY_TYPE.BABYJUBJUB, purposes: 32 }]);
  });
});
