// One number, the memory that a node may take, shared out among everything that keeps what it could read again, and the pool.
import { ChainError } from '../primitives/errors.ts';
import { type BlockCacheLimits, DEFAULT_BLOCK_CACHE_LIMITS } from './chain/chainStore.ts';
import { type DatabaseLimits, DEFAULT_DATABASE_LIMITS } from './state/databaseLimits.ts';
import { DEFAULT_STATE_LIMITS, type StateLimits } from './state/stateStore.ts';
import { POOL_LIMITS, type PoolLimits } from './txpool/limits.ts';

/** What the named default limits add up to, with everything else: a full state, large blocks and a full pool (docs/spec/state.md). */
export const MEMORY_MIB_DEFAULT = 1_024;

/** Below it the program itself, one block in the making and its garbage leave nothing to share out. */
export const MEMORY_MIB_MIN = 256;

/** Beyond it larger caches were never measured, and a collection of garbage would hold the node for long. */
export const MEMORY_MIB_MAX = 16_384;

/** The program, its libraries and one large block in the making: no limit changes them. */
const FIXED_MIB = 192;

export interface MemoryLimits {
  readonly state: StateLimits;
  readonly blocks: BlockCacheLimits;
  readonly database: DatabaseLimits;
  readonly pool: PoolLimits;
}

/** The share of the default limits, at least `least`. */
function scaled(value: number, share: number, least: number): number {
  return Math.max(least, Math.floor(value * share));
}

/**
 * The limits of a node that is to stay within `mebibytes` of memory.
 * @throws ChainError `INVALID_MEMORY` outside of 256 to 16,384 MiB
 */
export function memoryLimits(mebibytes: number): MemoryLimits {
  if (!Number.isInteger(mebibytes) || mebibytes < MEMORY_MIB_MIN || mebibytes > MEMORY_MIB_MAX) {
    throw new ChainError(
      'INVALID_MEMORY',
      `the memory of a node must be a whole number of MiB from ${MEMORY_MIB_MIN} to ${MEMORY_MIB_MAX}, got ${mebibytes}`,
      { minimum: MEMORY_MIB_MIN, maximum: MEMORY_MIB_MAX, got: mebibytes },
    );
  }
  const share = (mebibytes - FIXED_MIB) / (MEMORY_MIB_DEFAULT - FIXED_MIB);
  const [state, blocks, database] = [DEFAULT_STATE_LIMITS, DEFAULT_BLOCK_CACHE_LIMITS, DEFAULT_DATABASE_LIMITS];
  return {
    state: {
      accountsMax: scaled(state.accountsMax, share, 2_048),
      slotsMax: scaled(state.slotsMax, share, 4_096),
      codesMax: scaled(state.codesMax, share, 32),
      accountNodesMax: scaled(state.accountNodesMax, share, 2_048),
      storageNodesMax: scaled(state.storageNodesMax, share, 2_048),
    },
    blocks: {
      headersMax: scaled(blocks.headersMax, share, 512),
      blocksMax: scaled(blocks.blocksMax, share, 16),
      itemsMax: scaled(blocks.itemsMax, share, 2_048),
    },
    database: {
      blockCacheBytes: scaled(database.blockCacheBytes, share, 4 * 1024 * 1024),
      // Larger ones only make a start after a crash longer.
      writeBufferBytes: Math.min(database.writeBufferBytes, scaled(database.writeBufferBytes, share, 4 * 1024 * 1024)),
      openFilesMax: scaled(database.openFilesMax, share, 64),
    },
    // A larger pool would hold more than blocks can take before fees move on.
    pool: {
      ...POOL_LIMITS,
      countMax: Math.min(POOL_LIMITS.countMax, scaled(POOL_LIMITS.countMax, share, 4_096)),
      bytesMax: Math.min(POOL_LIMITS.bytesMax, scaled(POOL_LIMITS.bytesMax, share, 8 * 1024 * 1024)),
      sidecarBytesMax: Math.min(
        POOL_LIMITS.sidecarBytesMax,
        scaled(POOL_LIMITS.sidecarBytesMax, share, 8 * 1024 * 1024),
      ),
      submissionBytesMax: Math.min(
        POOL_LIMITS.submissionBytesMax,
        scaled(POOL_LIMITS.submissionBytesMax, share, 8 * 1024 * 1024),
      ),
    },
  };
}
