// Who may talk to the server from a browser. A page on another site can reach a server on localhost in two ways: by a
// cross-site request (stopped by the Origin check) and by pointing its own host name at 127.0.0.1 (stopped by the Host
// check). Programs send no Origin and name the server by address, so they are not concerned.
import { isIP } from 'node:net';

export interface AccessPolicy {
  /** Whether a request that names this origin is answered. */
  allowsOrigin(origin: string): boolean;
  /** Whether a request to this Host header is answered. */
  allowsHost(host: string | undefined): boolean;
}

export interface AccessOptions {
  /** Dev chains allow pages served from localhost. */
  readonly devChain: boolean;
  /** More origins ("https://app.example"), or '*' for all. */
  readonly allowedOrigins: readonly string[];
  /** More host names ("node.example"), or '*' for all. */
  readonly allowedHosts: readonly string[];
}

/** Wallets run in extensions, which the user installed and which may reach localhost anyway. */
const EXTENSION_ORIGIN = /^(chrome|moz|safari-web)-extension:\/\/[0-9A-Za-z-]+$/;

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function isLoopback(name: string): boolean {
  return isLocalName(name) || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** The host name of a URL authority, or undefined when it is malformed. */
function hostNameOf(authority: string): string | undefined {
  if (/[/?#@\\]/.test(authority) || authority === '') return undefined;
  try {
    return new URL(`http://${authority}`).hostname;
  } catch {
    return undefined;
  }
}

export function accessPolicy({ devChain, allowedOrigins, allowedHosts }: AccessOptions): AccessPolicy {
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return {
    allowsOrigin(origin) {
      if (origins.has('*') || origins.has(origin.toLowerCase()) || EXTENSION_ORIGIN.test(origin)) return true;
      const match = /^https?:\/\/([^/]+)$/.exec(origin);
      const name = hostNameOf(match?.[1] ?? '');
      return devChain && name !== undefined && isLoopback(name);
    },
    allowsHost(host) {
      if (hosts.has('*')) return true;
      const name = hostNameOf(host ?? '');
      if (name === undefined) return false;
      return isLocalName(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0 || hosts.has(name);
    },
  };
}
