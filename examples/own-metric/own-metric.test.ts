import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as raca } from '@raca/cli';
import { makePhantom } from '@raca/data/node';
import { measure, pairReports } from '@raca/metrics';
import { RunFolder } from '@raca/pipeline/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import briefAndRight from './brief-and-right.mjs';
import sideF1 from './side-f1.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const references = ['Small left pleural effusion.', 'Right pneumothorax.'];

describe('by hand', () => {
  it('the metric pools sided findings', () => {
    const said = ['Right pleural effusion.', 'Right pneumothorax. Left pneumothorax.'];
    const { corpus, perReport } = measure(sideF1, pairReports(references, said));
    // both: pneumothorax right; said: effusion right, pneumothorax right and left; there: 2
    expect(corpus['side-f1']).toBeCloseTo(2 / 5, 12);
    expect(perReport.map((scores) => scores['side-f1'])).toEqual([0, 2 / 3]);
  });

  it('the reward is F1 less a hundredth a word too many', () => {
    const [effusion] = references;
    const rewards = briefAndRight([effusion, effusion], [effusion, `${effusion} Not much else is seen.`]);
    expect(rewards[0]).toBe(1);
    expect(rewards[1]).toBeCloseTo(1 - 0.05, 12);
  });
});

describe('by path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-metric-'));
  const at = (name: string): string => join(folder, name);
  const printed: string[] = [];
  const said: string[] = [];
  async function run(...argv: string[]): Promise<number> {
    printed.length = 0;
    said.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
    const code = await raca(argv);
    vi.restoreAllMocks();
    return code;
  }

  beforeAll(async () => {
    await makePhantom({ out: at('phantom'), train: 16, val: 4, test: 4, seed: 3, workers: 0 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('raca score takes the file', async () => {
    const rows = (texts: string[]) => ['id,report', ...texts.map((text, i) => `${i},${text}`)].join('\n');
    writeFileSync(at('references.csv'), rows(references));
    writeFileSync(at('generated.csv'), rows(['Right pleural effusion.', 'Right pneumothorax.']));
    const files = ['--references', at('references.csv'), '--hypotheses', at('generated.csv')];
    expect(await run('score', ...files, '--metrics', `bleu,${join(here, 'side-f1.mjs')}`, '--json')).toBe(0);
    expect(JSON.parse(printed[0]).corpus['side-f1']).toBe(0.5);
    expect(await run('score', ...files, '--metrics', join(here, 'brief-and-right.mjs'))).toBe(1);
    expect(said.join('\n')).toMatch(
      /expected a metric \{ name, keys, direction, sums, value \}, found function/,
    );
  });

  it('a config names files for validation, selection, rewards and evaluation; a run is trusted or refused', async () => {
    const flags = ['--data', at('phantom'), '--backend', 'wasm'];
    const config = join(here, 'own.yaml');
    expect(await run('train', ...flags, '--out', at('run'), '--config', config, '--epochs', '1')).toBe(0);
    const folder = new RunFolder(at('run'));
    const line = folder.readMetrics().find(({ kind }) => kind === 'val')!;
    expect(line['side-f1']).toBeTypeOf('number');
    expect(line['temporal-f1/words']).toBeTypeOf('number');
    expect(line.selection).toBe(line['side-f1']);
    expect(folder.readStateFile()!.best!.score).toBe(line.selection);
    expect(line.reward).toBeTypeOf('number');
    const stored = JSON.parse(readFileSync(folder.path('config.json'), 'utf8')).training;
    expect(stored.agentReward[0].use).toMatch(/^\.\..*brief-and-right\.mjs$/); // relative to the run

    expect(await run('evaluate', ...flags, '--run', at('run'))).toBe(2);
    expect(said.join('\n')).toMatch(/training\.agentReward\.use: names the module .*--trust-modules/);
    expect(await run('evaluate', ...flags, '--run', at('run'), '--trust-modules', '--json')).toBe(0);
    const { systems, further } = JSON.parse(printed.at(-1)!);
    expect(further).toEqual(['temporal-f1/words', 'side-f1']);
    for (const { protocols } of systems) expect(protocols.full.corpus['side-f1']).toBeTypeOf('number');
    expect(readFileSync(folder.path('reports.csv'), 'utf8')).toMatch(/side-f1/);
    expect(readFileSync(folder.path('report.html'), 'utf8')).toMatch(/side-f1/);
  });
});
