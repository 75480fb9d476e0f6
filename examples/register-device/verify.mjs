// Reads a device by proof instead of by trust: block hash → header → state root → account → storage slots.
//   node examples/register-device/verify.mjs <did> [URL of a node]
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import {
  createPublicClient,
  encodeAbiParameters,
  hexToBytes,
  http,
  keccak256,
  numberToHex,
  parseAbiParameters,
} from 'viem';
import { DEVICE_DID_ADDRESS } from '../../dist/sdk/deviceDid.js';
import { parseDid } from '../../dist/sdk/did.js';

const { identity } = parseDid(process.argv[2] ?? '');
const client = createPublicClient({ transport: http(process.argv[3] ?? 'http://127.0.0.1:8545') });

// Solidity's layout: mapping(address => Identity) at slot 0; in Identity the keys are a mapping at word 10.
const mappingSlot = (key, slot) =>
  BigInt(keccak256(encodeAbiParameters(parseAbiParameters('uint256, uint256'), [key, slot])));
const base = mappingSlot(BigInt(identity), 0n);
const key1 = mappingSlot(1n, base + 10n);
const names = { head: base, owner: base + 1n, payee: base + 2n, key: key1, x: key1 + 1n, y: key1 + 2n };
const slots = Object.values(names).map((slot) => numberToHex(slot, { size: 32 }));

// The block hash is what one must know from elsewhere. The header hashes to it and holds the state root.
const block = await client.getBlock();
const header = await client.request({ method: 'debug_getRawHeader', params: [numberToHex(block.number)] });
if (keccak256(header) !== block.hash) throw new Error('the header is not that of the block');
const stateRoot = RLP.decode(hexToBytes(header))[3];

const proof = await client.getProof({ address: DEVICE_DID_ADDRESS, storageKeys: slots, blockNumber: block.number });
const prove = (root, key, nodes) =>
  verifyMerkleProof(
    hexToBytes(key),
    nodes.map((node) => hexToBytes(node)),
    { root, useKeyHashing: true },
  );
const account = await prove(stateRoot, DEVICE_DID_ADDRESS, proof.accountProof);
if (account === null) throw new Error('DeviceDID is not in the state');
const storageRoot = RLP.decode(account)[2];

const words = {};
for (const [index, name] of Object.keys(names).entries()) {
  const entry = proof.storageProof[index];
  if (BigInt(entry.key) !== BigInt(slots[index])) throw new Error(`the node proved another slot than ${name}`);
  const value = await prove(storageRoot, slots[index], entry.proof);
  words[name] = value === null ? 0n : BigInt(`0x${Buffer.from(RLP.decode(value)).toString('hex') || '0'}`);
}

// Fields of packed words stand from the lowest bits up.
const bits = (word, offset, length) => (word >> BigInt(offset)) & ((1n << BigInt(length)) - 1n);
const address = (word) => numberToHex(bits(word, 0, 160), { size: 20 });
const device = {
  block: block.hash,
  stateRoot: `0x${Buffer.from(stateRoot).toString('hex')}`,
  identity,
  status: ['none', 'active', 'suspended', 'deactivated'][Number(bits(words.head, 0, 8))],
  controller: address(words.owner),
  payee: address(words.payee),
  registeredAt: new Date(Number(bits(words.payee, 160, 40)) * 1000).toISOString(),
  keyType: ['none', 'secp256k1', 'P-256', 'Ed25519', 'BabyJubJub'][Number(bits(words.key, 0, 8))],
  publicKey: numberToHex((words.x << 256n) | words.y, { size: 64 }),
};
console.log(JSON.stringify(device, undefined, 2));
