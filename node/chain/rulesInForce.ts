// The rules of a chain (its constants, forks, blob schedules, precompiles) and since when they hold, recorded with the chain so that a later edit of the
// genesis file can add rules for the future but not change those that blocks were already made by.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { bytesToHex, bytesToUtf8, utf8ToBytes } from '../../primitives/bytes.ts';
import type { Header } from '../block/types.ts';

interface DatedRule {
  readonly unit: 'block' | 'time';
  readonly since: bigint;
  readonly text: string;
}

/** Rules that a chain has from its first block to its last. The genesis hash commits to none of them. */
function constantRules({ chainId, terminalTotalDifficulty, depositContractAddress, gnomon }: ChainSpec): string[] {
  const rules = [`chainId ${chainId}`];
  if (terminalTotalDifficulty !== undefined) rules.push(`terminalTotalDifficulty ${terminalTotalDifficulty}`);
  if (depositContractAddress !== undefined) rules.push(`depositContract ${bytesToHex(depositContractAddress)}`);
  if (gnomon === undefined) return rules;
  const { devChain, heightOffset, feeRecipient, nativeWorkMicrosecondsPerSecond, blockTimeMs } = gnomon;
  return [
    ...rules,
    `gnomon devChain ${devChain}`,
    `gnomon heightOffset ${heightOffset}`,
    `gnomon feeRecipient ${bytesToHex(feeRecipient)}`,
    `gnomon nativeWorkMicrosecondsPerSecond ${nativeWorkMicrosecondsPerSecond}`,
    `gnomon blockTimeMs ${blockTimeMs}`,
  ];
}

function datedRules(spec: ChainSpec): DatedRule[] {
  const rules: DatedRule[] = constantRules(spec).map((text) => ({ unit: 'block', since: 0n, text }));
  for (const { fork, block, timestampSeconds } of spec.forks) {
    if (block !== undefined) rules.push({ unit: 'block', since: block, text: fork });
    if (timestampSeconds !== undefined) rules.push({ unit: 'time', since: timestampSeconds, text: fork });
  }
  for (const { name, timestampSeconds, target, max, baseFeeUpdateFraction } of spec.blobSchedules) {
    rules.push({
      unit: 'time',
      since: timestampSeconds,
      text: `blobs ${name} ${target}/${max}/${baseFeeUpdateFraction}`,
    });
  }
  for (const { name, timestampSeconds, version } of spec.gnomon?.precompiles ?? []) {
    rules.push({ unit: 'time', since: timestampSeconds, text: `precompile ${name} v${version}` });
  }
  return rules;
}

/** What is recorded: one line a rule. */
export function encodeRules(spec: ChainSpec): Uint8Array {
  return utf8ToBytes(
    datedRules(spec)
      .map(({ unit, since, text }) => `${unit} ${since} ${text}`)
      .join('\n'),
  );
}

/** The lines of a record that are in force at a header, in one fixed order. */
function inForce(record: Uint8Array, header: Header): string[] {
  return bytesToUtf8(record)
    .split('\n')
    .filter((line) => {
      const [unit, since] = line.split(' ');
      return unit !== undefined && since !== undefined
        ? BigInt(since) <= (unit === 'block' ? header.number : header.timestampSeconds)
        : false;
    })
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The rules in force at `header` that the two records do not share; empty when history is untouched. */
export function changedRules(before: Uint8Array, now: Uint8Array, header: Header): string[] {
  const [old, current] = [inForce(before, header), inForce(now, header)];
  return [...old.filter((line) => !current.includes(line)), ...current.filter((line) => !old.includes(line))];
}
