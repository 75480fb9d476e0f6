import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLine, lineLength, parseLine } from '../../../node/txpool/journalLines.ts';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe('a line of the journal', () => {
  it('holds any bytes, and ends where it says', () => {
    fc.assert(
      fc.property(fc.constantFrom('+' as const, '-' as const), bytes, (kind, content) => {
        const line = encodeLine(kind, content);
        expect(line).toHaveLength(lineLength(content.length));
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(parseLine(line.slice(0, -1))).toEqual({ kind, bytes: content });
      }),
    );
  });

  it('is damaged by every other byte in it, and by every missing one', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, position, difference) => {
        const line = encodeLine('+', content).slice(0, -1);
        const at = position % line.length;
        const changed = String.fromCharCode(line.charCodeAt(at) ^ difference);
        expect(parseLine(line.slice(0, at) + changed + line.slice(at + 1))).toBeUndefined();
        expect(parseLine(line.slice(0, at))).toBeUndefined();
      }),
    );
  });
});
