// A few opcodes by name, enough to write the contracts of the differential test by hand.
import { bytesToHex, hexToBytes } from '../../../../primitives/bytes.ts';

const OPCODES: Readonly<Record<string, number>> = {
  STOP: 0x00,
  ADD: 0x01,
  MUL: 0x02,
  SUB: 0x03,
  DIV: 0x04,
  LT: 0x10,
  ISZERO: 0x15,
  AND: 0x16,
  BYTE: 0x1a,
  KECCAK256: 0x20,
  ADDRESS: 0x30,
  BALANCE: 0x31,
  ORIGIN: 0x32,
  CALLER: 0x33,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  GASPRICE: 0x3a,
  EXTCODESIZE: 0x3b,
  EXTCODECOPY: 0x3c,
  RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e,
  EXTCODEHASH: 0x3f,
  BLOCKHASH: 0x40,
  COINBASE: 0x41,
  TIMESTAMP: 0x42,
  NUMBER: 0x43,
  PREVRANDAO: 0x44,
  GASLIMIT: 0x45,
  CHAINID: 0x46,
  SELFBALANCE: 0x47,
  BASEFEE: 0x48,
  BLOBHASH: 0x49,
  BLOBBASEFEE: 0x4a,
  POP: 0x50,
  MLOAD: 0x51,
  MSTORE: 0x52,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  JUMPDEST: 0x5b,
  TLOAD: 0x5c,
  TSTORE: 0x5d,
  DUP1: 0x80,
  DUP2: 0x81,
  DUP3: 0x82,
  SWAP1: 0x90,
  LOG0: 0xa0,
  LOG1: 0xa1,
  LOG2: 0xa2,
  CREATE: 0xf0,
  CALL: 0xf1,
  CALLCODE: 0xf2,
  RETURN: 0xf3,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  STATICCALL: 0xfa,
  REVERT: 0xfd,
  INVALID: 0xfe,
  SELFDESTRUCT: 0xff,
};

/** Assembles: opcode names, `0x…` pushes its bytes, `:name` is a JUMPDEST, `@name` pushes where it is. */
export function assemble(source: string): Uint8Array {
  const code: number[] = [];
  const labels = new Map<string, number>();
  const uses: [number, string][] = [];
  for (const token of source.trim().split(/\s+/)) {
    if (token.startsWith(':')) {
      labels.set(token.slice(1), code.length);
      code.push(OPCODES.JUMPDEST!);
    } else if (token.startsWith('@')) {
      uses.push([code.length + 1, token.slice(1)]);
      code.push(0x61, 0, 0);
    } else if (token.startsWith('0x')) {
      const bytes = hexToBytes(token);
      code.push(0x5f + bytes.length, ...bytes);
    } else {
      const opcode = OPCODES[token];
      if (opcode === undefined) throw new Error(`unknown opcode ${token}`);
      code.push(opcode);
    }
  }
  for (const [at, label] of uses) {
    const target = labels.get(label);
    if (target === undefined) throw new Error(`unknown label ${label}`);
    code[at] = target >> 8;
    code[at + 1] = target & 0xff;
  }
  return Uint8Array.from(code);
}

/** Creation code that deploys `runtime`. */
export function deployer(runtime: Uint8Array): Uint8Array {
  const size = runtime.length.toString(16).padStart(4, '0');
  // 0x61 SIZE DUP1 0x60 OFFSET 0x60 0 CODECOPY 0x60 0 RETURN
  return hexToBytes(`0x61${size}80600c6000396000f3${bytesToHex(runtime).slice(2)}`);
}
