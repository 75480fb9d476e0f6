// Snappy's block format (its format_description.txt), reading only: LevelDB compresses the index of a table with it.
import { readVarint } from '../varint.ts';

/** No index of a table of 2 MB comes near it; bounds what a damaged length can ask for. */
const UNCOMPRESSED_BYTES_MAX = 16 * 1024 * 1024;

/** The uncompressed bytes, or undefined where the input is not Snappy's. */
export function uncompressSnappy(bytes: Uint8Array): Uint8Array | undefined {
  const { value: length, end } = readVarint(bytes, 0);
  if (length > UNCOMPRESSED_BYTES_MAX) return undefined;
  const out = new Uint8Array(length);
  let written = 0;
  for (let at = end; at < bytes.length; ) {
    const tag = bytes[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59);
      const count = (extra === 0 ? tag >>> 2 : littleEndian(bytes, at, extra)) + 1;
      at += extra;
      if (at + count > bytes.length || written + count > length) return undefined;
      out.set(bytes.subarray(at, at + count), written);
      at += count;
      written += count;
      continue;
    }
    const count = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const distance = littleEndian(bytes, at, width) + (kind === 1 ? (tag >>> 5) * 256 : 0);
    at += width;
    if (distance === 0 || distance > written || written + count > length) return undefined;
    // Source and target may overlap: a run repeats what it has just written.
    for (let i = 0; i < count; i++, written++) out[written] = out[written - distance] as number;
  }
  return written === length ? out : undefined;
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
