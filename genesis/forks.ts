// Which Ethereum rules apply to which block.

/** Every hard fork whose rules the node can execute, oldest first. Forks that changed only the difficulty bomb are included. */
export const FORKS = [
  'frontier',
  'homestead',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
] as const;

export type Fork = (typeof FORKS)[number];

const ORDER: ReadonlyMap<Fork, number> = new Map(FORKS.map((fork, index) => [fork, index]));

/** Whether the rules of `fork` include those of `other`. */
export function includesFork(fork: Fork, other: Fork): boolean {
  return (ORDER.get(fork) as number) >= (ORDER.get(other) as number);
}

/** When one fork activates: by block number up to Paris, by timestamp after it. */
export interface ForkActivation {
  readonly fork: Fork;
  readonly block?: bigint | undefined;
  readonly timestampSeconds?: bigint | undefined;
}

/** Blob parameters from one moment on (EIP-7840, EIP-7892); the forks' own and the blob-parameter-only ones alike. */
export interface BlobSchedule {
  /** `cancun`, `prague`, `osaka`, `bpo1` … */
  readonly name: string;
  readonly timestampSeconds: bigint;
  readonly target: number;
  readonly max: number;
  readonly baseFeeUpdateFraction: bigint;
}

/** The fork in force for a block; `activations` are in fork order. */
export function forkAt(activations: readonly ForkActivation[], blockNumber: bigint, timestampSeconds: bigint): Fork {
  let current: Fork = 'frontier';
  for (const { fork, block, timestampSeconds: time } of activations) {
    const active = block !== undefined ? block <= blockNumber : time !== undefined && time <= timestampSeconds;
    if (active) current = fork;
  }
  return current;
}

/** The blob parameters in force at a time, or undefined before Cancun; `schedules` are in time order. */
export function blobScheduleAt(schedules: readonly BlobSchedule[], timestampSeconds: bigint): BlobSchedule | undefined {
  let current: BlobSchedule | undefined;
  for (const schedule of schedules) if (schedule.timestampSeconds <= timestampSeconds) current = schedule;
  return current;
}
