// Warnings that come again and again are shown a few times and then counted, so that nobody can fill a disk by causing them.
import type { NodeLog } from '../node/node.ts';

/** How often one warning is shown within a window. */
export const SAME_WARNINGS_MAX = 10;
/** Length of a window in milliseconds. */
export const WARNING_WINDOW_MS = 60_000;
/** Different warnings that are remembered; more than the program has, so that messages with parts from outside stay bounded. */
export const WARNING_KINDS_MAX = 256;

interface Window {
  readonly endsMs: number;
  shown: number;
  hidden: number;
}

/** `log` with every warning limited by its message; what was hidden is told when the window is over and it comes again. */
export function limitWarnings(log: NodeLog, nowMs: () => number): NodeLog {
  const windows = new Map<string, Window>();

  function windowOf(message: string): Window {
    const now = nowMs();
    const open = windows.get(message);
    if (open !== undefined && now < open.endsMs) return open;
    windows.delete(message);
    if (windows.size >= WARNING_KINDS_MAX) for (const oldest of windows.keys()) if (windows.delete(oldest)) break;
    const fresh = { endsMs: now + WARNING_WINDOW_MS, shown: 0, hidden: 0 };
    windows.set(message, fresh);
    if (open !== undefined && open.hidden > 0) log.warn('warnings were not shown', { message, count: open.hidden });
    return fresh;
  }

  return {
    info: (message, detail) => log.info(message, detail),
    error: (message, detail) => log.error(message, detail),
    warn(message, detail) {
      const window = windowOf(message);
      if (window.shown >= SAME_WARNINGS_MAX) {
        window.hidden++;
        return;
      }
      window.shown++;
      const isLast = window.shown === SAME_WARNINGS_MAX;
      log.warn(message, isLast ? { ...detail, note: 'the same warning is counted from here on, not shown' } : detail);
    },
  };
}
