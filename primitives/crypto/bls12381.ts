// The BLS12-381 operations of the EVM (EIP-2537) on mcl, in the form that @ethereumjs/evm takes as its `bls` option. Its
// precompiles charge gas and check lengths before they call; everything about the points is checked here.
import { ChainError } from '../errors.ts';
import { type Bls12381, passesBls12381SelfTest } from './bls12381/backend.ts';
import { createMclBls12381 } from './bls12381/mclBls12381.ts';

/** mcl, or `reference` where mcl does not work; chosen when a contract first needs the curve. */
export function lazyBls12381(reference: Bls12381): Bls12381 {
  let chosen: Bls12381 | undefined;
  const backend = (): Bls12381 => {
    chosen ??= workingMcl() ?? reference;
    return chosen;
  };
  return {
    addG1: (input) => backend().addG1(input),
    addG2: (input) => backend().addG2(input),
    msmG1: (input) => backend().msmG1(input),
    msmG2: (input) => backend().msmG2(input),
    mapFPtoG1: (input) => backend().mapFPtoG1(input),
    mapFP2toG2: (input) => backend().mapFP2toG2(input),
    pairingCheck: (input) => backend().pairingCheck(input),
  };
}

function workingMcl(): Bls12381 | undefined {
  try {
    const backend = createMclBls12381();
    return passesBls12381SelfTest(backend) ? backend : undefined;
  } catch (error) {
    if (error instanceof ChainError) return undefined;
    throw error;
  }
}
