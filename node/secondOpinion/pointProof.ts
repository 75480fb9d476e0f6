// Point evaluation (EIP-4844) by the reference library's pairing: e(C - [y] + z·π, G2) = e(π, [τ]G2).
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bytesToBigInt, hexToBytes } from '../../primitives/bytes.ts';

/** [τ]G2 of the KZG ceremony (trusted_setup.json of the consensus specs), compressed. */
const TAU_G2_HEX =
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2';

const { G1, G2, fields, pairingBatch } = bls12_381;
type Point = InstanceType<typeof G1.Point>;

/** A compressed point, or undefined unless it is canonical, on the curve and in the subgroup. */
function readPoint(hex: string): Point | undefined {
  try {
    const point = G1.Point.fromHex(hex.slice(2));
    return point.is0() || point.isTorsionFree() ? point : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the polynomial behind `commitment` has the value `value` at `point`; all in hex, as the stock EVM hands them over. */
export function verifyPointProof(commitment: string, point: string, value: string, proof: string): boolean {
  const [z, y] = [bytesToBigInt(hexToBytes(point)), bytesToBigInt(hexToBytes(value))];
  const [c, pi] = [readPoint(commitment), readPoint(proof)];
  if (z >= fields.Fr.ORDER || y >= fields.Fr.ORDER || c === undefined || pi === undefined) return false;
  const left = c.subtract(G1.Point.BASE.multiplyUnsafe(y)).add(pi.multiplyUnsafe(z));
  if (left.is0() || pi.is0()) return left.is0() && pi.is0();
  const product = pairingBatch([
    { g1: left, g2: G2.Point.BASE },
    { g1: pi.negate(), g2: G2.Point.fromHex(TAU_G2_HEX) },
  ]);
  return fields.Fp12.eql(product, fields.Fp12.ONE);
}
