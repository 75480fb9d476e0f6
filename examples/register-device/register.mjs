// Registers a device with a P-256 key, as a secure element holds one, and prints its DID.
//   node examples/register-device/register.mjs [URL of a dev node]
import { createWalletClient, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { waitForTransactionReceipt } from 'viem/actions';
import { gnomonActions } from '../../dist/sdk/actions.js';
import { gnomonDev } from '../../dist/sdk/chain.js';
import { generateP256Signer } from '../../dist/sdk/signers/p256.js';

const url = process.argv[2] ?? 'http://127.0.0.1:8545';
// The first account of every dev chain. It pays, and it will own the device.
const account = mnemonicToAccount('test test test test test test test test test test test junk');
const client = createWalletClient({ account, chain: gnomonDev, transport: http(url) }).extend(gnomonActions());

const device = generateP256Signer();
const { did, hash } = await client.registerDevice({ device });
const { status } = await waitForTransactionReceipt(client, { hash, pollingInterval: 100 });
if (status !== 'success') throw new Error(`transaction ${hash} reverted`);
console.log(did);
