// Damages RLP below its outer lengths: a node is replaced, wrapped, repeated or taken out, and the headers around it follow,
// so that the damage reaches the code behind the length checks.
import type { FuzzRandom } from './random.ts';

type Node = Uint8Array | Node[];

/** Data nested deeper is damaged as bytes only. */
const DEPTH_MAX = 64;

/** The input with one node changed, or undefined when it is not RLP (perhaps after one byte of type). */
export function mutateRlp(random: FuzzRandom, input: Uint8Array): Uint8Array | undefined {
  for (const start of [0, 1]) {
    const parsed = parse(input, start, input.length, 0);
    if (parsed === undefined || parsed.end !== input.length || !Array.isArray(parsed.node)) continue;
    const changed = encode(changeSomewhere(random, parsed.node, 0));
    const out = new Uint8Array(start + changed.length);
    out.set(input.subarray(0, start));
    out.set(changed, start);
    return out;
  }
  return undefined;
}

function parse(bytes: Uint8Array, at: number, limit: number, depth: number): { node: Node; end: number } | undefined {
  if (at >= limit || depth > DEPTH_MAX) return undefined;
  const first = bytes[at] as number;
  if (first < 0x80) return { node: bytes.slice(at, at + 1), end: at + 1 };
  const isList = first >= 0xc0;
  const short = first - (isList ? 0xc0 : 0x80);
  const width = Math.max(0, short - 55);
  let length = short;
  if (width > 0) {
    length = 0;
    for (let i = 0; i < width; i++) length = length * 256 + (bytes[at + 1 + i] ?? 0);
  }
  const payload = at + 1 + width;
  const end = payload + length;
  if (end > limit) return undefined;
  if (!isList) return { node: bytes.slice(payload, end), end };
  const members: Node[] = [];
  for (let offset = payload; offset < end; ) {
    const member = parse(bytes, offset, end, depth + 1);
    if (member === undefined) return undefined;
    members.push(member.node);
    offset = member.end;
  }
  return { node: members, end };
}

function encode(node: Node): Uint8Array {
  if (!Array.isArray(node)) {
    if (node.length === 1 && (node[0] as number) < 0x80) return node;
    return withHeader(0x80, [node]);
  }
  return withHeader(0xc0, node.map(encode));
}

function withHeader(base: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const header = length < 56 ? [base + length] : [base + 55 + lengthBytes.length, ...lengthBytes];
  const out = new Uint8Array(header.length + length);
  out.set(header);
  let offset = header.length;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

function changeSomewhere(random: FuzzRandom, list: Node[], depth: number): Node[] {
  if (list.length === 0) return random.chance(0.5) ? [[]] : [random.bytes(random.smallLength(40))];
  const at = random.below(list.length);
  const member = list[at] as Node;
  if (Array.isArray(member) && depth < DEPTH_MAX && random.chance(0.7))
    return list.with(at, changeSomewhere(random, member, depth + 1));
  switch (random.below(8)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, member);
    case 2:
      return list.with(at, [member]);
    case 3:
      return list.with(at, random.chance(0.5) ? [] : new Uint8Array());
    case 4:
      return list.with(random.below(list.length), member);
    default:
      return list.with(at, Array.isArray(member) ? member.toReversed() : changeBytes(random, member));
  }
}

/** A byte string near the former: other length, other edges, other number. */
function changeBytes(random: FuzzRandom, bytes: Uint8Array): Uint8Array {
  switch (random.below(7)) {
    case 0:
      return Uint8Array.of(0, ...bytes.subarray(0, 64));
    case 1:
      return bytes.slice(1);
    case 2:
      return new Uint8Array(random.pick([1, 8, 9, 20, 21, 32, 33, 48, 56, 256])).fill(random.pick([0, 1, 0xff]));
    case 3:
      return random.bytes(random.smallLength(80));
    case 4:
      return Uint8Array.of(random.below(256));
    default: {
      if (bytes.length === 0) return Uint8Array.of(1);
      const out = bytes.slice();
      out[random.below(out.length)] = random.below(256);
      return out;
    }
  }
}
