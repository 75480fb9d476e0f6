import { keyBytes } from '../../primitives/bytes.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { blobBaseFee } from '../block/blobGas.ts';
import type { Header } from '../block/types.ts';
import type { ExecutedBlock } from '../execution/blockExecution.ts';
import { forkRulesAt } from '../execution/forkRules.ts';
import type { StateReader } from '../state/types.ts';
import type { SupplyRecord } from './blockRecords.ts';
import type { Chain } from './chain.ts';

/** The supply after a block: exact, from the balances that it changed. */
export function nextSupply(chain: Chain, parent: StateReader, header: Header, executed: ExecutedBlock): SupplyRecord {
  const before = chain.supply(header.number - 1n);
  let totalWei = before.totalWei;
  for (const [key, record] of executed.changes.accounts) {
    totalWei += (record?.balanceWei ?? 0n) - (parent.account(keyBytes(key) as Address)?.balanceWei ?? 0n);
  }
  assert(totalWei >= 0n, 'the supply became negative');
  const rules = forkRulesAt(chain.spec, header.number, header.timestampSeconds);
  const blobFee = rules.blobSchedule === undefined ? 0n : blobBaseFee(header.excessBlobGas ?? 0n, rules.blobSchedule);
  const burned = (header.baseFeePerGas ?? 0n) * header.gasUsed + blobFee * (header.blobGasUsed ?? 0n);
  return { totalWei, burnedFeesWei: before.burnedFeesWei + burned };
}
