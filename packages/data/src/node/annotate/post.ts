import { lookup } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isLoopback, type ServerAddress } from './address';

/** What a server answered. */
export interface PostAnswer {
  readonly status: number;
  /** Seconds that the server asks to wait. */
  readonly retryAfter?: number;
  readonly body: string;
}

export interface PostOptions {
  readonly key?: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Refuse to connect to anything but a loopback address, whatever a name resolves to. */
  readonly localOnly: boolean;
}

/** Answers longer than this are no answers to our questions. */
const MOST_BYTES = 4 * 2 ** 20;

/** Own agents: those of the program may be told by its surroundings to go through a proxy. */
const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};

/** Posts JSON. Redirects are answers like others and never followed. @throws Error on any failure of the exchange */
export function postJson(
  address: ServerAddress,
  path: string,
  value: unknown,
  options: PostOptions,
): Promise<PostAnswer> {
  const { protocol, hostname, port, socket } = address;
  const body = JSON.stringify(value);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
  };
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const where = socket ? { socketPath: socket } : { hostname, port: port || undefined };
  const { request } = protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      if (options.signal?.aborted) reject(options.signal.reason);
      else if (timeout.aborted)
        reject(new Error(`expected an answer within ${options.timeoutMs / 1000} s, found none`));
      else reject(error);
    };
    const call = request(
      {
        ...where,
        agent: agents[protocol],
        method: 'POST',
        path: `${address.path}${path}`,
        headers,
        signal,
        lookup: options.localOnly ? localLookup : undefined,
      },
      (answer) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > MOST_BYTES) call.destroy(new Error(`expected at most ${MOST_BYTES} bytes, found more`));
          else parts.push(part);
        });
        answer.on('error', fail);
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            retryAfter: secondsToWait(answer.headers['retry-after']),
            body: Buffer.concat(parts).toString('utf8'),
          });
        });
      },
    );
    call.on('error', fail);
    call.end(body);
  });
}

/** Name look-up that fails unless every address found is this machine's loopback. */
const localLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const stray = error ? undefined : found.find(({ address }) => !isLoopback(address));
    const refusal = stray
      ? new Error(`expected ${hostname} to be this machine, found ${stray.address}`)
      : error;
    if (refusal) callback(refusal, '', 0);
    else if (options.all) callback(null, found);
    else callback(null, found[0].address, found[0].family);
  });
};

/** `Retry-After`: seconds or a date. */
function secondsToWait(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
