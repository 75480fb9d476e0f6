// How the requests of an attack ended: counts of answers, and of refusals by reason.

/** Longer reasons are the words of one request, not of a rule. */
const REASON_LENGTH_MAX = 60;
/** The internal error of JSON-RPC: nothing that a client sends may cause it. */
const INTERNAL_ERROR = -32603;

export interface Outcomes {
  /** Requests that were answered with a result. */
  accepted: number;
  /** Error answers, closed connections and HTTP refusals, by their reason. */
  readonly refused: Record<string, number>;
  internalErrors: number;
}

export function noOutcomes(): Outcomes {
  return { accepted: 0, refused: {}, internalErrors: 0 };
}

export function countRefusal(outcomes: Outcomes, reason: string): void {
  const words = (reason.split(/[:;(]/)[0] as string).replace(/0x[0-9a-f]+|\d[\d,]*/gi, '#').slice(0, REASON_LENGTH_MAX);
  outcomes.refused[words] = (outcomes.refused[words] ?? 0) + 1;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Counts the answers in the body of an HTTP response. */
export function countAnswers(outcomes: Outcomes, text: string): void {
  const parsed = JSON.parse(text) as Answer | Answer[];
  for (const { error } of Array.isArray(parsed) ? parsed : [parsed]) {
    if (error === undefined) outcomes.accepted++;
    else {
      if (error.code === INTERNAL_ERROR) outcomes.internalErrors++;
      countRefusal(outcomes, error.message);
    }
  }
}

/** The sum of several. */
export function sumOutcomes(all: readonly Outcomes[]): Outcomes {
  const sum = noOutcomes();
  for (const { accepted, refused, internalErrors } of all) {
    sum.accepted += accepted;
    sum.internalErrors += internalErrors;
    for (const [reason, count] of Object.entries(refused)) sum.refused[reason] = (sum.refused[reason] ?? 0) + count;
  }
  return sum;
}
