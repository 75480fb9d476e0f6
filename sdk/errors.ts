// Why DeviceDID refused, by the name of its custom error.
import { BaseError, type ContractErrorName, ContractFunctionRevertedError } from 'viem';
import type { deviceDidAbi } from '../precompiles/did/abi.ts';

/** The custom errors of DeviceDID and of every native contract. */
export type DeviceErrorName = ContractErrorName<typeof deviceDidAbi>;

/** A refusal, with its arguments in the order of the ABI. */
export interface DeviceError {
  readonly name: DeviceErrorName;
  readonly args: readonly unknown[];
}

/**
 * The custom error behind whatever an action threw; undefined when the chain did not refuse by one, as when the node could
 * not be reached, or gas ran out.
 */
export function deviceErrorOf(error: unknown): DeviceError | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError) || reverted.data === undefined) return undefined;
  const { errorName, args = [] } = reverted.data;
  return { name: errorName as DeviceErrorName, args };
}
