// `gnomon device keygen|register|show`: device keys in files, and their identities on a chain, over JSON-RPC and the SDK.
import { existsSync, readFileSync } from 'node:fs';
import type { Hex } from 'viem';
import { DEV_ACCOUNTS, DEV_CHAIN_ID } from '../../genesis/devGenesis.ts';
import { bytesToHex, hexToBytes, parseAddress } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../primitives/checksum.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import { createWholeFile } from '../../primitives/wholeFile.ts';
import { print, printJson, printTable } from '../output.ts';
import { rpcCall } from '../rpcClient.ts';
import { parseAmount } from '../values.ts';
import { readStoredKey } from './keys.ts';

/** What a device key file holds. The private key is not encrypted: it is meant for simulated devices and tests. */
interface DeviceKeyFile {
  readonly type: KeyName;
  readonly privateKey: Hex;
  readonly publicKey: Hex;
  readonly identity: string;
}

export const KEY_NAMES = ['p256', 'secp256k1', 'ed25519', 'babyjubjub'] as const;
type KeyName = (typeof KEY_NAMES)[number];

/** Only the owner may read keys. */
const KEY_FILE_MODE = 0o600;

/** The SDK stands on viem, which the node itself does not need. */
async function withSdk<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ChainError(
      'VIEM_MISSING',
      `this command needs viem, which is not installed: run "npm install viem" (${messageOf(error)})`,
    );
  }
}

function parseKeyName(text: string): KeyName {
  const name = KEY_NAMES.find((candidate) => candidate === text.toLowerCase());
  if (name === undefined)
    throw new ChainError('INVALID_ARGUMENT', `--type must be one of ${KEY_NAMES.join(', ')}, got "${text}"`);
  return name;
}

async function signerOf(type: KeyName, privateKey: Uint8Array | undefined) {
  switch (type) {
    case 'p256': {
      const { generateP256Signer, p256Signer } = await import('../../sdk/signers/p256.ts');
      return privateKey === undefined ? generateP256Signer() : p256Signer(privateKey);
    }
    case 'secp256k1': {
      const { generateSecp256k1Signer, secp256k1Signer } = await import('../../sdk/signers/secp256k1.ts');
      return privateKey === undefined ? generateSecp256k1Signer() : secp256k1Signer(privateKey);
    }
    case 'ed25519': {
      const { generateEd25519Signer, ed25519Signer } = await import('../../sdk/signers/ed25519.ts');
      return privateKey === undefined ? generateEd25519Signer() : ed25519Signer(privateKey);
    }
    case 'babyjubjub': {
      const { generateBabyJubJubSigner, babyJubJubSigner } = await import('../../sdk/signers/babyJubJub.ts');
      return privateKey === undefined ? generateBabyJubJubSigner() : babyJubJubSigner(privateKey);
    }
  }
}

export interface KeygenOptions {
  readonly type: string;
  readonly json?: boolean;
}

export async function keygen(file: string, options: KeygenOptions): Promise<number> {
  const type = parseKeyName(options.type);
  const signer = await withSdk(() => signerOf(type, undefined));
  const { identityOfKey } = await withSdk(() => import('../../sdk/did.ts'));
  const key: DeviceKeyFile = {
    type,
    privateKey: bytesToHex(signer.exportPrivateKey()),
    publicKey: bytesToHex(signer.publicKey),
    identity: identityOfKey(signer.keyType, signer.publicKey).toLowerCase(),
  };
  createWholeFile(file, `${JSON.stringify(key, null, 2)}\n`, KEY_FILE_MODE);
  const { privateKey: _privateKey, ...shown } = key;
  if (options.json === true) printJson({ file, ...shown });
  else {
    printTable([
      ['key', type],
      ['public', key.publicKey],
      ['identity', checksumAddress(parseAddress(key.identity))],
      ['file', file],
    ]);
  }
  return 0;
}

function readKeyFile(file: string): DeviceKeyFile {
  const invalid = (reason: string) =>
    new ChainError(
      'INVALID_DEVICE_KEY',
      `${file} is no device key: ${reason}; make one with "gnomon device keygen ${file} --type p256"`,
    );
  let parsed: Partial<DeviceKeyFile>;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8')) as Partial<DeviceKeyFile>;
  } catch (error) {
    if (!existsSync(file)) throw error;
    throw invalid('it is not JSON');
  }
  const type = KEY_NAMES.find((name) => name === parsed?.type);
  if (type === undefined) throw invalid(`"type" must be one of ${KEY_NAMES.join(', ')}`);
  if (typeof parsed.privateKey !== 'string' || !/^0x[0-9a-f]{64}$/i.test(parsed.privateKey)) {
    throw invalid('"privateKey" must be 0x and 64 hex digits');
  }
  return { ...(parsed as DeviceKeyFile), type };
}

export interface RegisterOptions {
  readonly rpc: string;
  readonly key: string;
  readonly account?: string;
  readonly home?: string;
  readonly passwordFile?: string;
  readonly payee?: string;
  readonly bond?: string;
  readonly json?: boolean;
}

/** The key that pays for the transaction and becomes the controller; on the dev chain the first account by default. */
async function controllerKey(options: RegisterOptions, chainId: bigint): Promise<Uint8Array> {
  if (options.account !== undefined) return readStoredKey(options.account, options);
  const first = DEV_ACCOUNTS[0];
  if (chainId === DEV_CHAIN_ID && first !== undefined) return first.privateKey;
  throw new ChainError(
    'ACCOUNT_NEEDED',
    'give --account ADDRESS: the account in the keystore that pays and becomes the controller',
  );
}

export async function register(options: RegisterOptions): Promise<number> {
  const file = readKeyFile(options.key);
  const chainId = BigInt((await rpcCall(options.rpc, 'eth_chainId', [])) as string);
  const device = await withSdk(() => signerOf(file.type, hexToBytes(file.privateKey)));
  const privateKey = bytesToHex(await controllerKey(options, chainId));
  const { createWalletClient, http, publicActions } = await withSdk(() => import('viem'));
  const { privateKeyToAccount } = await import('viem/accounts');
  const { gnomonActions } = await import('../../sdk/actions.ts');
  const { defineGnomonChain } = await import('../../sdk/chain.ts');
  const chain = defineGnomonChain({ id: Number(chainId), rpcUrls: { http: [options.rpc] } });
  const client = createWalletClient({
    chain,
    account: privateKeyToAccount(privateKey),
    transport: http(options.rpc),
    pollingInterval: 100,
  })
    .extend(publicActions)
    .extend(gnomonActions());
  const { hash, identity, did } = await client
    .registerDevice({
      device,
      bondWei: options.bond === undefined ? 0n : parseAmount(options.bond, '--bond'),
      ...(options.payee === undefined ? {} : { payee: bytesToHex(parseAddress(options.payee)) }),
    })
    .catch(async (error: unknown) => {
      throw await refusalOf(error);
    });
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success')
    throw new ChainError('REGISTRATION_FAILED', `transaction ${hash} reverted in block ${receipt.blockNumber}`);
  if (options.json === true) printJson({ did, identity, transaction: hash, block: receipt.blockNumber });
  else {
    print(did);
    printTable([
      ['controller', client.account.address],
      ['transaction', hash],
      ['block', receipt.blockNumber.toString()],
    ]);
  }
  return 0;
}

/** What DeviceDID said, by the name of its error; anything else as it was. */
async function refusalOf(error: unknown): Promise<unknown> {
  const { deviceErrorOf } = await import('../../sdk/errors.ts');
  const refusal = deviceErrorOf(error);
  if (refusal === undefined) return error;
  const values = refusal.args.map((value) => String(value)).join(', ');
  return new ChainError(
    'REGISTRATION_REFUSED',
    `DeviceDID refused the registration: ${refusal.name}(${values})`,
    {},
    { cause: error },
  );
}

export interface ShowOptions {
  readonly rpc: string;
  readonly json?: boolean;
}

/** As gnomon_device answers. */
interface DeviceAnswer {
  readonly did: string;
  readonly status: string;
  readonly controller: string;
  readonly payee: string;
  readonly keys: readonly {
    readonly id: number;
    readonly type: string;
    readonly purposes: readonly string[];
    readonly publicKey: string;
  }[];
  readonly services: readonly { readonly kind: string; readonly endpoint: string }[];
}

export async function show(device: string, options: ShowOptions): Promise<number> {
  const answer = (await rpcCall(options.rpc, 'gnomon_device', [device])) as DeviceAnswer;
  if (options.json === true) {
    printJson(answer);
    return 0;
  }
  print(answer.did);
  printTable([
    ['status', answer.status],
    ['controller', answer.controller],
    ['payee', answer.payee],
    ...answer.keys.map(
      (key) => [`key ${key.id}`, `${key.type} (${key.purposes.join(', ')}) ${key.publicKey}`] as const,
    ),
    ...answer.services.map((service) => [`service ${service.kind}`, service.endpoint] as const),
  ]);
  return 0;
}
