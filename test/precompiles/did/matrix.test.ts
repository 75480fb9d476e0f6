// Every method of DeviceDID in every way: on the chain in memory, and on the node's EVM.
import { deviceDid } from '../../../precompiles/did/contract.ts';
import { DID_ROWS, prepared } from '../support/didRows.ts';
import { evmTarget } from '../support/evmChain.ts';
import { describeMatrix, type MatrixRow, type Target } from '../support/matrix.ts';
import type { MemoryHost } from '../support/memoryHost.ts';

function memoryTarget(host: MemoryHost): Target {
  return {
    call: async ({ revertAfter = false, ...call }) => {
      const mark = host.mark();
      const result = host.call({ precompile: deviceDid, ...call });
      if (revertAfter) host.revertTo(mark);
      return result;
    },
    fingerprint: () => host.fingerprint(),
    totalSupplyWei: () => host.totalSupplyWei(),
  };
}

const rows: MatrixRow[] = DID_ROWS.map((row) => ({
  method: row.method,
  gas: row.gas,
  prepare: () => {
    const { chain, args, from } = prepared(row);
    return { host: chain.host, args, from };
  },
}));

const matrix = { precompile: deviceDid, limits: deviceDid.lengthLimits, rows };
describeMatrix('DeviceDID on a chain in memory', { ...matrix, target: memoryTarget });
describeMatrix('DeviceDID on the EVM', { ...matrix, target: (host) => evmTarget(host, deviceDid) });
