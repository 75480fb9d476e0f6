// The checksums of LevelDB's table files (its doc/table_format.md). LevelDB keeps one for every block and, as
// classic-level opens it, never looks at them.
import { assert, InvariantError } from '../../../primitives/errors.ts';
import { readVarint } from '../varint.ts';
import { maskedCrc32c } from './crc32c.ts';
import { FileDamage } from './fileDamage.ts';
import { uncompressSnappy } from './snappy.ts';

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** compression (1) ‖ checksum (4), behind every block */
const TRAILER_BYTES = 5;
const SNAPPY = 1;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(bytes: Uint8Array, at: number): { handle: Handle; end: number } {
  const offset = readVarint(bytes, at);
  const size = readVarint(bytes, offset.end);
  return { handle: { offset: offset.value, size: size.value }, end: size.end };
}

function checkBlock(name: string, bytes: Uint8Array, { offset, size }: Handle): void {
  const end = offset + size;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWithin = end + TRAILER_BYTES <= bytes.length;
  if (!isWithin || maskedCrc32c(bytes, offset, end + 1) !== view.getUint32(end + 1, true))
    throw new FileDamage(name, `the block at byte ${offset} does not match its checksum`);
}

/** The handles that an index block points to; its bytes must have been checked. */
function handlesIn(name: string, bytes: Uint8Array, { offset, size }: Handle): Handle[] {
  const raw = bytes.subarray(offset, offset + size);
  const block = bytes[offset + size] === SNAPPY ? uncompressSnappy(raw) : raw;
  if (block === undefined || block.length < 4) throw new FileDamage(name, `its index at byte ${offset} cannot be read`);
  const restarts = new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(block.length - 4, true);
  const entriesEnd = block.length - 4 * (restarts + 1);
  const handles: Handle[] = [];
  for (let at = 0; at < entriesEnd; ) {
    const shared = readVarint(block, at);
    const own = readVarint(block, shared.end);
    const value = readVarint(block, own.end);
    const start = value.end + own.value;
    handles.push(readHandle(block, start).handle);
    at = start + value.value;
  }
  return handles;
}

/**
 * Checks every block of the table file `name`.
 * @throws FileDamage
 */
export function checkTableFile(name: string, bytes: Uint8Array, expectedBytes: number): void {
  if (bytes.length !== expectedBytes)
    throw new FileDamage(name, `it has ${bytes.length} bytes, expected ${expectedBytes}`);
  const footer = bytes.length - FOOTER_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (footer < 0 || view.getBigUint64(bytes.length - 8, true) !== MAGIC)
    throw new FileDamage(name, 'its end is not that of a table');
  try {
    const meta = readHandle(bytes, footer);
    const index = readHandle(bytes, meta.end).handle;
    for (const top of [meta.handle, index]) {
      checkBlock(name, bytes, top);
      for (const handle of handlesIn(name, bytes, top)) checkBlock(name, bytes, handle);
    }
    assert(index.size > 0, 'a table has an index');
  } catch (error) {
    if (error instanceof InvariantError || error instanceof RangeError)
      throw new FileDamage(name, 'its index cannot be read');
    throw error;
  }
}
