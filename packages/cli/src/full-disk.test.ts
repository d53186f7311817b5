import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-full-'));
const disk = join(root, 'disk');
const data = join(root, 'phantom');
const model = join(root, 'model');
const config = jsonFile(join(root, 'config.json'), smallRunConfig({ epochs: 1, agentEvery: 10 }));
mkdirSync(disk);

const mount = (...options: string[]): boolean => spawnSync('mount', options).status === 0;
/** A small disk in memory, where the system lets us make one. */
const canMount =
  mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk) && spawnSync('umount', [disk]).status === 0;

let server: Server;
let url: string;
beforeAll(async () => {
  if (!canMount) return;
  await smallPhantom(data);
  const args = ['--data', data, '--out', model, '--config', config, '--backend', 'wasm'];
  const { code, errors } = await runCommand('train', ...args);
  expect(code, errors.join('\n')).toBe(0);
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const asked =
        JSON.parse(body)
          .messages.at(-1)
          .content.match(/^\d+\. /gm) ?? [];
      const sentences = asked.map((_: string, i: number) => ({ n: i + 1, regions: [] }));
      response.end(JSON.stringify({ choices: [{ message: { content: JSON.stringify({ sentences }) } }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}, 120_000);
afterAll(() => {
  server?.close();
  rmSync(root, { recursive: true, force: true });
});

const at = (name: string): string => join(disk, name);
const wasm = ['--backend', 'wasm'];

/** Command, kilobytes that are too few for it, and its arguments. */
const COMMANDS: readonly (readonly [string, number, () => string[]])[] = [
  ['train', 60, () => ['train', '--data', data, '--out', at('run'), '--config', config, '--resume', ...wasm]],
  ['extract', 12, () => ['extract', '--data', data, '--out', at('features'), '--config', config, ...wasm]],
  ['generate', 40, () => ['generate', '--run', model, '--data', data, '--out', at('reports'), ...wasm]],
  [
    'data phantom',
    60,
    () => [
      'data',
      'phantom',
      '--out',
      at('set'),
      '--train',
      '30',
      '--val',
      '3',
      '--test',
      '3',
      '--size',
      '64',
    ],
  ],
  [
    'annotate',
    28,
    () => [
      'annotate',
      '--data',
      data,
      '--out',
      at('annotation.json'),
      '--again',
      '--cache',
      at('cache.jsonl'),
      '--provider',
      'openai',
      '--base-url',
      url,
      '--model',
      'made-up',
    ],
  ],
];

describe.skipIf(!canMount)('a full disk', () => {
  afterEach(() => {
    spawnSync('umount', [disk]);
  });

  it.each(COMMANDS)(
    'ends raca %s in one line, and the same call goes on when there is room',
    async (_, kilobytes, argv) => {
      expect(mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk)).toBe(true);
      const full = await runCommand(...argv());
      expect(full.code, full.errors.join('\n')).toBe(1);
      const lines = full.errors.filter((line) => line.startsWith('raca: '));
      expect(lines, full.errors.join('\n')).toHaveLength(1);
      expect(lines[0]).toMatch(/no space left on the disk \(ENOSPC\)$/);
      expect(lines[0]).toContain(disk);
      expect(mount('-o', 'remount,size=64m', disk)).toBe(true);
      const again = await runCommand(...argv());
      expect(again.code, again.errors.join('\n')).toBe(0);
      expect(
        readdirSync(disk, { recursive: true }).filter((name) => /\.(tmp|partial|lock)$/.test(String(name))),
      ).toEqual([]);
    },
    60_000,
  );
});
