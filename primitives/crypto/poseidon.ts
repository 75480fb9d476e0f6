// Poseidon over the scalar field of bn254 with circomlib's constants, so that chain and circuits compute the same hash.
import { ChainError } from '../errors.ts';
import { lazyModule } from '../lazyModule.ts';

/** The order of the scalar field of bn254: every input and the output are below it. */
export const POSEIDON_FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** circomlib has constants for up to 16 inputs. */
export const POSEIDON_INPUTS_MAX = 16;

type Permutation = (inputs: readonly bigint[]) => bigint;

const permutations: (Permutation | undefined)[] = [];

/** The constants of all widths are 600 kB of source: each width is loaded when it is first used. */
function permutation(width: number): Permutation {
  const loaded = permutations[width];
  if (loaded !== undefined) return loaded;
  const module = lazyModule<Record<string, Permutation>>(`poseidon-lite/poseidon${width}`)();
  const found = module[`poseidon${width}`] as Permutation;
  permutations[width] = found;
  return found;
}

/**
 * The Poseidon hash of 1 to 16 field elements.
 * @throws ChainError `INVALID_POSEIDON_INPUT` when the count or an element is out of range
 */
export function poseidon(inputs: readonly bigint[]): bigint {
  if (inputs.length < 1 || inputs.length > POSEIDON_INPUTS_MAX) {
    throw new ChainError(
      'INVALID_POSEIDON_INPUT',
      `Poseidon takes 1 to ${POSEIDON_INPUTS_MAX} inputs, got ${inputs.length}`,
    );
  }
  for (const [index, input] of inputs.entries()) {
    if (input < 0n || input >= POSEIDON_FIELD) {
      throw new ChainError('INVALID_POSEIDON_INPUT', `Poseidon input ${index} is not below the field order`, { index });
    }
  }
  return permutation(inputs.length)(inputs);
}
