import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseAddress } from './address';
import { postJson } from './post';

/** What the name look-up of this machine says, as a hosts file might. */
const names = vi.hoisted(() => new Map<string, { address: string; family: number }[]>());
vi.mock('node:dns', () => ({
  lookup: (name: string, _: object, done: (error: Error | null, found: unknown) => void) =>
    done(null, names.get(name)),
}));

let server: Server;
let answer: { status?: number; headers?: Record<string, string>; body?: string };
let calls = 0;

beforeEach(async () => {
  [answer, calls] = [{}, 0];
  server = createServer((request, response) => {
    calls++;
    request.resume();
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body ?? '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const post = (host: string, options = {}) =>
  postJson(
    parseAddress(`http://${host}:${(server.address() as AddressInfo).port}/v1`),
    '/chat',
    {},
    { timeoutMs: 2000, localOnly: true, ...options },
  );

it('reaches this machine by name', async () => {
  names.set('localhost', [{ address: '127.0.0.1', family: 4 }]);
  expect((await post('localhost')).status).toBe(200);
});

it('connects to no other machine, though its name be localhost', async () => {
  names.set('localhost', [
    { address: '127.0.0.1', family: 4 },
    { address: '192.0.2.1', family: 4 },
  ]);
  await expect(post('localhost')).rejects.toThrow('expected localhost to be this machine, found 192.0.2.1');
  expect(calls).toBe(0);
});

it.each([
  ['7', 7],
  ['0', 0],
  [new Date(Date.now() - 5000).toUTCString(), 0],
  ['soon', undefined],
])('reads Retry-After: %s', async (header, seconds) => {
  answer = { status: 429, headers: { 'retry-after': header } };
  expect(await post('127.0.0.1')).toEqual({ status: 429, retryAfter: seconds, body: '{}' });
});

it('reads a date in Retry-After', async () => {
  answer = { status: 503, headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() } };
  const { retryAfter } = await post('127.0.0.1');
  expect(Math.round((retryAfter ?? 0) / 60)).toBe(60);
});

it('reads no endless answer', async () => {
  answer = { body: 'x'.repeat(5 * 2 ** 20) };
  await expect(post('127.0.0.1')).rejects.toThrow('expected at most 4194304 bytes, found more');
});
