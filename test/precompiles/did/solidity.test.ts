// contracts/examples on the node's EVM: DeviceDID as an application uses it, and every misuse refused by name.
import { decodeErrorResult, decodeEventLog, decodeFunctionResult, encodeFunctionData, getAddress } from 'viem';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EvmOutcome } from '../../../node/execution/evmHost.ts';
import { deviceDidAbi } from '../../../precompiles/did/abi.ts';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import { p256Verify } from '../../../precompiles/p256/contract.ts';
import { bytesToHex, hexToBytes, parseAddress } from '../../../primitives/bytes.ts';
import { type CompiledContract, compileSolidity } from '../../helpers/solidity.ts';
import { assemble } from '../../node/execution/support/assembler.ts';
import { p256Key } from '../support/deviceKeys.ts';
import {
  type AuthInput,
  BUYER,
  DidChain,
  didData,
  keyedSignature,
  OWNER,
  STRANGER,
  ZERO_HEX,
} from '../support/didChain.ts';
import { EvmChain, evmTarget } from '../support/evmChain.ts';

const GATE = parseAddress('0x00000000000000000000000000000000000006a7');
const MISUSE = parseAddress('0x00000000000000000000000000000000000006a8');
const device = p256Key('device');
const READING = new Uint8Array(32).fill(0x42);

let gate: CompiledContract;
let misuse: CompiledContract;

beforeAll(async () => {
  gate = (await compileSolidity('contracts/examples/DeviceGate.sol')).DeviceGate as CompiledContract;
  misuse = (await compileSolidity('contracts/examples/DeviceMisuse.sol')).DeviceMisuse as CompiledContract;
}, 60_000);

function deploy(chain: DidChain): EvmChain {
  const evm = new EvmChain(chain.host);
  evm.setCode(GATE, hexToBytes(gate.deployedBytecode));
  evm.setCode(MISUSE, hexToBytes(misuse.deployedBytecode));
  return evm;
}

function call(
  evm: EvmChain,
  contract: CompiledContract,
  functionName: string,
  args: readonly unknown[],
  more: { from?: typeof GATE; valueWei?: bigint } = {},
) {
  const data = hexToBytes(encodeFunctionData({ abi: contract.abi, functionName, args } as never));
  return evm.call({ from: OWNER.address, to: contract === gate ? GATE : MISUSE, data, ...more });
}

function resultOf(outcome: EvmOutcome, functionName: string): unknown {
  expect(outcome.exception).toBeUndefined();
  return decodeFunctionResult({ abi: gate.abi, functionName, data: bytesToHex(outcome.output) } as never);
}

function errorOf(outcome: EvmOutcome): string {
  expect(outcome.exception).toBe('revert');
  return decodeErrorResult({ abi: [...deviceDidAbi, ...gate.abi], data: bytesToHex(outcome.output) }).errorName;
}

/** A registration with the owner's signed consent, for others to send. */
function relayed(chain: DidChain): readonly [unknown, unknown, AuthInput] {
  const deadline = chain.now + 60n;
  const sig = bytesToHex(OWNER.key.sign(chain.registerPayload(device, {}, { deadline })));
  const [r, deviceSig] = chain.registerArgs(device);
  return [r, deviceSig, { signer: bytesToHex(OWNER.address), deadline, sig }];
}

describe('DeviceGate', () => {
  it('registers on behalf, reads, takes signed readings and shows them to those with access', async () => {
    const chain = new DidChain();
    const evm = deploy(chain);
    const supply = evm.totalSupplyWei();
    const registered = await call(evm, gate, 'registerFor', relayed(chain), { from: STRANGER.address, valueWei: 9n });
    const id = resultOf(registered, 'registerFor') as `0x${string}`;
    expect(id).toBe(chain.identityOf(device));
    expect(evm.totalSupplyWei()).toBe(supply);
    expect(registered.logs.map(({ address }) => bytesToHex(address))).toEqual([
      ...Array(4).fill(bytesToHex(DEVICE_DID_ADDRESS)),
      bytesToHex(GATE),
    ]);
    const owner = resultOf(await call(evm, gate, 'ownerOf', [id]), 'ownerOf');
    expect(owner).toBe(getAddress(bytesToHex(OWNER.address)));
    expect(errorOf(await call(evm, gate, 'ownerOf', [bytesToHex(BUYER.address)]))).toBe('NotActive');

    const sig = bytesToHex(keyedSignature(1, device.signDigest(READING)));
    expect((await call(evm, gate, 'submit', [id, bytesToHex(READING), sig])).exception).toBeUndefined();
    expect(errorOf(await call(evm, gate, 'submit', [id, ZERO_HEX, sig]))).toBe('NotSignedByDevice');
    expect(errorOf(await call(evm, gate, 'readings', [id], { from: BUYER.address }))).toBe('NoAccess');
    const grant = [id, bytesToHex(BUYER.address), 1n, chain.now + 9n, ZERO_HEX, chain.direct()];
    await evm.call({ from: OWNER.address, to: DEVICE_DID_ADDRESS, data: didData('grantAccess', grant) });
    expect(resultOf(await call(evm, gate, 'readings', [id], { from: BUYER.address }), 'readings')).toBe(
      bytesToHex(READING),
    );
  });

  it('S17, S28: a contract is a controller by calling; the principal is the caller, never the origin', async () => {
    const chain = new DidChain();
    const id = chain.register(device);
    chain.call('proposeController', [id, bytesToHex(GATE), chain.direct()]);
    const evm = deploy(chain);
    expect(
      (await call(evm, gate, 'adopt', [id, bytesToHex(BUYER.address)], { from: STRANGER.address })).exception,
    ).toBeUndefined();
    expect(resultOf(await call(evm, gate, 'ownerOf', [id]), 'ownerOf')).toBe(getAddress(bytesToHex(GATE)));
    // The former controller starts the transaction, but what calls is a contract.
    const direct = didData('setPayee', [id, bytesToHex(STRANGER.address), chain.direct()]);
    expect(errorOf(await call(evm, misuse, 'plainCall', [bytesToHex(direct)]))).toBe('Unauthorized');
  });

  it('S1, S3, S6, S24: what a caught or reverted call did is gone, its bond included', async () => {
    const chain = new DidChain();
    const evm = deploy(chain);
    const [r, , consent] = relayed(chain);
    const before = evm.fingerprint();
    expect(errorOf(await call(evm, gate, 'registerAndRevert', relayed(chain), { valueWei: 5n }))).toBe('NotActive');
    expect(evm.fingerprint()).toBe(before);
    const caught = await call(evm, gate, 'tryRegister', [r, `0x${'11'.repeat(64)}`, consent], { valueWei: 5n });
    expect(caught.logs).toHaveLength(1);
    const [log] = caught.logs;
    const args = decodeEventLog({
      abi: gate.abi,
      topics: (log?.topics ?? []).map(bytesToHex) as [`0x${string}`],
      data: bytesToHex(log?.data ?? new Uint8Array()),
    }).args as unknown as { succeeded: boolean };
    expect(args.succeeded).toBe(false);
    // Only the value moved, to the contract that caught the refusal.
    const did = bytesToHex(DEVICE_DID_ADDRESS);
    expect([...evm.slots()].filter(([key, value]) => key.startsWith(did) && value !== 0n)).toEqual([]);
  });
});

describe('DeviceMisuse', () => {
  const write = (chain: DidChain) =>
    bytesToHex(didData('setPayee', [chain.register(device), bytesToHex(BUYER.address), chain.direct()]));
  const view = (chain: DidChain) => bytesToHex(didData('nonces', [chain.register(device)]));

  it.each(['delegateCall', 'callCode'])('%s is refused by name, for writes and views', async (functionName) => {
    for (const make of [write, view]) {
      const chain = new DidChain();
      const data = make(chain);
      const evm = deploy(chain);
      const before = evm.fingerprint();
      expect(errorOf(await call(evm, misuse, functionName, [data]))).toBe('DelegateCallNotAllowed');
      expect(evm.fingerprint()).toBe(before);
    }
  });

  it('S10, S11: a static write is refused by name, also when a plain CALL stands under a STATICCALL', async () => {
    const chain = new DidChain();
    const data = write(chain);
    const evm = deploy(chain);
    const before = evm.fingerprint();
    expect(errorOf(await call(evm, misuse, 'staticCall', [data]))).toBe('WriteInStaticCall');
    expect(errorOf(await call(evm, misuse, 'nestedStaticCall', [data]))).toBe('WriteInStaticCall');
    expect(evm.fingerprint()).toBe(before);
    const read = view(new DidChain());
    expect((await call(evm, misuse, 'nestedStaticCall', [read])).exception).toBeUndefined();
  });

  it('S21: value is refused by name, and a plain transfer to the precompile too', async () => {
    const chain = new DidChain();
    const data = write(chain);
    const evm = deploy(chain);
    const before = evm.fingerprint();
    expect(errorOf(await call(evm, misuse, 'plainCall', [data], { valueWei: 1n }))).toBe('ValueNotAccepted');
    expect(errorOf(await call(evm, misuse, 'plainCall', ['0x'], { valueWei: 1n }))).toBe('UnknownSelector');
    const plain = await evm.call({ from: OWNER.address, to: DEVICE_DID_ADDRESS, data: new Uint8Array(), valueWei: 1n });
    expect(errorOf(plain)).toBe('UnknownSelector');
    expect(evm.fingerprint()).toBe(before);
  });

  it('S3: starved of gas and swallowed, a call leaves nothing behind', async () => {
    const chain = new DidChain();
    const data = didData('register', chain.registerArgs(device, { controller: MISUSE }, chain.direct(MISUSE)));
    for (const gas of [0n, 100n, 3_000n, 20_000n, 100_000n, 180_000n]) {
      const evm = deploy(chain);
      const before = evm.fingerprint();
      const outcome = await call(evm, misuse, 'starvedCall', [bytesToHex(data), gas]);
      expect(outcome.exception).toBeUndefined();
      expect(BigInt(bytesToHex(outcome.output))).toBe(0n);
      expect(evm.fingerprint()).toBe(before);
    }
    const enough = deploy(chain);
    const outcome = await call(enough, misuse, 'starvedCall', [bytesToHex(data), 1_000_000n]);
    expect(BigInt(bytesToHex(outcome.output))).toBe(1n);
  });
});

describe('other ways in', () => {
  it('a constructor may call: its account is the caller', async () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const evm = new EvmChain(chain.host);
    const input = bytesToHex(didData('nonces', [id])).padEnd(2 + 128, '0');
    const [first, second] = [input.slice(2, 66), input.slice(66, 130)];
    const store = `0x${first} 0x00 MSTORE 0x${second} 0x20 MSTORE`;
    const init = `${store} 0x20 0x40 0x24 0x00 0x00 ${bytesToHex(DEVICE_DID_ADDRESS)} GAS CALL POP 0x20 0x40 RETURN`;
    const created = await evm.call({ from: OWNER.address, data: assemble(init) });
    expect(evm.alarms).toEqual([]);
    expect(created.exception).toBeUndefined();
    const code = evm.codeOf(created.contractAddress as typeof GATE);
    expect(BigInt(bytesToHex(code))).toBe(1n);
  });

  it('S8: an account that delegates its code to DeviceDID (EIP-7702) runs none of it', async () => {
    const chain = new DidChain();
    const data = didData('setPayee', [chain.register(device), bytesToHex(BUYER.address), chain.direct()]);
    const evm = new EvmChain(chain.host);
    evm.setCode(OWNER.address, hexToBytes(`0xef0100${bytesToHex(DEVICE_DID_ADDRESS).slice(2)}`));
    const before = evm.fingerprint();
    await evm.call({ from: STRANGER.address, to: OWNER.address, data });
    expect(evm.fingerprint()).toBe(before);
  });

  it('an account that delegates its code to a contract is still itself to DeviceDID', async () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const data = didData('setPayee', [id, bytesToHex(BUYER.address), chain.direct()]);
    const evm = deploy(chain);
    evm.setCode(OWNER.address, hexToBytes(`0xef0100${bytesToHex(MISUSE).slice(2)}`));
    const input = encodeFunctionData({ abi: misuse.abi, functionName: 'plainCall', args: [bytesToHex(data)] } as never);
    const outcome = await evm.call({ from: STRANGER.address, to: OWNER.address, data: hexToBytes(input) });
    expect(outcome.exception).toBeUndefined();
    expect(outcome.logs).toHaveLength(1);
  });
});

describe('P256VERIFY on the EVM', () => {
  it.each(['CALL', 'STATICCALL', 'DELEGATECALL', 'CALLCODE'] as const)('answers under %s', async (scheme) => {
    const target = evmTarget(new DidChain().host, p256Verify);
    const digest = new Uint8Array(32).fill(7);
    const data = new Uint8Array([...digest, ...device.signDigest(digest), ...device.publicKey]);
    const result = await target.call({ from: OWNER.address, data, scheme });
    expect(result.outcome === 'success' && bytesToHex(result.output)).toBe(`0x${'1'.padStart(64, '0')}`);
  });
});
