// State tests (GeneralStateTests of ethereum/tests, state_tests of execution-spec-tests): one transaction on one state.
import type { GenesisAccount } from '../../genesis/chainSpec.ts';
import { asObject } from '../../genesis/fieldReader.ts';
import { parseAlloc } from '../../genesis/parseAlloc.ts';
import { bytesToHex, equalBytes, toAddress, toHash } from '../../primitives/bytes.ts';
import { addressOfPublicKey, publicKeyOf } from '../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import { decodeTransaction, recoverSender, signTransaction, withSender } from '../block/transaction.ts';
import type { AccessListEntry, Authorization, SignedTransaction, TransactionType } from '../block/types.ts';
import { addressOf, bytesOf, integerOf, listOf, reader, wordOf } from './fixtureFields.ts';

/** The block that the transaction runs in. */
export interface FixtureEnvironment {
  readonly number: bigint;
  readonly timestampSeconds: bigint;
  readonly gasLimit: bigint;
  readonly coinbase: Address;
  readonly difficulty: bigint;
  readonly prevRandao: Hash | undefined;
  readonly baseFeePerGas: bigint | undefined;
  readonly excessBlobGas: bigint | undefined;
}

/** One outcome: which of the transaction's variants, and what it must lead to. */
export interface FixtureOutcome {
  readonly fork: string;
  readonly stateRoot: Hash;
  readonly logsHash: Hash;
  readonly expectsRefusal: boolean;
  /** @throws ChainError when the variant is no transaction at all, which counts as refusal */
  transaction(): SignedTransaction;
}

export interface StateFixture {
  readonly name: string;
  readonly chainId: bigint;
  readonly blobSchedule: unknown;
  readonly environment: FixtureEnvironment;
  readonly alloc: readonly GenesisAccount[];
  readonly outcomes: readonly FixtureOutcome[];
}

/** @throws ChainError of the field readers: not a state test */
export function parseStateFixture(name: string, value: unknown): StateFixture {
  const fields = reader(value, name);
  const config = reader(fields.optional('config') ?? {}, `${name}.config`);
  const chainId = integerOf(config.optional('chainid') ?? '0x1', 'chainid');
  const transaction = asObject(fields.required('transaction', 'a transaction'), `${name}.transaction`);
  const outcomes = Object.entries(asObject(fields.required('post', 'outcomes by fork'), `${name}.post`)).flatMap(
    ([fork, list]) => listOf(list, fork).map((outcome) => parseOutcome(fork, outcome, transaction, chainId)),
  );
  return {
    name,
    chainId,
    blobSchedule: config.optional('blobSchedule'),
    environment: parseEnvironment(fields.required('env', 'a block'), `${name}.env`),
    alloc: parseAlloc(fields.required('pre', 'accounts'), false),
    outcomes,
  };
}

function parseEnvironment(value: unknown, path: string): FixtureEnvironment {
  const fields = reader(value, path);
  const integer = (name: string) => integerOf(fields.required(name, 'a number'), fields.at(name));
  const optional = (name: string) => {
    const given = fields.optional(name);
    return given === undefined ? undefined : integerOf(given, fields.at(name));
  };
  const random = fields.optional('currentRandom');
  return {
    number: integer('currentNumber'),
    timestampSeconds: integer('currentTimestamp'),
    gasLimit: integer('currentGasLimit'),
    coinbase:
      addressOf(fields.optional('currentCoinbase'), fields.at('currentCoinbase')) ?? toAddress(new Uint8Array(20)),
    difficulty: optional('currentDifficulty') ?? 0n,
    prevRandao: random === undefined ? undefined : toHash(wordOf(random, fields.at('currentRandom'))),
    baseFeePerGas: optional('currentBaseFee'),
    excessBlobGas: optional('currentExcessBlobGas'),
  };
}

function parseOutcome(fork: string, value: unknown, transaction: object, chainId: bigint): FixtureOutcome {
  const fields = reader(value, `post.${fork}`);
  const indexes = reader(fields.required('indexes', 'the variant'), fields.at('indexes'));
  const index = (name: string) => Number(integerOf(indexes.required(name, 'a number'), indexes.at(name), 0xffff_ffffn));
  const bytes = fields.optional('txbytes');
  const expectsRefusal = fields.optional('expectException') !== undefined;
  return {
    fork,
    stateRoot: toHash(wordOf(fields.required('hash', 'a root'), fields.at('hash'))),
    logsHash: toHash(wordOf(fields.required('logs', 'a hash'), fields.at('logs'))),
    expectsRefusal,
    transaction() {
      const variant = { data: index('data'), gas: index('gas'), value: index('value') };
      // Some that must be refused cannot be encoded, and their bytes stand for something else.
      if (bytes === undefined) return build(transaction, variant, chainId);
      const decoded = decodeTransaction(bytesOf(bytes, fields.at('txbytes')));
      const signed = withSender(decoded, recoverSender(decoded));
      return expectsRefusal ? signed : requireSender(signed, transaction);
    },
  };
}

function requireSender(signed: SignedTransaction, transaction: object): SignedTransaction {
  const named = addressOf(reader(transaction, 'transaction').optional('sender'), 'transaction.sender');
  if (named !== undefined && !equalBytes(named, signed.sender)) {
    const [expected, got] = [bytesToHex(named), bytesToHex(signed.sender)];
    throw new ChainError('SENDER_MISMATCH', `sender: expected ${expected}, got ${got}`);
  }
  return signed;
}

interface Variant {
  readonly data: number;
  readonly gas: number;
  readonly value: number;
}

/** The variant by its fields, signed with the key that the fixture gives. */
function build(value: object, variant: Variant, chainId: bigint): SignedTransaction {
  const fields = reader(value, 'transaction');
  const integer = (name: string) => {
    const given = fields.optional(name);
    return given === undefined ? undefined : integerOf(given, fields.at(name));
  };
  const pick = (name: string, index: number) => listOf(fields.required(name, 'variants'), fields.at(name))[index];
  const lists = fields.optional('accessLists');
  const authorizations = fields.optional('authorizationList');
  const hashes = fields.optional('blobVersionedHashes');
  const gasPrice = integer('gasPrice');
  const maxFeePerGas = integer('maxFeePerGas') ?? gasPrice ?? 0n;
  const type: TransactionType =
    authorizations !== undefined
      ? 4
      : hashes !== undefined
        ? 3
        : gasPrice === undefined
          ? 2
          : lists !== undefined
            ? 1
            : 0;
  const key = wordOf(fields.required('secretKey', 'a private key'), fields.at('secretKey'));
  const unsigned = {
    type,
    chainId: type === 0 ? undefined : chainId,
    nonce: integer('nonce') ?? 0n,
    gasLimit: integerOf(pick('gasLimit', variant.gas), fields.at('gasLimit')),
    maxFeePerGas,
    maxPriorityFeePerGas: integer('maxPriorityFeePerGas') ?? maxFeePerGas,
    to: addressOf(fields.optional('to'), fields.at('to')),
    value: integerOf(pick('value', variant.value), fields.at('value')),
    data: bytesOf(pick('data', variant.data), fields.at('data')),
    accessList: lists === undefined ? [] : parseAccessList(listOf(lists, 'accessLists')[variant.data] ?? []),
    authorizationList:
      authorizations === undefined ? [] : listOf(authorizations, 'authorizationList').map(parseAuthorization),
    blobVersionedHashes:
      hashes === undefined ? [] : listOf(hashes, 'blobVersionedHashes').map((hash) => toHash(wordOf(hash, 'hash'))),
    maxFeePerBlobGas: integer('maxFeePerBlobGas') ?? 0n,
  };
  return withSender(signTransaction(unsigned, key), addressOfPublicKey(publicKeyOf(key)));
}

function parseAccessList(value: unknown): AccessListEntry[] {
  return listOf(value, 'accessList').map((entry) => {
    const fields = reader(entry, 'accessList');
    const address = addressOf(fields.required('address', 'an address'), 'accessList.address');
    if (address === undefined) throw new ChainError('INVALID_FIXTURE', 'accessList: expected an address');
    const storageKeys = listOf(fields.required('storageKeys', 'slots'), 'storageKeys').map((slot) =>
      wordOf(slot, 'slot'),
    );
    return { address, storageKeys };
  });
}

function parseAuthorization(value: unknown): Authorization {
  const fields = reader(value, 'authorizationList');
  const integer = (name: string) => integerOf(fields.required(name, 'a number'), fields.at(name));
  return {
    chainId: integer('chainId'),
    address: addressOf(fields.required('address', 'an address'), 'address') ?? toAddress(new Uint8Array(20)),
    nonce: integer('nonce'),
    yParity: integerOf(fields.optional('yParity') ?? fields.required('v', 'a parity'), 'yParity'),
    r: integer('r'),
    s: integer('s'),
  };
}
