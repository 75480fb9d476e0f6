// Blocks of random calls to all precompiles in force, native and Ethereum's own: as transactions and from contracts, by every
// opcode, nested, reverted, with value. Two nodes must agree, the stock VM too, and the coin is conserved to the wei.
import fc from 'fast-check';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { createAddress } from '../../node/block/createAddress.ts';
import { signTransaction, type UnsignedTransaction } from '../../node/block/transaction.ts';
import { bytesToHex, concatBytes, EMPTY_BYTES, hexToBytes } from '../../primitives/bytes.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { KEY_KINDS } from '../../test/precompiles/support/deviceKeys.ts';
import { DidChain, didData } from '../../test/precompiles/support/didChain.ts';
import { type CallMaterial, FAR_DEADLINE, someCall } from '../precompiles/callData.ts';
import { ChainPair, GENESIS_SECONDS } from '../precompiles/chainPair.ts';
import { programOf } from '../precompiles/program.ts';
import { FuzzRandom } from '../random.ts';
import type { FuzzTarget } from '../target.ts';

const CHAIN_ID = 4766n;
/** One block: programs of so many calls each, and calls as transactions of their own. */
const PROGRAMS = 3;
const CALLS_PER_PROGRAM = 16;
const DIRECT_CALLS = 16;
export const CALLS_PER_BLOCK = PROGRAMS * CALLS_PER_PROGRAM + DIRECT_CALLS;
/** Together under the half of a block, so that the base fee does not run away. */
const PROGRAM_GAS = 3_500_000n;
const DIRECT_GAS = 1_000_000n;
/** So many blocks go to the second opinion together. */
const VERIFY_EVERY = 32;

const ACCOUNTS = DEV_ACCOUNTS.slice(0, 6);

/** Registrations that hold on this chain when their controller sends them. */
function materialFor(genesisHash: Uint8Array): CallMaterial {
  const did = new DidChain();
  did.host.chainId = CHAIN_ID;
  did.host.genesisHash = genesisHash as typeof did.host.genesisHash;
  did.host.timestampSeconds = GENESIS_SECONDS;
  return ACCOUNTS.map(({ address, privateKey }) => {
    const keys = Object.entries(KEY_KINDS).flatMap(([kind, make]) =>
      [1, 2, 3].map((serial) => make(`${kind} ${serial} of ${Buffer.from(address).toString('hex')}`)),
    );
    const auth = { ...did.direct(address), deadline: FAR_DEADLINE };
    const input = { controller: address, deadline: FAR_DEADLINE };
    return {
      address,
      identities: keys.map((key) => did.identityOf(key)),
      registrations: keys.flatMap((key) => {
        // Anyone may send what its controller signed: so contracts register too.
        const digest = hexToBytes(did.registerPayload(key, input).digest) as Hash;
        const { signature, recovery } = signDigest(digest, privateKey);
        const sig = bytesToHex(concatBytes(signature, Uint8Array.of(27 + recovery)));
        return [auth, { ...auth, sig }].map((by) => didData('register', did.registerArgs(key, input, by)));
      }),
    };
  });
}

class Maker {
  readonly #material: CallMaterial;
  readonly #nonces: bigint[] = ACCOUNTS.map(() => 0n);

  constructor(genesisHash: Uint8Array) {
    this.#material = materialFor(genesisHash);
  }

  /** The transactions of one block. */
  transactions(random: FuzzRandom, maxFeePerGas: bigint): Uint8Array[] {
    const raws: Uint8Array[] = [];
    for (let i = 0; i < PROGRAMS; i++) raws.push(this.#program(random, maxFeePerGas));
    for (let i = 0; i < DIRECT_CALLS; i++) raws.push(this.#direct(random, maxFeePerGas));
    return raws;
  }

  #program(random: FuzzRandom, maxFeePerGas: bigint): Uint8Array {
    const index = random.below(ACCOUNTS.length);
    const caller = createAddress(ACCOUNTS[index]?.address as Address, this.#nonces[index] as bigint);
    const calls = Array.from({ length: CALLS_PER_PROGRAM }, () => someCall(random, this.#material, caller));
    const data = programOf(random, calls);
    return this.#sign(index, { data, gasLimit: PROGRAM_GAS, value: 100_000n, maxFeePerGas });
  }

  #direct(random: FuzzRandom, maxFeePerGas: bigint): Uint8Array {
    const index = random.below(ACCOUNTS.length);
    const { to, data } = someCall(random, this.#material, ACCOUNTS[index]?.address as Address);
    const value = random.pick([0n, 0n, 0n, 1n, 10n ** 15n]);
    return this.#sign(index, { to, data, gasLimit: DIRECT_GAS, value, maxFeePerGas });
  }

  #sign(index: number, fields: Partial<UnsignedTransaction> & { maxFeePerGas: bigint }): Uint8Array {
    const account = ACCOUNTS[index] as (typeof ACCOUNTS)[number];
    const nonce = this.#nonces[index] as bigint;
    this.#nonces[index] = nonce + 1n;
    const unsigned: UnsignedTransaction = {
      type: 2,
      chainId: CHAIN_ID,
      nonce,
      gasLimit: DIRECT_GAS,
      maxPriorityFeePerGas: 1n,
      to: undefined,
      value: 0n,
      data: EMPTY_BYTES,
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
      ...fields,
    };
    return signTransaction(unsigned, account.privateKey).raw;
  }
}

async function openChain(): Promise<{ pair: ChainPair; maker: Maker }> {
  const pair = await ChainPair.open();
  const genesis = pair.first.chain.headerByNumber(0n);
  return { pair, maker: new Maker(genesis?.hash ?? EMPTY_BYTES) };
}

export const precompileCallsTarget: FuzzTarget = {
  name: 'precompiles',
  about: `blocks of ${CALLS_PER_BLOCK} random calls to all precompiles on two nodes, held against each other and the stock VM`,
  shape: 'bytes',
  inputBytesMax: 8,
  inputBudgetMs: 60_000,
  testExecutions: 6,
  open: async () => {
    let { pair, maker } = await openChain();
    let blocks = 0;
    return {
      corpus: [],
      // An input is the seed of a block.
      structures: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      async check(input) {
        const seed = input.reduce((mixed, byte) => (Math.imul(mixed, 31) + byte) | 0, 7);
        const baseFee = pair.first.nextBaseFee() ?? 0n;
        await pair.makeBlock(maker.transactions(new FuzzRandom(seed), 2n * baseFee + 1n));
        if (++blocks % VERIFY_EVERY === 0) await pair.verify();
        return `accepted`;
      },
      async reset() {
        await pair.close();
        ({ pair, maker } = await openChain());
      },
      async close() {
        await pair.verify();
        await pair.close();
      },
    };
  },
};
