// A small stateful precompile that uses every part of the framework; the framework's own tests run on it.
import type { Abi } from 'abitype';
import { definePrecompile, type Methods } from '../../../precompiles/framework/definePrecompile.ts';
import { FRAMEWORK_ERRORS } from '../../../precompiles/framework/errors.ts';
import { workGas } from '../../../precompiles/framework/gas.ts';
import { mappingSlot, pushArray, readBytes, writeBytes } from '../../../precompiles/framework/storage.ts';
import { parseAddress, utf8ToBytes } from '../../../primitives/bytes.ts';
import { InvariantError } from '../../../primitives/errors.ts';

export const COUNTER_ADDRESS = parseAddress('0x00000000000000000000000000000000000000c0');
export const COUNTER_SLOT = 7n;
export const NOTE_SLOT = 8n;
export const HISTORY_SLOT = 9n;
export const BALANCES_SLOT = 10n;
export const READ_WORK = workGas(3);
export const ADD_WORK = workGas(5);
export const NOTE_LENGTH_MAX = 64;
export const STEPS_MAX = 4;

export const counterAbi = [
  { type: 'function', name: 'value', stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'uint256' }] },
  {
    type: 'function',
    name: 'add',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'steps', type: 'uint64[]' },
      { name: 'note', type: 'string' },
    ],
    outputs: [
      { name: 'total', type: 'uint256' },
      { name: 'by', type: 'address' },
    ],
  },
  { type: 'function', name: 'deposit', stateMutability: 'payable', inputs: [], outputs: [] },
  {
    type: 'function',
    name: 'withdraw',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'to', type: 'address' },
      { name: 'amount', type: 'uint128' },
    ],
    outputs: [],
  },
  { type: 'function', name: 'breakInput', stateMutability: 'nonpayable', inputs: [], outputs: [] },
  { type: 'function', name: 'breakInvariant', stateMutability: 'nonpayable', inputs: [], outputs: [] },
  {
    type: 'event',
    name: 'Added',
    inputs: [
      { name: 'by', type: 'address', indexed: true },
      { name: 'total', type: 'uint256', indexed: false },
      { name: 'note', type: 'string', indexed: false },
    ],
  },
  {
    type: 'error',
    name: 'TooMuch',
    inputs: [
      { name: 'held', type: 'uint256' },
      { name: 'asked', type: 'uint128' },
    ],
  },
  ...FRAMEWORK_ERRORS,
] as const satisfies Abi;

const methods: Methods<typeof counterAbi> = {
  value: { gas: READ_WORK, limits: {}, run: ({ storage }) => storage.read(COUNTER_SLOT) },
  add: {
    gas: ADD_WORK,
    limits: { steps: STEPS_MAX, note: NOTE_LENGTH_MAX },
    run: (context, { steps, note }) => {
      const { storage, caller } = context;
      let total = storage.read(COUNTER_SLOT);
      for (const step of steps) {
        context.charge(workGas(1));
        total += step;
        pushArray(storage, HISTORY_SLOT, step);
      }
      storage.write(COUNTER_SLOT, total);
      readBytes(storage, NOTE_SLOT);
      writeBytes(storage, NOTE_SLOT, utf8ToBytes(note));
      context.emit('Added', { by: caller, total, note });
      return { total, by: caller };
    },
  },
  deposit: {
    gas: ADD_WORK,
    limits: {},
    run: ({ storage, caller, valueWei }) => {
      const slot = mappingSlot(BALANCES_SLOT, caller);
      storage.write(slot, storage.read(slot) + valueWei);
    },
  },
  withdraw: {
    gas: ADD_WORK,
    limits: {},
    run: (context, { to, amount }) => {
      const slot = mappingSlot(BALANCES_SLOT, context.caller);
      const held = context.storage.read(slot);
      if (amount > held) context.fail('TooMuch', { held, asked: amount });
      context.storage.write(slot, held - amount);
      context.pay(to, amount);
    },
  },
  breakInput: {
    gas: ADD_WORK,
    limits: {},
    run: ({ storage }) => {
      storage.write(COUNTER_SLOT, 1n);
      throw new TypeError('a mistake that follows from the input');
    },
  },
  breakInvariant: {
    gas: ADD_WORK,
    limits: {},
    run: () => {
      throw new InvariantError('broken');
    },
  },
};

export const counter = definePrecompile({
  name: 'Counter',
  address: COUNTER_ADDRESS,
  version: 1,
  isStateful: true,
  abi: counterAbi,
  methods,
});
