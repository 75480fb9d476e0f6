// Checks of the cryptography: which implementations were chosen, whether each passes its test, and how fast they are here.
import { hexToBytes } from '../../primitives/bytes.ts';
import { passesBls12381SelfTest } from '../../primitives/crypto/bls12381/backend.ts';
import { createMclBls12381 } from '../../primitives/crypto/bls12381/mclBls12381.ts';
import { chooseBn254 } from '../../primitives/crypto/bn254.ts';
import { KECCAK_BACKEND, keccak256 } from '../../primitives/crypto/keccak.ts';
import { P256_GENERATOR, P256_TEST_MESSAGE, P256_TEST_SIGNATURE } from '../../primitives/crypto/p256/selfTest.ts';
import { p256BackendsInUse, p256DigestVerifier, verifyP256Message } from '../../primitives/crypto/p256.ts';
import { chooseSecp256k1Backend, recoverPublicKey, signDigest } from '../../primitives/crypto/secp256k1.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { messageOf } from '../../primitives/errors.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

/** Long enough for a figure that means something, short enough that nobody waits. */
const MEASURE_MS = 30;
const WARM_UP_RUNS = 20;
const REINSTALL = 'install the dependencies again (npm ci)';

/** Microseconds that one run takes. */
function measure(run: () => void): number {
  for (let i = 0; i < WARM_UP_RUNS; i++) run();
  const startedMs = performance.now();
  let runs = 0;
  let elapsedMs = 0;
  while (elapsedMs < MEASURE_MS) {
    run();
    runs++;
    elapsedMs = performance.now() - startedMs;
  }
  return (elapsedMs * 1_000) / runs;
}

/** A check that throws is broken: what it tests is part of the program. */
export function guarded(id: string, check: () => Finding): Finding {
  try {
    return check();
  } catch (error) {
    return broken(id, messageOf(error), REINSTALL);
  }
}

function rated(id: string, what: string, backend: string, slow: string, run: () => void): Finding {
  const found = `${what} by ${backend}, ${measure(run).toFixed(1)} µs each`;
  return backend === slow ? warning(id, `${found}: the slow fallback`, REINSTALL) : ok(id, found);
}

/** Every primitive that a node may need, chosen, tested and measured: about a quarter of a second. */
export function checkCrypto(): readonly Finding[] {
  return [
    guarded('crypto.keccak256', () => {
      const input = new Uint8Array(64);
      return rated('crypto.keccak256', 'Keccak-256 of 64 bytes', KECCAK_BACKEND, 'noble', () => keccak256(input));
    }),
    guarded('crypto.secp256k1', () => {
      const { name } = chooseSecp256k1Backend();
      const digest = sha256(P256_TEST_MESSAGE);
      const { signature, recovery } = signDigest(digest, hexToBytes(`0x${'00'.repeat(31)}01`));
      return rated('crypto.secp256k1', 'senders recovered', name, 'noble', () => {
        recoverPublicKey(digest, signature, recovery);
      });
    }),
    guarded('crypto.p256_digest', () => {
      const verifier = p256DigestVerifier();
      const digest = sha256(P256_TEST_MESSAGE);
      return rated('crypto.p256_digest', 'P-256 digests verified', verifier.name, 'noble', () => {
        verifier.verify(digest, P256_TEST_SIGNATURE, P256_GENERATOR);
      });
    }),
    guarded('crypto.p256_message', () => {
      const id = 'crypto.p256_message';
      const verify = (): boolean => verifyP256Message(P256_TEST_MESSAGE, P256_TEST_SIGNATURE, P256_GENERATOR);
      if (!verify()) return broken(id, 'a good P-256 signature of a message is refused', REINSTALL);
      return rated(id, 'P-256 messages verified', p256BackendsInUse().message ?? 'none', 'digest', verify);
    }),
    guarded('crypto.bn254', () => {
      const { name, mul } = chooseBn254();
      const input = Uint8Array.of(...new Uint8Array(31), 1, ...new Uint8Array(31), 2, ...new Uint8Array(32).fill(7));
      return rated('crypto.bn254', 'bn254 multiplications', name, 'noble', () => mul(input));
    }),
    guarded('crypto.bls12381', () => {
      const backend = createMclBls12381();
      if (!passesBls12381SelfTest(backend))
        return warning('crypto.bls12381', 'mcl fails its test: the slow fallback is used', REINSTALL);
      return rated('crypto.bls12381', 'BLS12-381 points mapped', 'mcl', '', () =>
        backend.mapFPtoG1(new Uint8Array(64)),
      );
    }),
  ];
}
