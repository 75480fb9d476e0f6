// `gnomon genesis new|add-account|validate|hash`: genesis files in geth's format.
import { existsSync, readFileSync } from 'node:fs';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { genesisHeader } from '../../genesis/genesisHeader.ts';
import { parseGenesisText } from '../../genesis/genesisText.ts';
import { networkGenesis } from '../../genesis/networkGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { formatGenesis, serializeGenesis } from '../../genesis/serializeGenesis.ts';
import { hashHeader } from '../../node/block/header.ts';
import { genesisRoot } from '../../node/chain/chain.ts';
import { bytesToHex, equalBytes, parseAddress } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../primitives/checksum.ts';
import { ChainError } from '../../primitives/errors.ts';
import { createWholeFile, replaceWholeFile } from '../../primitives/wholeFile.ts';
import { homeAt, readSpec } from '../home.ts';
import { print, printJson, printTable } from '../output.ts';
import { formatGnm, parseAmount, parseChainId, parseWhole } from '../values.ts';

export interface NewOptions {
  readonly chainId?: string;
  readonly blockTimeMs?: string;
  readonly feeRecipient?: string;
  readonly account?: readonly string[];
  readonly timestamp?: string;
}

/** `0x…=1000gnm` */
function parseFunding(text: string) {
  const [address, amount, ...more] = text.split('=');
  if (address === undefined || amount === undefined || more.length > 0) {
    throw new ChainError('INVALID_ARGUMENT', `--account must be ADDRESS=AMOUNT, such as 0x…=1000gnm, got "${text}"`);
  }
  return { address: parseAddress(address), balanceWei: parseAmount(amount, '--account') };
}

export async function newFile(file: string, options: NewOptions): Promise<number> {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const json = networkGenesis({
    chainId: parseChainId(options.chainId),
    accounts: (options.account ?? []).map(parseFunding),
    blockTimeMs: Number(parseWhole(options.blockTimeMs ?? '1000', '--block-time-ms', 3_600_000n)),
    timestampSeconds: options.timestamp === undefined ? now : parseWhole(options.timestamp, '--timestamp', 2n ** 40n),
    ...(options.feeRecipient === undefined ? {} : { feeRecipient: parseAddress(options.feeRecipient) }),
  });
  createWholeFile(file, formatGenesis(json));
  print(`Wrote ${file}`);
  printSummary(parseGenesis(json));
  return 0;
}

export interface FileOptions {
  readonly genesis?: string;
  readonly home?: string;
  readonly json?: boolean;
}

function fileOf({ genesis, home }: FileOptions): string {
  return genesis ?? homeAt(home).genesisFile;
}

export async function addAccount(address: string, amount: string, options: FileOptions): Promise<number> {
  const file = fileOf(options);
  if (options.genesis === undefined && existsSync(homeAt(options.home).databaseDirectory)) {
    throw new ChainError(
      'CHAIN_ALREADY_STARTED',
      `the chain in ${homeAt(options.home).directory} has started: its genesis cannot change any more; make a new home with "gnomon init"`,
    );
  }
  const spec = readSpec(file);
  const parsed = parseAddress(address);
  if (spec.alloc.some((account) => equalBytes(account.address, parsed))) {
    throw new ChainError('DUPLICATE_ACCOUNT', `${file} has ${checksumAddress(parsed)} already; edit its balance there`);
  }
  const json = parseGenesisText(readFileSync(file, 'utf8')) as { alloc: Record<string, unknown> };
  const balance = `0x${parseAmount(amount, 'the amount').toString(16)}`;
  const changed = { ...json, alloc: { ...json.alloc, [bytesToHex(parsed)]: { balance } } };
  const text = formatGenesis(serializeGenesis(parseGenesis(changed)));
  replaceWholeFile(file, text);
  print(`${checksumAddress(parsed)} has ${formatGnm(BigInt(balance))} in ${file}`);
  return 0;
}

export async function validate(file: string, options: FileOptions): Promise<number> {
  const spec = readSpec(file);
  if (options.json === true) printJson(summaryOf(spec));
  else {
    print(`${file} is valid`);
    printSummary(spec);
  }
  return 0;
}

export async function hash(options: FileOptions): Promise<number> {
  const { genesisHash, specHash } = summaryOf(readSpec(fileOf(options)));
  if (options.json === true) printJson({ genesisHash, specHash });
  else
    printTable([
      ['genesis', genesisHash],
      ['spec', specHash],
    ]);
  return 0;
}

function summaryOf(spec: ChainSpec) {
  const stateRoot = genesisRoot(spec);
  const total = spec.alloc.reduce((sum, account) => sum + account.balanceWei, 0n);
  return {
    chainId: spec.chainId,
    kind:
      spec.gnomon === undefined ? 'plain Ethereum chain' : spec.gnomon.devChain ? 'Gnomon dev chain' : 'Gnomon network',
    accounts: spec.alloc.length,
    supplyWei: total,
    genesisHash: bytesToHex(hashHeader(genesisHeader(spec, stateRoot))),
    stateRoot: bytesToHex(stateRoot),
    specHash: bytesToHex(spec.specHash),
    precompiles: (spec.gnomon?.precompiles ?? []).map(({ name, version, timestampSeconds }) => ({
      name,
      version,
      timestampSeconds,
    })),
  };
}

function printSummary(spec: ChainSpec): void {
  const summary = summaryOf(spec);
  printTable([
    ['chain id', summary.chainId.toString()],
    ['kind', summary.kind],
    ['accounts', summary.accounts.toString()],
    ['supply', formatGnm(summary.supplyWei)],
    ['genesis', summary.genesisHash],
    ['state root', summary.stateRoot],
    ['spec', summary.specHash],
  ]);
}
