// What a check of `gnomon doctor` found.

/**
 * `ok`: as it should be. `note`: worth knowing, changes nothing. `warning`: the node runs, but not as well or as safely as it
 * could. `broken`: the node does not start, or must not be trusted.
 */
export type FindingStatus = 'ok' | 'note' | 'warning' | 'broken';

export interface Finding {
  /** Stable, for scripts: `area.subject`. */
  readonly id: string;
  readonly status: FindingStatus;
  /** What was found, in one sentence. */
  readonly found: string;
  /** What to do; there for warnings and what is broken. */
  readonly advice?: string | undefined;
}

export function ok(id: string, found: string): Finding {
  return { id, status: 'ok', found };
}

export function note(id: string, found: string): Finding {
  return { id, status: 'note', found };
}

export function warning(id: string, found: string, advice: string): Finding {
  return { id, status: 'warning', found, advice };
}

export function broken(id: string, found: string, advice: string): Finding {
  return { id, status: 'broken', found, advice };
}
