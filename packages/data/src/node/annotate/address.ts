import { isIP } from 'node:net';
import { DataError, shown } from '../../errors';

/** An address that cannot be meant, or one to which this text may not be sent. */
export class AddressError extends DataError {}

/** Where a server listens. */
export interface ServerAddress {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: string;
  /** Path before `/chat/completions`, such as `/v1`. */
  readonly path: string;
  /** A socket file instead of host and port. */
  readonly socket?: string;
}

/**
 * Reads `http://127.0.0.1:8000/v1`, `https://host/v1` or `unix:/run/server.sock:/v1`.
 * @throws AddressError in one line; a user name or password is refused, since addresses end up in logs
 */
export function parseAddress(text: string): ServerAddress {
  const socket = /^unix:(\/[^:]+)(?::(\/.*))?$/.exec(text);
  if (socket) {
    const path = (socket[2] ?? '/v1').replace(/\/+$/, '');
    return { protocol: 'http:', hostname: 'localhost', port: '', path, socket: socket[1] };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.username || url.password)) {
    throw new AddressError('server address: expected no user name or password in it; use an API key');
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new AddressError(
      `server address: expected http://, https:// or unix:/socket:/path, found ${shown(text)}`,
    );
  }
  if (url.search || url.hash) {
    throw new AddressError(`server address: expected no "?" and no "#", found ${shown(text)}`);
  }
  const { protocol, hostname, port, pathname } = url;
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: pathname.replace(/\/+$/, '') };
}

/**
 * Whether what is sent there stays on this machine: a socket file, 127.0.0.0/8, ::1, or the name `localhost`.
 * Private networks are other machines; other names are not looked up, since an answer may change.
 */
export function isLocal({ hostname, socket }: ServerAddress): boolean {
  return socket !== undefined || hostname === 'localhost' || isLoopback(hostname);
}

/** Whether an IP address is a loopback address. */
export function isLoopback(ip: string): boolean {
  if (isIP(ip) === 4) return ip.startsWith('127.');
  if (isIP(ip) !== 6) return false;
  const text = new URL(`http://[${ip.split('%')[0]}]`).hostname.slice(1, -1); // shortest spelling
  return text === '::1' || /^::ffff:7f[0-9a-f]{2}:/.test(text);
}
