/**
 * A rule that input broke. `code` is stable and is what callers switch on; `message` is for people and says what was
 * wrong, what was expected and what was got; `data` holds the evidence.
 */
export class ChainError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChainError';
    this.code = code;
    this.data = data;
  }
}

/** A broken invariant: a bug or a damaged machine, never input. It must stop the node. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Stops the node when something that must hold does not. Use for bugs, never to validate input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
