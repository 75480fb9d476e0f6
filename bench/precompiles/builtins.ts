// Runs the EVM's own precompiles as blocks run them: the same functions on the same backends, without the interpreter.
import { EVM, NobleBLS, type PrecompileFunc, type PrecompileInput } from '@ethereumjs/evm';
import { commonFor } from '../../node/execution/evmCommon.ts';
import type { ForkRules } from '../../node/execution/forkRules.ts';
import { precompileTable } from '../../node/execution/precompileTable.ts';
import { p256Verify } from '../../precompiles/p256/contract.ts';
import { ZERO_ADDRESS, ZERO_HASH } from '../../primitives/bytes.ts';
import { lazyBls12381 } from '../../primitives/crypto/bls12381.ts';
import { bn254 } from '../../primitives/crypto/bn254.ts';
import { messageOf } from '../../primitives/errors.ts';
import type { BuiltinCase } from './builtinCases.ts';
import { leastMicroseconds, runsFor } from './cpuTime.ts';

const RULES: ForkRules = {
  fork: 'osaka',
  chainId: 1n,
  blobSchedule: undefined,
  depositContractAddress: undefined,
  isGnomon: false,
  allowsImpersonation: false,
};
const GAS_LIMIT = 16_777_216n;

export interface BuiltinMeasurement {
  readonly gas: bigint;
  readonly microseconds: number;
}

/** The precompiles by their address in hex without prefix, and how to call one. */
export class Builtins {
  readonly #functions: ReadonlyMap<string, PrecompileFunc>;
  readonly #input: Omit<PrecompileInput, 'data'>;

  constructor() {
    const common = commonFor(RULES.chainId, RULES.fork);
    this.#functions = precompileTable(RULES, []).functions;
    const evm = new EVM({ common, bn254, bls: lazyBls12381(new NobleBLS()) } as never);
    this.#input = { gasLimit: GAS_LIMIT, common, _EVM: evm };
  }

  async measure(
    { address, name, says, input }: BuiltinCase,
    effort: { readonly rounds: number; readonly roundMs: number },
  ): Promise<BuiltinMeasurement> {
    const run = address === 0x100 ? () => runP256(input) : this.#runner(address, input);
    const first = await run();
    if (first.failure !== undefined) throw new Error(`${name}, ${says}: ${first.failure}`);
    const runs = await runsFor(effort.roundMs, run);
    const microseconds = await leastMicroseconds({ rounds: effort.rounds, runs }, () => undefined, run);
    return { gas: first.gas, microseconds };
  }

  #runner(address: number, data: Uint8Array) {
    const precompile = this.#functions.get(address.toString(16).padStart(40, '0'));
    if (precompile === undefined) throw new Error(`no precompile at ${address}`);
    return async () => {
      const { executionGasUsed, exceptionError } = await precompile({ ...this.#input, data });
      return { gas: executionGasUsed, failure: exceptionError && messageOf(exceptionError) };
    };
  }
}

/** Ours, at the EVM's address and price. */
function runP256(data: Uint8Array): { readonly gas: bigint; readonly failure: string | undefined } {
  const { gasUsed, outcome } = p256Verify.run({
    call: {
      caller: ZERO_ADDRESS,
      origin: ZERO_ADDRESS,
      valueWei: 0n,
      isStatic: true,
      isOwnContext: true,
      depth: 1,
      data,
      gasLimit: GAS_LIMIT,
    },
    block: { number: 1n, timestampSeconds: 1n, blockHash: () => undefined },
    chain: { chainId: RULES.chainId, genesisHash: ZERO_HASH },
    state: undefined as never,
  });
  return { gas: gasUsed, failure: outcome === 'success' ? undefined : outcome };
}
