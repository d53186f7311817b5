import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
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
import { jsonFile, smallPhantom, smallRunConfig } from '../testing/small-run';
import { type HostileCase, Place } from './case';
import { CHECKPOINTS } from './checkpoints';
import { CommandServer } from './command-server';
import { CONFIGS } from './configs';
import { DATA_SETS } from './data-sets';
import { IMPORT_SOURCES } from './import-sources';
import { IMPORTS } from './imports';
import { PICTURES } from './pictures';
import { RUNS } from './runs';
import { TABLES } from './tables';

const built = existsSync(fileURLToPath(new URL('../../dist/index.cjs', import.meta.url)));
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to attack');

const CASES: Readonly<Record<string, readonly HostileCase[]>> = {
  pictures: PICTURES,
  'data sets': DATA_SETS,
  imports: IMPORTS,
  'import sources': IMPORT_SOURCES,
  tables: TABLES,
  configs: CONFIGS,
  'run folders': RUNS,
  checkpoints: CHECKPOINTS,
};

/** Memory that the process of a command may take at its peak, in bytes. */
const MOST_MEMORY = 1e9;
/** A command that takes longer is named, in milliseconds; a busy machine is slow, so it does not fail. */
const SLOW = 10_000;

const root = mkdtempSync(join(tmpdir(), 'raca-hostile-'));
const data = join(root, 'phantom');
const trained = join(root, 'trained');
const outside = join(root, 'outside');
const config = join(root, 'config.json');
const server = new CommandServer();

beforeAll(async () => {
  if (!built) return;
  mkdirSync(outside);
  writeFileSync(join(outside, 'canary'), 'alive');
  writeFileSync(join(outside, 'canary.png'), 'alive');
  await smallPhantom(data);
  jsonFile(config, smallRunConfig({ epochs: 1, agentEvery: 10 }));
  const args = ['train', '--data', data, '--out', trained, '--config', config, '--backend', 'wasm'];
  const { code, stderr } = await server.run(args, root);
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(() => {
  server.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Everything that a case may not touch: names, and hashes of what is small. */
function untouched(): string {
  const sum = createHash('sha256');
  for (const entry of readdirSync(root)) if (!entry.startsWith('case-')) sum.update(`${entry}\n`);
  for (const folder of [outside, trained, data]) {
    for (const entry of readdirSync(folder, { recursive: true })) {
      const path = join(folder, String(entry));
      sum.update(`${path} ${lstatSync(path).isFile() ? readFileSync(path).toString('base64') : ''}\n`);
    }
  }
  return sum.digest('hex');
}

let cases = 0;
const most = { peak: 0, milliseconds: 0 };

describe.skipIf(!built).each(Object.entries(CASES))('hostile %s', (_, list) => {
  it.each(list)(
    '%s',
    async (what, arrange, says) => {
      const here = mkdtempSync(join(root, 'case-'));
      try {
        const run = join(here, 'run');
        cpSync(trained, run, { recursive: true });
        const before = untouched();
        const argv = await arrange(new Place(here, run, data, config));
        const { code, stdout, stderr, peak, milliseconds } = await server.run(argv, root);
        most.peak = Math.max(most.peak, peak);
        most.milliseconds = Math.max(most.milliseconds, milliseconds);
        if (milliseconds > SLOW) console.warn(`${what}: ${(milliseconds / 1000).toFixed(0)} s`);
        const lines = stderr.split('\n').filter((line) => line.startsWith('raca: '));
        expect([1, 2], `${stderr}\n${stdout}`).toContain(code);
        expect(lines, stderr).toHaveLength(1);
        expect(lines[0]).toMatch(says);
        expect(lines[0]).not.toMatch(/\[object|undefined|NaN|Cannot read|is not a function|call stack/);
        expect(lines[0].length, lines[0]).toBeLessThan(1000);
        expect(`${stdout}${stderr}`).not.toMatch(/^ {4}at .*[:)]\d/m);
        expect(`${stdout}${stderr}`.replace(/[\n\t]/g, ' ')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(peak / 1e9).toBeLessThan(MOST_MEMORY / 1e9);
        expect(untouched()).toBe(before);
      } finally {
        rmSync(here, { recursive: true, force: true });
      }
      cases++;
    },
    60_000,
  );
});

it.skipIf(!built)('are many', () => {
  console.log(
    `${cases} hostile inputs: at most ${(most.peak / 1e6).toFixed(0)} MB and ${(most.milliseconds / 1000).toFixed(1)} s`,
  );
  expect(cases).toBeGreaterThan(120);
});
