#!/usr/bin/env node
// The `gnomon` command: what it can do and how it is called. Each verb is loaded when it is used, so that starting is quick.
import { Command, InvalidArgumentError } from 'commander';
import { printFailure } from './output.ts';
import { DEFAULT_RPC_URL } from './rpcClient.ts';
import { Interrupted } from './stopSignals.ts';
import { VERSION } from './version.ts';

type Run = (...args: never[]) => Promise<number>;

/** Runs a verb and turns its end into the exit code. */
function act(load: () => Promise<Run>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    try {
      const run = (await load()) as (...values: unknown[]) => Promise<number>;
      // Commander adds itself as the last argument.
      process.exitCode = await run(...args.slice(0, -1));
    } catch (error) {
      printFailure(error);
      process.exitCode = error instanceof Interrupted ? error.exitCode : 1;
    }
  };
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  if (value === '') throw new InvalidArgumentError('it is empty');
  return [...previous, value];
}

const HOME = ['--home <dir>', 'where the node lives (default: $GNOMON_HOME or ~/.gnomon)'] as const;
/** Flags as geth's. */
function addMetrics(command: Command): Command {
  return command
    .option('--metrics', 'serve Prometheus metrics')
    .option('--metrics.addr <host>', 'address to serve them on (default: 127.0.0.1)')
    .option('--metrics.port <port>', 'port to serve them on (default: 6060)');
}

const MEMORY = ['--memory <mib>', 'memory to stay within, in MiB: sizes caches and pool (default: 1024)'] as const;
const JOURNAL = [
  '--txpool.journal <yes>',
  'true or false: keep the pool of a home over restarts (default: true)',
] as const;
const JSON_OUTPUT = ['--json', 'print JSON'] as const;

function addChainCommands(program: Command): void {
  const dev = program
    .command('dev')
    .description('run a development chain: funded accounts, instant blocks, gone at the end')
    .option('--home <dir>', 'keep the chain there instead of in memory')
    .option('--http.addr, --host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--http.port, --port <port>', 'port of HTTP and WebSocket (default: 8545)')
    .option('--block-time <seconds>', 'make a block every so many seconds instead of on every transaction')
    .option('--gas-limit <gas>', 'gas limit of the blocks of a new chain (default: 30000000)')
    .option('--no-mining', 'make blocks only when asked (evm_mine)')
    .option(...MEMORY)
    .option(...JOURNAL)
    .option('--silent', 'print nothing')
    .option('--verbosity, --log.level <level>', 'silent, error, warn, info, debug or trace, or 0 to 5')
    .option('--log.format, --log-format <format>', 'text or json')
    .option('--fork-url <url>', 'not supported; says why');
  addMetrics(dev).action(act(async () => (await import('./commands/dev.ts')).dev as Run));
  program
    .command('init')
    .description('make a home directory with a new chain, or with the chain of a genesis file')
    .option(...HOME)
    .option('--chain-id <id>', 'chain id of a new chain')
    .option('--genesis <file>', 'genesis.json to take instead')
    .option('--state.mode <mode>', 'archive or pruned (default: archive)')
    .option('--state.keep_blocks <count>', 'how many states a pruned node keeps (default: 1024)')
    .action(act(async () => (await import('./commands/chain.ts')).init as Run));
  const start = program
    .command('start')
    .description('run the node of a home directory')
    .option(...HOME)
    .option('--http.addr <host>', 'address to listen on')
    .option('--http.port <port>', 'port of HTTP and WebSocket')
    .option('--http.corsdomain <list>', 'browser origins that may call, separated by commas')
    .option('--http.vhosts <list>', 'Host names that are answered, separated by commas')
    .option(...MEMORY)
    .option(...JOURNAL)
    .option('--verbosity, --log.level <level>', 'silent, error, warn, info, debug or trace, or 0 to 5')
    .option('--log.format <format>', 'text or json');
  addMetrics(start).action(act(async () => (await import('./commands/chain.ts')).start as Run));
  program
    .command('import')
    .description('import blocks from chain files (RLP), with every check on')
    .argument('<files...>', 'chain.rlp …')
    .option(...HOME)
    .option('--genesis <file>', 'genesis.json of the chain, when the home is new')
    .option('--expect-head <hash>', 'fail unless the head has this hash at the end')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/chain.ts')).importChain as Run));
  program
    .command('export')
    .description('write blocks to a chain file (RLP)')
    .argument('<file>', 'file to make')
    .option(...HOME)
    .option('--from <block>', 'first block (default: the first after genesis)')
    .option('--to <block>', 'last block (default: the head)')
    .action(act(async () => (await import('./commands/chain.ts')).exportChain as Run));
  program
    .command('rollback')
    .description('go back to an earlier block (default: by one)')
    .option(...HOME)
    .option('--to <block>', 'the block that becomes the head')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/chain.ts')).rollback as Run));
}

function addStateCommands(program: Command): void {
  program
    .command('prune')
    .description('forget the states of old blocks of a stopped node, and give their space back')
    .option(...HOME)
    .option('--keep-blocks <count>', 'how many of the newest blocks keep their state (default: state.keep_blocks)')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/prune.ts')).prune as Run));
  program
    .command('export-state')
    .description('write the state of a stopped node at a block, as the genesis file of a chain that begins with it')
    .option(...HOME)
    .option('--block <block>', 'the block (default: the head)')
    .option('--output <file>', 'file to make (default: standard output)')
    .option('--format <format>', 'genesis, or dump: what geth dump prints (default: genesis)')
    .action(act(async () => (await import('./commands/exportState.ts')).exportState as Run));
}

function addCheckCommands(program: Command): void {
  program
    .command('verify')
    .description('execute the chain of a stopped node again by a second implementation, and compare everything')
    .option(...HOME)
    .option('--from <block>', 'first block (default: the first after genesis); begins with the stored state before it')
    .option('--to <block>', 'last block (default: the head)')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/verify.ts')).verify as Run));
  const testing = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<paths...>', 'fixture files, or directories of them')
      .option('--run <regex>', 'only tests whose name matches')
      .option('--fork <name>', 'only outcomes of this fork, by its name in the fixtures')
      .option('--human', 'one line a test instead of a JSON array')
      .option('--json', 'print a JSON array (the default)');
  testing('statetest', 'run state tests (ethereum/tests, execution-spec-tests) through our execution').action(
    act(async () => (await import('./commands/fixtures.ts')).stateTest as Run),
  );
  testing('blocktest', 'run block tests through our import').action(
    act(async () => (await import('./commands/fixtures.ts')).blockTest as Run),
  );
}

function addGenesisCommands(program: Command): void {
  const genesis = program.command('genesis').description('make and check genesis files');
  genesis
    .command('new')
    .description('make a genesis file')
    .argument('<file>', 'file to make')
    .requiredOption('--chain-id <id>', 'chain id')
    .option('--account <address=amount>', 'fund an account, such as 0x…=1000gnm; may repeat', collect)
    .option('--block-time-ms <ms>', 'time between blocks in milliseconds (default: 1000)')
    .option('--fee-recipient <address>', 'who is paid the tips')
    .option('--timestamp <seconds>', 'time of block 0 (default: now)')
    .action(act(async () => (await import('./commands/genesis.ts')).newFile as Run));
  genesis
    .command('add-account')
    .description('fund an account in a genesis file')
    .argument('<address>')
    .argument('<amount>', 'such as 1000gnm')
    .option(...HOME)
    .option('--genesis <file>', 'the file, instead of that of the home')
    .action(act(async () => (await import('./commands/genesis.ts')).addAccount as Run));
  genesis
    .command('validate')
    .description('check a genesis file and print what it makes')
    .argument('<file>')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/genesis.ts')).validate as Run));
  genesis
    .command('hash')
    .description('print the genesis hash and the spec hash')
    .option(...HOME)
    .option('--genesis <file>', 'the file, instead of that of the home')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/genesis.ts')).hash as Run));
}

function addKeyCommands(program: Command): void {
  const PASSWORD = ['--password-file <file>', 'read the password from a file instead of asking'] as const;
  const LIGHT = ['--light', 'derive the key with little work: for tests only'] as const;
  const load = async () => import('./commands/keys.ts');
  const keys = program.command('keys').description('accounts in keystore files (Web3 secret storage v3)');
  keys
    .command('new')
    .description('make a new account')
    .option(...HOME)
    .option(...PASSWORD)
    .option(...LIGHT)
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).create as Run));
  keys
    .command('list')
    .description('list the accounts')
    .option(...HOME)
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).list as Run));
  keys
    .command('show')
    .description('show an account')
    .argument('<address>')
    .option(...HOME)
    .option(...PASSWORD)
    .option('--private-key', 'show the private key too; whoever sees it owns the account')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).show as Run));
  keys
    .command('import')
    .description('take over a private key in hex, or a keystore file')
    .argument('<file>')
    .option(...HOME)
    .option(...PASSWORD)
    .option(...LIGHT)
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).importKey as Run));
  keys
    .command('export')
    .description('copy out a keystore file')
    .argument('<address>')
    .option(...HOME)
    .option('--out <file>', 'file to make (default: standard output)')
    .action(act(async () => (await load()).exportKey as Run));
}

function addDeviceCommands(program: Command): void {
  const RPC = ['--rpc <url>', 'JSON-RPC of a running node', DEFAULT_RPC_URL] as const;
  const load = async () => import('./commands/device.ts');
  const device = program.command('device').description('device keys, and their identities on a chain');
  device
    .command('keygen')
    .description('make a device key in a file (not encrypted: for simulated devices)')
    .argument('<file>', 'file to make')
    .requiredOption('--type <type>', 'p256, secp256k1, ed25519 or babyjubjub')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).keygen as Run));
  device
    .command('register')
    .description('register a device: its key signs, an account pays and becomes the controller')
    .requiredOption('--key <file>', 'device key file')
    .option(...RPC)
    .option('--account <address>', 'account in the keystore (default on a dev chain: its first account)')
    .option(...HOME)
    .option('--password-file <file>', 'read the password of the account from a file')
    .option('--payee <address>', 'who is paid for the device (default: the controller)')
    .option('--bond <amount>', 'bond to lock, such as 1gnm (default: none)')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).register as Run));
  device
    .command('show')
    .description('show a device by its DID or address')
    .argument('<device>')
    .option(...RPC)
    .option(...JSON_OUTPUT)
    .action(act(async () => (await load()).show as Run));
}

function addInfoCommands(program: Command): void {
  program
    .command('doctor')
    .description('look for what is wrong with the machine, a home or a running node, and say what to do')
    .option(...HOME)
    .option('--rpc <url>', 'JSON-RPC of a running node (default: where the settings put it)')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/doctor.ts')).doctor as Run));
  program
    .command('precompiles')
    .description('list the native contracts with their gas')
    .option('--home <dir>', 'those of the chain there (default: of a dev chain)')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/info.ts')).precompiles as Run));
  program
    .command('version')
    .description('print the version and the cryptography in use')
    .option(...JSON_OUTPUT)
    .action(act(async () => (await import('./commands/info.ts')).version as Run));
}

// Whoever reads may have read enough: `gnomon precompiles | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  printFailure(error);
  process.exit(1);
});
// What cannot be told is no reason to stop.
process.stderr.on('error', () => undefined);

const program = new Command('gnomon')
  .description('A lightweight EVM Layer-1 node with native contracts for devices')
  .version(VERSION, '-V, --version', 'print the version')
  .showHelpAfterError('(gnomon --help lists what there is)')
  .configureHelp({ sortSubcommands: false });
addChainCommands(program);
addStateCommands(program);
addCheckCommands(program);
addGenesisCommands(program);
addKeyCommands(program);
addDeviceCommands(program);
addInfoCommands(program);
await program.parseAsync();
