// Where DeviceDID is and what it speaks, in the form that viem and ethers take.
import { deviceDidAbi } from '../precompiles/did/abi.ts';

/** The address of the native contract DeviceDID on every Gnomon chain. */
export const DEVICE_DID_ADDRESS = '0x0000000000000000000000000000000000000d01';

/** Address and ABI together: `readContract({ ...deviceDidContract, functionName, args })`. */
export const deviceDidContract = { address: DEVICE_DID_ADDRESS, abi: deviceDidAbi } as const;

export const ZERO_WORD = '0x0000000000000000000000000000000000000000000000000000000000000000';
