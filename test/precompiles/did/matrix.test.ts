import { deviceDid } from '../../../precompiles/did/contract.ts';
import { DID_ROWS, prepared } from '../support/didRows.ts';
import { describeMatrix, type Target } from '../support/matrix.ts';
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

describeMatrix('DeviceDID on a chain in memory', {
  precompile: deviceDid,
  limits: deviceDid.lengthLimits,
  target: memoryTarget,
  rows: DID_ROWS.map((row) => ({
    method: row.method,
    gas: row.gas,
    prepare: () => {
      const { chain, args, from } = prepared(row);
      return { host: chain.host, args, from };
    },
  })),
});
