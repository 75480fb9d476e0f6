// Contracts that do nothing but call: creation code with one call after the other, by every opcode, with and without value,
// with all gas or little, some of them in contracts of their own that may revert whatever they did.
import { bigIntToFixedBytes, concatBytes } from '../../primitives/bytes.ts';
import type { FuzzRandom } from '../random.ts';
import type { Call } from './callData.ts';

const OP = { CODECOPY: 0x39, POP: 0x50, GAS: 0x5a, CREATE: 0xf0, CALL: 0xf1, CALLCODE: 0xf2 } as const;
const DELEGATECALL = 0xf4;
const STATICCALL = 0xfa;
const SELFDESTRUCT = 0xff;
const SCHEMES = [OP.CALL, OP.CALL, OP.CALL, STATICCALL, DELEGATECALL, OP.CALLCODE];
const DEPTH_MAX = 3;

function push(value: number | bigint, width: number): Uint8Array {
  return concatBytes(Uint8Array.of(0x5f + width), bigIntToFixedBytes(BigInt(value), width));
}

/** A piece of a program that works on `data`, which stands at `offset` of the code. */
interface Step {
  readonly data: Uint8Array;
  readonly code: (offset: number) => Uint8Array;
}

/** data of the code to the memory from 0 on. */
function copy(data: Uint8Array, offset: number): Uint8Array {
  return concatBytes(push(data.length, 3), push(offset, 3), push(0, 1), Uint8Array.of(OP.CODECOPY));
}

function callStep(random: FuzzRandom, { to, data }: Call): Step {
  const scheme = random.pick(SCHEMES);
  const hasValue = scheme === OP.CALL || scheme === OP.CALLCODE;
  const value = hasValue ? push(random.pick([0n, 0n, 0n, 1n, 1_000n, 10n ** 19n]), 9) : new Uint8Array();
  const limits = [0, 700, 3_000, 25_000, 250_000, 250_000, 250_000, 250_000, 600_000, 600_000];
  const gas = random.chance(0.1) ? Uint8Array.of(OP.GAS) : push(random.pick(limits), 4);
  const code = (offset: number): Uint8Array =>
    concatBytes(
      copy(data, offset),
      ...[push(0, 1), push(0, 1), push(data.length, 3), push(0, 1), value, push(BigInt(`0x${hexOf(to)}`), 20), gas],
      Uint8Array.of(scheme, OP.POP),
    );
  return { data, code };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function createStep(random: FuzzRandom, program: Uint8Array): Step {
  const value = push(random.pick([0n, 10n, 10_000n]), 9);
  const code = (offset: number): Uint8Array =>
    concatBytes(copy(program, offset), push(program.length, 3), push(0, 1), value, Uint8Array.of(OP.CREATE, OP.POP));
  return { data: program, code };
}

/** How a program ends: well, undone, with all gas, or giving its balance to whom it called. */
function ending(random: FuzzRandom, last: Call | undefined): Uint8Array {
  const choice = random.below(10);
  if (choice < 6) return Uint8Array.of(0x00);
  if (choice < 8) return Uint8Array.of(0x60, 0, 0x60, 0, 0xfd);
  if (choice < 9 || last === undefined) return Uint8Array.of(0xfe);
  return concatBytes(push(BigInt(`0x${hexOf(last.to)}`), 20), Uint8Array.of(SELFDESTRUCT));
}

/** Creation code that makes all of `calls`, in their order. */
export function programOf(random: FuzzRandom, calls: readonly Call[], depth = 0): Uint8Array {
  const steps: Step[] = [];
  for (let at = 0; at < calls.length; ) {
    const count = Math.min(calls.length - at, 1 + random.below(4));
    const some = calls.slice(at, at + count);
    at += count;
    if (depth < DEPTH_MAX && random.chance(0.3)) steps.push(createStep(random, programOf(random, some, depth + 1)));
    else steps.push(...some.map((call) => callStep(random, call)));
  }
  const end = ending(random, calls.at(-1));
  // Every push has a fixed width: the length of the code does not depend on the offsets in it.
  let offset = steps.reduce((sum, step) => sum + step.code(0).length, end.length);
  const codes: Uint8Array[] = [];
  for (const step of steps) {
    codes.push(step.code(offset));
    offset += step.data.length;
  }
  return concatBytes(...codes, end, ...steps.map(({ data }) => data));
}
