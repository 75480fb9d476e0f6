// Which implementation computes what in this process, for the log at start and for bug reports.
import { blake2fBackendInUse } from './blake2f.ts';
import { bn254BackendInUse } from './bn254.ts';
import { KECCAK_BACKEND } from './keccak.ts';
import { p256BackendsInUse } from './p256.ts';
import { secp256k1Backend } from './secp256k1.ts';

/** Backends that load only when they are first needed. */
const NOT_YET = 'chosen at first use';

/** Names of the backends. Choosing the one for secp256k1, which every node needs, is part of the call. */
export function cryptoBackends(): Readonly<
  Record<'keccak256' | 'secp256k1' | 'p256Digest' | 'p256Message' | 'bn254' | 'blake2f', string>
> {
  const p256 = p256BackendsInUse();
  return {
    keccak256: KECCAK_BACKEND,
    secp256k1: secp256k1Backend().name,
    p256Digest: p256.digest ?? NOT_YET,
    p256Message: p256.message ?? NOT_YET,
    bn254: bn254BackendInUse() ?? NOT_YET,
    blake2f: blake2fBackendInUse() ?? NOT_YET,
  };
}
