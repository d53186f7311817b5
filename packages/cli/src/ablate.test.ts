import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runCommand } from './testing/run-command';
import { smallPhantom, smallRunConfig } from './testing/small-run';

const command = fileURLToPath(new URL('../dist/raca.js', import.meta.url));
const built = existsSync(command);
if (!built) console.warn('skipped: packages/cli is not built, so there is no command for child processes');

const root = mkdtempSync(join(tmpdir(), 'raca-ablate-'));
const data = join(root, 'phantom');
const file = join(root, 'grid.yaml');
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A user's own fusion: the patches themselves, times a weight. */
const MODULE = `
export default (config, { width }) => ({
  info: { package: 'mine', version: '1.0.0', name: 'mine', config },
  parameters: new Map(),
  fuse({ features: { patches, present } }) {
    if (patches.shape[2] !== width) throw new Error('width');
    return { tokens: patches, present, parts: [{ name: 'patches', from: 0, to: patches.shape[1] }] };
  },
  dispose() {},
});
`;

const rows = {
  base: { model: { agent: null, alignment: null, fusion: null } },
  mine: { model: { agent: null, alignment: null, fusion: { use: './mine.mjs' } } },
  broken: { model: { decoder: { config: { heads: 3 } } } },
};

/** The command in a process of its own; its lines on standard error are collected. */
function start(
  grid: string,
  out: string,
): { child: ChildProcess; errors: string[]; ended: Promise<number | null> } {
  const argv = ['ablate', '--config', grid, '--seeds', '1', '--out', out, '--backend', 'wasm'];
  const child = spawn(process.execPath, [command, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  child.stderr!.on('data', (chunk) => errors.push(String(chunk)));
  return { child, errors, ended: new Promise((resolve) => child.on('close', resolve)) };
}

/** Waits until something holds; a run takes some seconds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(!built)('raca ablate', () => {
  beforeAll(async () => {
    await smallPhantom(data);
    writeFileSync(join(root, 'mine.mjs'), MODULE);
    writeFileSync(file, stringify({ base: smallRunConfig({ epochs: 2, seed: 1 }), data: './phantom', rows }));
  });

  it('trains rows with a user’s module, isolates one that fails, and ends with 1', async () => {
    const out = join(root, 'whole');
    const { code, stdout, errors } = await runCommand(
      ...['ablate', '--config', file, '--seeds', '1', '--out', out, '--backend', 'wasm'],
    );
    expect(code).toBe(1);
    expect(errors.join('\n')).toMatch(
      /3\/3 broken, seed 1: failed: train: model\.decoder \(transformer\): .*heads/,
    );
    expect(errors.join('\n')).toMatch(/2\/3 mine, seed 1: done in \d+ s/);
    expect(stdout).toMatch(/\| base \| 1\/1 \| [\d.]+ \|/);
    expect(stdout).toMatch(/\| mine \| 1\/1 \| [\d.]+ \|/);
    expect(stdout).toMatch(/\| broken \| 0\/1 \(failed\) \| – \|/);
    // the user's module changes nothing here, so both rows say the same
    const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
    const micro = results.analyses[0].scores.filter(
      ({ key }: { key: string }) => key === 'clinical/micro/f1/14',
    );
    expect(micro[1]).toMatchObject({ row: 'mine', mean: micro[0].mean, test: { difference: 0, pValue: 1 } });
    const { modules } = JSON.parse(readFileSync(join(out, 'runs/mine/seed-1/run.json'), 'utf8'));
    expect(modules.fusion).toMatchObject({ package: 'mine', version: '1.0.0' });
    for (const name of ['table.md', 'table.tex', 'table.csv', 'ablation.html'])
      expect(existsSync(join(out, name)), name).toBe(true);
  }, 180_000);

  it('goes on after Ctrl-C and after a kill, with the numbers of an undisturbed one', async () => {
    const out = join(root, 'disturbed');
    const alone = join(root, 'alone.yaml');
    writeFileSync(
      alone,
      stringify({ base: smallRunConfig({ epochs: 2, seed: 1 }), data, rows: { base: rows.base } }),
    );
    const run = new RunFolder(join(out, 'runs/base/seed-1'));
    const first = start(alone, out);
    await until(() => run.readMetrics().length > 0);
    first.child.kill('SIGINT');
    expect(await first.ended, first.errors.join('')).toBe(130);
    expect(first.errors.join('')).toMatch(/the same command goes on/);
    const stopped = JSON.parse(readFileSync(run.path('state.json'), 'utf8'));
    expect(stopped).toMatchObject({ finished: false });
    expect(stopped.step).toBeGreaterThan(0);

    const second = start(alone, out);
    await until(() => run.readMetrics().some(({ step }) => step > stopped.step));
    second.child.kill('SIGKILL');
    await second.ended;

    const third = start(alone, out);
    expect(await third.ended, third.errors.join('')).toBe(0);
    expect(third.errors.join('')).toMatch(/1\/1 base, seed 1: done/);
    const [whole, disturbed] = ['whole', 'disturbed'].map((name) =>
      readFileSync(join(root, name, 'table.csv'), 'utf8')
        .split('\n')
        .filter((line) => line.includes(',base,')),
    );
    expect(disturbed.length).toBeGreaterThan(6);
    expect(disturbed).toEqual(whole);
  }, 240_000);

  it('refuses wrong use in one line', async () => {
    const out = join(root, 'none');
    const without = join(root, 'without.yaml');
    writeFileSync(without, stringify({ base: 'small' }));
    const noData = await runCommand('ablate', '--config', without, '--out', out);
    expect([noData.code, noData.errors]).toEqual([
      2,
      ['raca: --data: expected a data set folder, found neither the option nor data in the grid'],
    ]);
    writeFileSync(without, stringify({ base: 'small', rows: { a: { model: { fusoin: null } } } }));
    const typo = await runCommand('ablate', '--config', without, '--out', out, '--data', data);
    expect(typo.code).toBe(1);
    expect(typo.errors).toHaveLength(1);
    expect(typo.errors[0]).toMatch(/rows\.a: model: .*fusoin/);
    expect((await runCommand('ablate', '--config', 'nowhere.yaml', '--out', out)).code).toBe(2);
  });
});
