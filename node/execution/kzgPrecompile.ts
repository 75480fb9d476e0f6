// Point evaluation, the precompile at 0x0a (EIP-4844), on the lazily loaded KZG library. The stock one throws where the
// library has not been loaded.
import type { PrecompileFunc } from '@ethereumjs/evm';
import { EVMError } from '@ethereumjs/evm';
import { bytesToHex, equalBytes, hexToBytes, parseAddress } from '../../primitives/bytes.ts';
import { loadKzg } from '../../primitives/crypto/kzg.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { VERSIONED_HASH_VERSION_KZG } from '../block/transactionLists.ts';
import { asFatal } from './executionErrors.ts';

const GAS = 50_000n;
/** Versioned hash, point, value, commitment, proof. */
const INPUT_BYTES = 192;
/** FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS, one word each. */
const OUTPUT = hexToBytes(
  `0x${(4096).toString(16).padStart(64, '0')}73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001`,
);

const run: PrecompileFunc = async ({ data, gasLimit }) => {
  const halt = {
    executionGasUsed: gasLimit,
    returnValue: new Uint8Array(0),
    exceptionError: new EVMError(EVMError.errorMessages.OUT_OF_GAS),
  };
  if (gasLimit < GAS || data.length !== INPUT_BYTES) return halt;
  const kzg = await loadKzg().catch((error: unknown) => {
    throw asFatal(error);
  });
  const commitment = data.subarray(96, 144);
  const versionedHash = sha256(commitment).slice();
  versionedHash[0] = VERSIONED_HASH_VERSION_KZG;
  if (!equalBytes(versionedHash, data.subarray(0, 32))) return halt;
  const [point, value, proof] = [data.subarray(32, 64), data.subarray(64, 96), data.subarray(144, 192)];
  const isProven = kzg.library.verifyProof(
    bytesToHex(commitment),
    bytesToHex(point),
    bytesToHex(value),
    bytesToHex(proof),
  );
  return isProven ? { executionGasUsed: GAS, returnValue: OUTPUT.slice() } : halt;
};

/** The replacement of the stock precompile. */
export const pointEvaluation: { readonly address: ReturnType<typeof parseAddress>; readonly run: PrecompileFunc } = {
  address: parseAddress('0x000000000000000000000000000000000000000a'),
  run,
};
