// How clients are made: wallets that keep their keys, clients without an account, chains whose time is not the clock's.
import { createPublicClient, createWalletClient, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { gnomonActions } from '../../sdk/actions.ts';
import { gnomonDev } from '../../sdk/chain.ts';
import { accountController, walletController } from '../../sdk/controllers.ts';
import { gnomonPublicActions } from '../../sdk/publicActions.ts';
import { generateEd25519Signer } from '../../sdk/signers/ed25519.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { BUYER, clientOf, mined, OWNER, RELAYER, STRANGER } from './support/clients.ts';

let dev: DevNode;
const clientsOf = () => ({ owner: clientOf(dev.rpc.url, OWNER), relayer: clientOf(dev.rpc.url, RELAYER) });

beforeAll(async () => {
  dev = await startDevNode();
});
afterAll(() => dev.stop());

const code = (name: string) => expect.objectContaining({ code: name });

describe('time', () => {
  it('of a chain that was idle for a day is the clock’s', async () => {
    let behindMs = 86_400_000;
    const spec = parseGenesis(devGenesis({ timestampSeconds: 1n }));
    const idle = await startDevNode({ kind: 'instant' }, { spec, clock: { nowMs: () => Date.now() - behindMs } });
    try {
      const owner = clientOf(idle.rpc.url, OWNER);
      await mined(owner, owner.registerDevice({ device: generateP256Signer() }));
      behindMs = 0;
      expect((await owner.getBlock()).timestamp).toBeLessThan(BigInt(Math.floor(Date.now() / 1_000)) - 3_600n);
      await mined(owner, owner.registerDevice({ device: generateP256Signer(), controller: accountController(OWNER) }));
    } finally {
      await idle.stop();
    }
  });

  it('of a chain that runs ahead is the chain’s', async () => {
    const { owner, relayer } = clientsOf();
    const sent = await owner.registerDevice({ device: generateP256Signer() });
    await mined(owner, sent);
    await owner.request({ method: 'evm_increaseTime', params: ['0x100000'] } as never);
    await owner.request({ method: 'evm_mine', params: [] } as never);
    const { identity } = sent;
    const [block, clockSeconds] = [await owner.getBlock(), BigInt(Math.floor(Date.now() / 1_000))];
    expect(block.timestamp).toBeGreaterThan(clockSeconds + 3_600n);
    const controller = accountController(OWNER);
    await mined(relayer, relayer.setPayee({ identity, payee: STRANGER.address, controller }));
    await mined(owner, owner.addKey({ identity, newKey: generateEd25519Signer() }));
    const auth = await owner.signControl({ method: 'resume', identity, controller });
    expect(auth.deadline).toBe((await owner.getBlock()).timestamp + 3_600n);
  });
});

describe('clients', () => {
  it('of an unlocked account sign and send by the node', async () => {
    const { relayer } = clientsOf();
    const options = { chain: gnomonDev, transport: http(dev.rpc.url), account: BUYER.address, pollingInterval: 20 };
    const wallet = createWalletClient(options).extend(gnomonActions());
    const sent = await wallet.registerDevice({ device: generateEd25519Signer() });
    await mined(relayer, sent);
    const { identity } = sent;
    const controller = walletController(wallet);
    await mined(relayer, relayer.setPayee({ identity, payee: STRANGER.address, controller }));
    expect((await wallet.resolveDevice({ identity })).payee).toBe(STRANGER.address);
  });

  it('without an account read, and say what is missing when they are to send', async () => {
    const { owner } = clientsOf();
    const reader = createPublicClient({ chain: gnomonDev, transport: http(dev.rpc.url) }).extend(gnomonActions());
    const identity = OWNER.address;
    expect(await reader.resolveDevice({ identity })).toMatchObject({ status: 'none', controller: OWNER.address });
    const device = generateP256Signer();
    await expect(reader.suspend({ identity })).rejects.toThrow(code('NO_ACCOUNT'));
    await expect(reader.registerDevice({ device })).rejects.toThrow(code('NO_ACCOUNT'));
    await expect(reader.signRegistration({ device })).rejects.toThrow(code('NO_CONTROLLER'));
    expect(() => walletController(reader)).toThrow(code('NO_ACCOUNT'));
    await mined(owner, reader.registerDevice({ device, account: OWNER }));
  });

  it('without a chain ask the node which one it is', async () => {
    const { owner } = clientsOf();
    const reader = createPublicClient({ transport: http(dev.rpc.url) }).extend(gnomonPublicActions());
    expect(await reader.readSigningDomain()).toEqual(await owner.readSigningDomain());
  });

  it('read as of a block', async () => {
    const { owner } = clientsOf();
    const sent = await owner.registerDevice({ device: generateP256Signer() });
    const { blockNumber } = await mined(owner, sent);
    const { identity } = sent;
    expect((await owner.resolveDevice({ identity, blockNumber: blockNumber - 1n })).status).toBe('none');
    expect((await owner.resolveDevice({ identity, blockNumber })).status).toBe('active');
  });

  it('refuse a ZK key of another type', async () => {
    const { owner } = clientsOf();
    const keys = { device: generateP256Signer(), zkKey: generateEd25519Signer() };
    await expect(owner.registerDevice(keys)).rejects.toThrow(code('INVALID_PUBLIC_KEY'));
  });
});
