// Handwritten contracts for the differential test. Their calldata steers them, so that random calldata reaches every branch.
import { parseAddress } from '../../../../primitives/bytes.ts';
import type { Address } from '../../../../primitives/types.ts';
import { assemble } from './assembler.ts';

const MODE = '0x00 CALLDATALOAD 0x00 BYTE';

/**
 * Calls on: mode byte, 20 bytes of target, payload. Mode 1 sends a wei, 2 reverts afterwards, 4 passes on little gas, 8
 * stores the outcome.
 */
function forwarder(opcode: 'CALL' | 'CALLCODE' | 'DELEGATECALL' | 'STATICCALL'): Uint8Array {
  const value = opcode === 'CALL' || opcode === 'CALLCODE' ? `0x01 ${MODE} AND` : '';
  return assemble(`
    0x15 CALLDATASIZE SUB
    DUP1 0x15 0x00 CALLDATACOPY
    0x00 0x00 DUP3 0x00 ${value}
    0x01000000000000000000000000 0x01 CALLDATALOAD DIV
    0x01 0x10 0x04 ${MODE} AND MUL ADD GAS DIV
    ${opcode}
    0x08 ${MODE} AND ISZERO @unstored JUMPI
    DUP1 0x01 ADD 0x80 SSTORE
    :unstored
    RETURNDATASIZE 0x00 0x00 RETURNDATACOPY
    0x02 ${MODE} AND @reverting JUMPI
    RETURNDATASIZE 0x00 RETURN
    :reverting RETURNDATASIZE 0x00 REVERT`);
}

/** Creates from what follows the mode byte. Mode 1 endows a wei, 4 reverts afterwards, 8 calls what was created. */
function creator(isCreate2: boolean): Uint8Array {
  const salt = isCreate2 ? `0x30 ${MODE} AND` : '';
  return assemble(`
    0x01 CALLDATASIZE SUB
    DUP1 0x01 0x00 CALLDATACOPY
    ${salt} ${isCreate2 ? 'SWAP1' : ''} 0x00 0x01 ${MODE} AND ${isCreate2 ? 'CREATE2' : 'CREATE'}
    DUP1 0x81 SSTORE
    0x08 ${MODE} AND ISZERO @uncalled JUMPI
    0x00 0x00 0x00 0x00 0x00 0x81 SLOAD GAS CALL POP
    :uncalled
    0x04 ${MODE} AND ISZERO @done JUMPI
    0x00 0x00 REVERT
    :done 0x20 0x00 RETURN`);
}

const ENVIRONMENT = `
  TIMESTAMP NUMBER COINBASE PREVRANDAO GASLIMIT ORIGIN CALLER CALLVALUE GASPRICE ADDRESS
  0x01 NUMBER SUB BLOCKHASH ADD ADD ADD ADD ADD ADD ADD ADD ADD ADD`;

/** Contracts by name; each stands at its own address in the genesis of the differential chains. */
export const CONTRACTS: Readonly<Record<string, { readonly address: Address; readonly code: Uint8Array }>> =
  Object.fromEntries(
    Object.entries({
      call: forwarder('CALL'),
      callCode: forwarder('CALLCODE'),
      delegateCall: forwarder('DELEGATECALL'),
      staticCall: forwarder('STATICCALL'),
      create: creator(false),
      create2: creator(true),
      // Slot: low four bits of the first byte; value: the second.
      churn: assemble(`0x01 CALLDATALOAD 0x00 BYTE 0x0f 0x00 CALLDATALOAD 0x00 BYTE AND SSTORE
        0x02 CALLDATALOAD 0x00 BYTE 0x0f 0x03 CALLDATALOAD 0x00 BYTE AND SSTORE
        0x00 SLOAD 0x01 SLOAD ADD 0x00 MSTORE 0x20 0x00 RETURN`),
      destroy: assemble('0x01000000000000000000000000 0x00 CALLDATALOAD DIV SELFDESTRUCT'),
      loop: assemble(':top GAS POP @top JUMP'),
      log: assemble('CALLDATASIZE 0x00 0x00 CALLDATACOPY 0x00 CALLDATALOAD CALLER CALLDATASIZE 0x00 LOG2'),
      revert: assemble('CALLDATASIZE 0x00 0x00 CALLDATACOPY CALLER 0x01 SSTORE CALLDATASIZE 0x00 REVERT'),
      invalid: assemble('CALLER 0x01 SSTORE INVALID'),
      environment: assemble(`${ENVIRONMENT} 0x00 MSTORE 0x20 0x00 LOG0 GAS 0x05 SSTORE`),
      inspect: assemble(`0x01000000000000000000000000 0x00 CALLDATALOAD DIV
        DUP1 BALANCE DUP2 EXTCODESIZE ADD SWAP1 EXTCODEHASH ADD 0x00 MSTORE 0x20 0x00 KECCAK256 0x07 SSTORE`),
      transient: assemble('0x00 CALLDATALOAD 0x01 TSTORE 0x01 TLOAD 0x09 SSTORE 0x00 BLOBHASH BASEFEE ADD 0x0a SSTORE'),
    }).map(([name, code], index) => [
      name,
      {
        code,
        address: parseAddress(`0x00000000000000000000000000000000c0de00${(index + 1).toString(16).padStart(2, '0')}`),
      },
    ]),
  );
