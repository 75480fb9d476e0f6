// The bn254 operations of the EVM (EIP-196, EIP-197): the curve of Groth16 verifiers in Solidity. The object has the form
// that @ethereumjs/evm takes as its `bn254` option. The mcl instance is made when a contract first needs it.
import { ChainError } from '../errors.ts';
import { type Bn254, type NamedBn254, passesBn254SelfTest } from './bn254/backend.ts';
import { createMclBn254 } from './bn254/mclBn254.ts';
import { createNobleBn254 } from './bn254/nobleBn254.ts';

/**
 * The first candidate that can be made and passes its self-test.
 * @throws ChainError `NO_CRYPTO_BACKEND` when none does
 */
export function chooseBn254(
  candidates: readonly (() => NamedBn254)[] = [createMclBn254, createNobleBn254],
): NamedBn254 {
  for (const create of candidates) {
    try {
      const backend = create();
      if (passesBn254SelfTest(backend)) return backend;
    } catch {
      // Not available on this platform: the next one is. `cryptoBackends` tells which was taken.
    }
  }
  throw new ChainError('NO_CRYPTO_BACKEND', 'no implementation of bn254 works on this machine');
}

let chosen: NamedBn254 | undefined;

function backend(): NamedBn254 {
  chosen ??= chooseBn254();
  return chosen;
}

/** The backend of this process, once it has been needed. */
export function bn254BackendInUse(): string | undefined {
  return chosen?.name;
}

export const bn254: Bn254 = {
  add: (input) => backend().add(input),
  mul: (input) => backend().mul(input),
  pairing: (input) => backend().pairing(input),
};
