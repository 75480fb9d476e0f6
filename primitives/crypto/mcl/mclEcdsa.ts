// ECDSA over mcl, for the curves whose group has prime order: verification by digest and public key recovery.
import { assert } from '../../errors.ts';
import {
  createMcl,
  MCL_FP_BYTES,
  MCL_FR_BYTES,
  MCL_G1_BYTES,
  type Mcl,
  type Pointer,
  putReversed,
  takeReversed,
} from './mclModule.ts';

/** `r ‖ s`, keys `x ‖ y` and digests are big-endian, 32 bytes a number. Every function refuses what is not canonical. */
export interface MclEcdsa {
  /** Whether `signature64` over `digest32` was made by `publicKey64`; high `s` is accepted. */
  verify(digest32: Uint8Array, signature64: Uint8Array, publicKey64: Uint8Array): boolean;
  /** The key `x ‖ y`; `recovery` is the parity of the nonce point's y, its x being `r` itself. */
  recover(digest32: Uint8Array, signature64: Uint8Array, recovery: 0 | 1): Uint8Array | undefined;
}

interface CurveParameters {
  /** `x ‖ y`. */
  readonly generator: Uint8Array;
  /** The b of y² = x³ + b. Curves of another form have no recovery here. */
  readonly b?: number | undefined;
}

const WORD = 32;

/** Curve points in affine coordinates `x ‖ y` of 64 bytes. */
export function createMclEcdsa(curve: 'secp256k1' | 'p256', parameters: CurveParameters): MclEcdsa {
  const mcl = createMcl(curve);
  const f = mcl.functions;
  const scratch = mcl.allocate(WORD);
  // Two points and two scalars side by side, as mulVec wants them: the generator comes first and stays.
  const points = mcl.allocate(2 * MCL_G1_BYTES);
  const scalars = mcl.allocate(2 * MCL_FR_BYTES);
  const point = points + MCL_G1_BYTES;
  const result = mcl.allocate(MCL_G1_BYTES);
  const [r, s, e] = [mcl.allocate(MCL_FR_BYTES), mcl.allocate(MCL_FR_BYTES), mcl.allocate(MCL_FR_BYTES)];
  const field = mcl.allocate(MCL_FP_BYTES);

  const readFp = (out: Pointer, bytes: Uint8Array, offset: number) => {
    putReversed(mcl, scratch, bytes, offset, WORD);
    return f.mclBnFp_deserialize(out, scratch, WORD) === WORD;
  };
  const readPoint = (out: Pointer, bytes: Uint8Array) => {
    if (!readFp(out, bytes, 0) || !readFp(out + MCL_FP_BYTES, bytes, WORD)) return false;
    f.mclBnFp_setInt32(out + 2 * MCL_FP_BYTES, 1);
    return f.mclBnG1_isValid(out) === 1;
  };
  const readScalar = (out: Pointer, bytes: Uint8Array, offset: number) => {
    putReversed(mcl, scratch, bytes, offset, WORD);
    return f.mclBnFr_deserialize(out, scratch, WORD) === WORD && f.mclBnFr_isZero(out) === 0;
  };
  const readSignature = (signature: Uint8Array) => readScalar(r, signature, 0) && readScalar(s, signature, WORD);
  const readDigest = (digest: Uint8Array) => {
    putReversed(mcl, scratch, digest, 0, WORD);
    f.mclBnFr_setLittleEndianMod(e, scratch, WORD);
  };
  /** result = scalars[0] · G + scalars[1] · point, in affine coordinates; false when that is infinity. */
  const combine = () => {
    f.mclBnG1_mulVec(result, points, scalars, 2);
    if (f.mclBnG1_isZero(result) === 1) return false;
    f.mclBnG1_normalize(result, result);
    return true;
  };

  assert(readPoint(points, parameters.generator), `mcl refuses the generator of ${curve}`);
  return {
    verify(digest32, signature64, publicKey64) {
      if (!readSignature(signature64) || !readPoint(point, publicKey64)) return false;
      readDigest(digest32);
      f.mclBnFr_inv(s, s);
      f.mclBnFr_mul(scalars, e, s);
      f.mclBnFr_mul(scalars + MCL_FR_BYTES, r, s);
      if (!combine()) return false;
      f.mclBnFp_serialize(scratch, WORD, result);
      f.mclBnFr_setLittleEndianMod(e, scratch, WORD);
      return f.mclBnFr_isEqual(e, r) === 1;
    },
    recover(digest32, signature64, recovery) {
      const { b } = parameters;
      assert(b !== undefined, `recovery is not offered on ${curve}`);
      if (!readSignature(signature64) || !liftX(mcl, field, point, b, signature64, readFp)) return undefined;
      const y = point + MCL_FP_BYTES;
      if (f.mclBnFp_isOdd(y) !== recovery) f.mclBnFp_neg(y, y);
      readDigest(digest32);
      f.mclBnFr_inv(r, r);
      f.mclBnFr_mul(e, e, r);
      f.mclBnFr_neg(scalars, e);
      f.mclBnFr_mul(scalars + MCL_FR_BYTES, s, r);
      if (!combine()) return undefined;
      return affineBytes(mcl, result, scratch);
    },
  };
}

/** point = (x, √(x³ + b), 1) for the x at the front of `bytes`; false when there is no such point. */
function liftX(
  mcl: Mcl,
  field: Pointer,
  point: Pointer,
  b: number,
  bytes: Uint8Array,
  readFp: (out: Pointer, bytes: Uint8Array, offset: number) => boolean,
): boolean {
  const f = mcl.functions;
  if (!readFp(point, bytes, 0)) return false;
  const y = point + MCL_FP_BYTES;
  f.mclBnFp_sqr(y, point);
  f.mclBnFp_mul(y, y, point);
  f.mclBnFp_setInt32(field, b);
  f.mclBnFp_add(y, y, field);
  if (f.mclBnFp_squareRoot(y, y) !== 0) return false;
  f.mclBnFp_setInt32(point + 2 * MCL_FP_BYTES, 1);
  return true;
}

function affineBytes(mcl: Mcl, point: Pointer, scratch: Pointer): Uint8Array {
  const out = new Uint8Array(2 * WORD);
  for (const [index, coordinate] of [point, point + MCL_FP_BYTES].entries()) {
    mcl.functions.mclBnFp_serialize(scratch, WORD, coordinate);
    takeReversed(mcl, scratch, out, index * WORD, WORD);
  }
  return out;
}
