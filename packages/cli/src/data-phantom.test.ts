import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-phantom-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const make = (name: string, ...more: string[]) =>
  runCommand('data', 'phantom', '--out', at(name), '--train', '8', '--val', '2', '--test', '2', ...more);

describe('raca data phantom --timeline', () => {
  beforeAll(async () => {
    expect((await make('set', '--timeline', '--size', '64')).code).toBe(0);
  });

  it('prints what the folder holds, also when it is there already', async () => {
    const { code, stdout } = await make('set', '--timeline', '--size', '64');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /set: \d+ \/ \d+ \/ \d+ studies \(there already\)\n12 patients; \d+ of \d+ studies/,
    );
    expect(stdout).toMatch(/changes stated, of these: new [\d.]+ %, larger .*removed [\d.]+ %\n/);
    expect(stdout).toMatch(
      /views: frontal .*swapped .*\nindications: absent .*telling ones true: [\d.]+ %\n$/,
    );
  });

  it('gives the same numbers as JSON and in the manifest', async () => {
    const { stdout } = await make('set', '--timeline', '--size', '64', '--json');
    const { counts, statistics } = JSON.parse(stdout);
    expect(counts.train + counts.val + counts.test).toBe(statistics.studies);
    expect(JSON.parse(readFileSync(at('set/manifest.json'), 'utf8')).timeline).toEqual(statistics);
  });

  it('makes a set that the present model trains on and is evaluated on', async () => {
    const config = jsonFile(at('config.json'), smallRunConfig({ epochs: 1 }));
    const run = ['--data', at('set'), '--backend', 'wasm'];
    const trained = await runCommand('train', ...run, '--out', at('run'), '--config', config);
    expect(trained.code, trained.errors.join('\n')).toBe(0);
    const evaluated = await runCommand('evaluate', ...run, '--run', at('run'));
    expect(evaluated.code, evaluated.errors.join('\n')).toBe(0);
  });

  it('refuses to draw patients over time for real reports', async () => {
    const { code, errors } = await make('other', '--timeline', '--reports', at('set'));
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toMatch(/--timeline: expected without --reports, found both/);
  });
});

it('counts studies without --timeline', async () => {
  const { code, stdout } = await make('plain', '--size', '32');
  expect([code, stdout]).toEqual([0, `${at('plain')}: 8 / 2 / 2 studies\n`]);
});
