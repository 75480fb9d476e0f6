// The state root and block hash of a spec, made with @ethereumjs only: the node's own state is not involved.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMPT, MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Account } from '@ethereumjs/util';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { genesisHeader } from '../../genesis/genesisHeader.ts';
import { bigIntToBytes, bytesToHex, stripZeros, toHash } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Hash } from '../../primitives/types.ts';

export async function stateRootOf(spec: ChainSpec): Promise<Hash> {
  const trie = new MerklePatriciaTrie({ useKeyHashing: true });
  for (const { address, balanceWei, nonce, code, storage } of spec.alloc) {
    const slots = await createMPT({ useKeyHashing: true });
    for (const { slot, value } of storage) await slots.put(slot, RLP.encode(stripZeros(value)));
    const account = new Account(nonce, balanceWei, slots.root(), keccak256(code));
    await trie.put(address, account.serialize());
  }
  return toHash(trie.root());
}

/** The hash of block 0, encoded here field by field. */
export async function genesisHashOf(spec: ChainSpec): Promise<string> {
  const header = genesisHeader(spec, await stateRootOf(spec));
  const fields: (Uint8Array | undefined)[] = [
    header.parentHash,
    header.ommersHash,
    header.coinbase,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    bigIntToBytes(header.difficulty),
    bigIntToBytes(header.number),
    bigIntToBytes(header.gasLimit),
    bigIntToBytes(header.gasUsed),
    bigIntToBytes(header.timestampSeconds),
    header.extraData,
    header.mixHash,
    header.nonce,
    header.baseFeePerGas === undefined ? undefined : bigIntToBytes(header.baseFeePerGas),
    header.withdrawalsRoot,
    header.blobGasUsed === undefined ? undefined : bigIntToBytes(header.blobGasUsed),
    header.excessBlobGas === undefined ? undefined : bigIntToBytes(header.excessBlobGas),
    header.parentBeaconBlockRoot,
    header.requestsHash,
  ];
  return bytesToHex(keccak256(RLP.encode(fields.filter((field) => field !== undefined))));
}

/** A file of the shared vectors, or undefined where they are absent. */
export function sharedVector(path: string): Buffer | undefined {
  const root =
    process.env.GNOMON_VECTORS ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'shared', 'vectors');
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** What `run` throws, as code, path and message. */
export function refusal(run: () => unknown): { code: string; path: string; message: string } {
  try {
    run();
  } catch (error) {
    const { code, data, message } = error as { code: string; data?: { path?: string }; message: string };
    return { code, path: data?.path ?? '', message };
  }
  throw new Error('nothing was refused');
}

/** A small valid plain genesis file; `config` and `top` replace or add fields. */
export function plainGenesis(
  config: Record<string, unknown> = {},
  top: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    config: { chainId: 7, homesteadBlock: 0, ...config },
    gasLimit: '0x1000000',
    difficulty: '0x20000',
    alloc: { '0x00000000000000000000000000000000000000aa': { balance: '0x1' } },
    ...top,
  };
}
