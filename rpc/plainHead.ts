// Recognises the one shape in which nearly all JSON-RPC requests come: `POST / HTTP/1.1` with a Content-Length and nothing
// that changes the meaning of a message. It says yes or nothing: every other request, be it unusual, malformed, chunked,
// an upgrade, from a browser or refused, is read by node:http, so its strictness and its answers stay the only ones.
import type { AccessPolicy } from './access.ts';
import { CONTENT_TYPES } from './contentTypes.ts';
import type { RpcLimits } from './limits.ts';

/** A longer head is not plain: real ones of programs have 100 to 400 bytes. */
export const PLAIN_HEAD_BYTES_MAX = 2_048;
/** Heads that are remembered; a client sends the same one again and again but for the length. */
const KNOWN_HEADS_MAX = 512;

/** RFC 9112 §2.1 and RFC 9110 §5.5 without what is deprecated there: no folding, no bare CR or LF, ASCII only. */
const HEAD_PATTERN = /^POST \/ HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n)+$/;
/** Fields that change what a message is or what must be answered to it. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'origin',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export class PlainHeads {
  readonly #access: AccessPolicy;
  readonly #bodyBytesMax: number;
  readonly #known = new Map<string, number>();

  constructor(access: AccessPolicy, limits: RpcLimits) {
    this.#access = access;
    this.#bodyBytesMax = limits.bodyBytesMax;
  }

  /**
   * The length of the body, in bytes, of a plain request that is allowed, or undefined for any other.
   * `head` is all lines with their ends, but not the empty line.
   */
  bodyBytes(head: string): number | undefined {
    const known = this.#known.get(head);
    if (known !== undefined) return known;
    const bodyBytes = this.#read(head);
    if (bodyBytes === undefined) return undefined;
    if (this.#known.size >= KNOWN_HEADS_MAX) this.#known.clear();
    this.#known.set(head, bodyBytes);
    return bodyBytes;
  }

  #read(head: string): number | undefined {
    if (!HEAD_PATTERN.test(head)) return undefined;
    const fields = fieldsOf(head);
    if (fields === undefined) return undefined;
    const { host, connection = 'keep-alive' } = fields;
    const contentType = (fields['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const length = fields['content-length'] ?? '';
    const isPlain =
      host !== undefined &&
      this.#access.allowsHost(host) &&
      connection.toLowerCase() === 'keep-alive' &&
      CONTENT_TYPES.has(contentType) &&
      /^[1-9][0-9]{0,8}$/.test(length) &&
      Number(length) <= this.#bodyBytesMax;
    return isPlain ? Number(length) : undefined;
  }
}

/** The fields by lower-case name, or undefined when one stands there twice or changes the message. */
function fieldsOf(head: string): Record<string, string> | undefined {
  const fields: Record<string, string> = Object.create(null);
  for (const line of head.split('\r\n').slice(1, -1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (NOT_PLAIN.has(name) || name in fields) return undefined;
    fields[name] = line.slice(colon + 1).trim();
  }
  return fields;
}
