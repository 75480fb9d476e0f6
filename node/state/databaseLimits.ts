// What LevelDB may take of the memory.

export interface DatabaseLimits {
  /** LevelDB's read cache. Hot records are cached decoded by the state store; this one serves the trie and receipts. */
  readonly blockCacheBytes: number;
  /** What is collected in memory before a table file is written; twice as much while it is. */
  readonly writeBufferBytes: number;
  /** Files that are open at once. Each is mapped into memory, 2 MiB at most, which counts as the node's as far as it was read. */
  readonly openFilesMax: number;
}

/** The write buffer takes some ten blocks of full size. */
export const DEFAULT_DATABASE_LIMITS: DatabaseLimits = {
  blockCacheBytes: 32 * 1024 * 1024,
  writeBufferBytes: 16 * 1024 * 1024,
  openFilesMax: 256,
};
