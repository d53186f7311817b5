import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const program = fileURLToPath(new URL('../dist/raca.js', import.meta.url));
/** Permissions do not bind the administrator, so the commands run as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const root = mkdtempSync(join(tmpdir(), 'raca-permission-'));
const at = (name: string): string => join(root, name);

function raca(...argv: string[]) {
  const { status, stderr, error } = spawnSync(process.execPath, [program, ...argv], {
    ...nobody,
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, HOME: root },
  });
  const lines = (stderr ?? '').split('\n').filter((line) => line.startsWith('raca: '));
  return { status, stderr, lines, error };
}
const works = existsSync(program) && raca('--version').status === 0;
if (!works) console.warn('skipped: the built command cannot be run by a user without permissions here');

const data = at('data');
const run = at('run');
const closed = at('closed');
const config = at('config.json');
const table = at('table.csv');
const wasm = ['--backend', 'wasm'];

beforeAll(async () => {
  if (!works) return;
  await smallPhantom(data);
  jsonFile(config, smallRunConfig({ epochs: 1 }));
  writeFileSync(table, 'id,report\na,heart size is normal .\n');
  mkdirSync(closed);
  writeFileSync(join(closed, 'precious'), 'x');
  chmodSync(root, 0o777);
  const { status, stderr } = raca('train', '--data', data, '--out', run, '--config', config, ...wasm);
  expect(status, stderr).toBe(0);
  for (const folder of [closed, data]) chmodSync(folder, 0o555);
  chmodSync(run, 0o555);
}, 120_000);
afterAll(() => {
  for (const folder of [closed, data, run]) if (existsSync(folder)) chmodSync(folder, 0o755);
  rmSync(root, { recursive: true, force: true });
});

/** A copy of the data set with one file that nobody may read. */
function withSecret(name: string, file: (dir: string) => string): string {
  const dir = at(name);
  cpSync(data, dir, { recursive: true });
  chmodSync(dir, 0o777);
  chmodSync(file(dir), 0);
  return dir;
}
/** One that training reads. */
const anImage = (dir: string): string =>
  join(dir, 'images', JSON.parse(readFileSync(join(dir, 'annotation.json'), 'utf8')).train[0].image_path[0]);

describe.skipIf(!works)('a folder in which nothing may be written', () => {
  it.each<readonly [string, readonly string[]]>([
    ['train', ['train', '--data', data, '--out', join(closed, 'run'), '--config', config, ...wasm]],
    ['train into it', ['train', '--data', data, '--out', closed, '--config', config, ...wasm]],
    ['import', ['data', 'import', 'iu-xray', '--from', data, '--out', join(closed, 'set')]],
    [
      'phantom',
      ['data', 'phantom', '--out', join(closed, 'set'), '--train', '1', '--val', '1', '--test', '1'],
    ],
    ['annotate', ['annotate', '--data', data, '--again']],
    ['extract', ['extract', '--data', data, '--out', join(closed, 'features'), '--config', config, ...wasm]],
    ['generate', ['generate', '--run', run, '--data', data, '--out', join(closed, 'reports'), ...wasm]],
    ['evaluate', ['evaluate', '--run', run, '--data', data, ...wasm]],
    ['label', ['label', '--in', table, '--out', join(closed, 'labels.csv')]],
    ['data show', ['data', 'show', data, '--out', join(closed, 'page.html')]],
  ])('%s says so in one line and leaves all as it was', (_, argv) => {
    const before = [closed, data, run].map((folder) => readdirSync(folder).sort());
    const { status, lines, stderr } = raca(...argv);
    expect(status, stderr).toBe(1);
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toMatch(/: permission denied \(EACCES\)$/);
    expect(lines[0]).toContain(root); // the file or folder is named
    expect([closed, data, run].map((folder) => readdirSync(folder).sort())).toEqual(before);
  });
});

describe.skipIf(!works)('a file that may not be read', () => {
  it.each<readonly [string, () => readonly string[]]>([
    [
      'an image, in training',
      () => ['train', '--data', withSecret('a', anImage), '--out', at('out-a'), '--config', config, ...wasm],
    ],
    [
      'an image, in an import',
      () => ['data', 'import', 'iu-xray', '--from', withSecret('b', anImage), '--out', at('out-b')],
    ],
    [
      'an image, in an extraction',
      () => [
        'extract',
        '--data',
        withSecret('c', anImage),
        '--out',
        at('out-c'),
        '--config',
        config,
        ...wasm,
      ],
    ],
    ['an image, in a check', () => ['data', 'check', withSecret('d', anImage)]],
    [
      'an image, shown',
      () => [
        'data',
        'show',
        withSecret('e', anImage),
        '--out',
        at('e.html'),
        '--images',
        '1000',
        '--samples',
        '36',
      ],
    ],
    [
      'an image, for reports',
      () => [
        'generate',
        '--run',
        run,
        '--data',
        withSecret('f', anImage),
        '--split',
        'all',
        '--out',
        at('out-f'),
        ...wasm,
      ],
    ],
    [
      'an annotation',
      () => [
        'train',
        '--data',
        withSecret('g', (dir) => join(dir, 'annotation.json')),
        '--out',
        at('out-g'),
        '--config',
        config,
        ...wasm,
      ],
    ],
    [
      'a manifest, annotated',
      () => ['annotate', '--data', withSecret('h', (dir) => join(dir, 'manifest.json'))],
    ],
  ])('%s ends the work: it is no fault of the data', (_, argv) => {
    const { status, lines, stderr } = raca(...argv());
    expect(status, stderr).toBe(1);
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toMatch(/: permission denied \(EACCES\)/);
  });
});
