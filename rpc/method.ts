// One JSON-RPC method: the parsers of its parameters and what it does with their values.
import { invalidParams, type Parser } from './params/values.ts';
import type { Subscriber } from './subscriptions.ts';

/** Who asks. */
export interface Session {
  /** There on WebSocket connections only. */
  readonly subscriber: Subscriber | undefined;
  /** Fires when the client has gone. Made when first asked for, because few methods do. */
  readonly signal: AbortSignal | undefined;
}

/** JSON that is written already, for answers that would cost more as objects. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A method as the dispatcher calls it: answers with JSON without bigints or with {@link JsonText}, now or by a promise. */
export type Method = (values: readonly unknown[], session: Session) => unknown;
/** Methods by their full names. */
export type Methods = Readonly<Record<string, Method>>;

/** The parsers of a list of values. */
type Parsers<Values extends readonly unknown[]> = readonly [...{ [Index in keyof Values]: Parser<Values[Index]> }];

/**
 * Makes a method that parses its parameters in order and refuses surplus ones. When called it throws RpcError -32602
 * naming the parameter and what was expected.
 */
export function method<Values extends readonly unknown[]>(
  parsers: Parsers<Values>,
  run: NoInfer<(...values: Values) => unknown>,
): Method {
  return sessionMethod<Values>(parsers, (_session, ...values) => run(...values));
}

/** A {@link method} that is told who asks. */
export function sessionMethod<Values extends readonly unknown[]>(
  parsers: Parsers<Values>,
  run: NoInfer<(session: Session, ...values: Values) => unknown>,
): Method {
  const places = parsers.map((_parse, index) => `argument ${index}`);
  return (values, session) => {
    if (values.length > parsers.length)
      throw invalidParams(`too many arguments: expected at most ${parsers.length}, got ${values.length}`);
    const parsed = parsers.map((parse, index) => parse(values[index], places[index] ?? ''));
    return run(session, ...(parsed as unknown as Values));
  };
}
