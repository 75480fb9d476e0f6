// Random calls of DeviceDID: devices that register with true signatures, what their controllers and others then do with them,
// reads, and calldata that is damaged.
import { encodeFunctionData, type Hex } from 'viem';
import { deviceDidAbi } from '../../../../precompiles/did/abi.ts';
import { DEVICE_DID_ADDRESS } from '../../../../precompiles/did/contract.ts';
import { bytesToHex, hexToBytes, utf8ToBytes, ZERO_HASH } from '../../../../primitives/bytes.ts';
import type { Address } from '../../../../primitives/types.ts';
import { secp256k1Key, type TestKey } from '../../../precompiles/support/deviceKeys.ts';
import { payloadOf } from '../../../precompiles/support/deviceSigning.ts';
import { DidChain } from '../../../precompiles/support/didChain.ts';
import type { SeededRandom } from './seededRandom.ts';

const DEVICES = 6;
const DEADLINE = 2n ** 39n;
const ZERO_WORD = bytesToHex(ZERO_HASH);

interface Device {
  readonly key: TestKey;
  readonly identity: Hex;
}

let devices: readonly Device[] | undefined;

function allDevices(): readonly Device[] {
  const chain = new DidChain();
  devices ??= Array.from({ length: DEVICES }, (_, index) => {
    const key = secp256k1Key(`random device ${index}`);
    return { key, identity: chain.identityOf(key) };
  });
  return devices;
}

export class DeviceCalls {
  readonly #random: SeededRandom;
  readonly #chainId: bigint;

  constructor(random: SeededRandom, chainId: bigint) {
    this.#random = random;
    this.#chainId = chainId;
  }

  /** Calldata of one call by `sender`. */
  next(sender: Address, other: Address): Uint8Array {
    const random = this.#random;
    const device = random.pick(allDevices());
    const data = random.chance(0.4) ? this.#register(device, sender, other) : this.#use(device, sender, other);
    if (random.chance(0.9)) return data;
    const damaged = data.slice(0, random.chance(0.5) ? random.below(data.length) : data.length);
    if (damaged.length > 0) damaged[random.below(damaged.length)]! ^= 1 << random.below(8);
    return damaged;
  }

  #register({ key, identity }: Device, controller: Address, payee: Address): Uint8Array {
    const random = this.#random;
    const fields = {
      projectId: ZERO_WORD,
      controller: bytesToHex(controller),
      payee: bytesToHex(payee),
      keyType: key.keyType,
      publicKey: bytesToHex(key.publicKey),
      zkPublicKey: '0x' as Hex,
      docHash: bytesToHex(random.bytes(32)),
      docUri: 'x'.repeat(random.below(70)),
      modelHash: ZERO_WORD,
      deadline: DEADLINE,
    };
    const domain = {
      name: 'DeviceDID',
      version: '1',
      chainId: this.#chainId,
      verifyingContract: bytesToHex(DEVICE_DID_ADDRESS),
      salt: ZERO_WORD,
    };
    const payload = payloadOf(domain, 'Register', (hashOf) => ({
      identity: identity.toLowerCase(),
      ...fields,
      pubKeyHash: hashOf(key.publicKey),
      zkKeyHash: hashOf(new Uint8Array(0)),
      docUriHash: hashOf(utf8ToBytes(fields.docUri)),
      nonce: 0n,
      deadline: DEADLINE,
    }));
    const signature = bytesToHex(key.sign(payload));
    return call('register', [fields, signature, this.#direct(controller), '0x']);
  }

  #use({ key, identity }: Device, sender: Address, other: Address): Uint8Array {
    const random = this.#random;
    const direct = this.#direct(sender);
    const word = bytesToHex(random.bytes(32));
    const someone = bytesToHex(other);
    return random.pick([
      () => call('setPayee', [identity, someone, direct]),
      () => call('setDocument', [identity, word, 'y'.repeat(random.below(90)), direct]),
      () => call('setService', [identity, { id: word, kind: 'api', endpoint: 'z'.repeat(random.below(40)) }, direct]),
      () => call('addDelegate', [identity, someone, 1, DEADLINE, direct]),
      () => call('grantAccess', [identity, someone, 3n, DEADLINE, word, direct]),
      () => call('proposeController', [identity, someone, direct]),
      () => call('acceptController', [identity, direct]),
      () => call('suspend', [identity, word]),
      () => call('resume', [identity, direct]),
      () => call('deactivate', [identity, direct]),
      () => call('withdrawBond', [identity]),
      () => call('resolve', [identity]),
      () => call('stateOf', [identity]),
      () => call('identityOf', [key.keyType, bytesToHex(key.publicKey)]),
    ])();
  }

  /** The sender acts for himself. */
  #direct(signer: Address) {
    return { signer: bytesToHex(signer), deadline: DEADLINE, sig: '0x' as Hex };
  }
}

function call(functionName: string, args: readonly unknown[]): Uint8Array {
  return hexToBytes(encodeFunctionData({ abi: deviceDidAbi, functionName, args } as never));
}
