import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@raca/data/node';
import { type ReportPair, score } from '@raca/metrics';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { tinyConfig } from '../../tiny';
import { type AblateOptions, ablate } from './ablate';
import { type Grid, parseGrid } from './grid';
import type { Ended, Launch } from './launch';

const root = mkdtempSync(join(tmpdir(), 'raca-ablate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const E = 'there is a large left pleural effusion .';
const C = 'the lungs are clear .';
const references = [E, E, C, C];

const data = join(root, 'data');
mkdirSync(data);
const study = (report: string, i: number) => ({
  id: `s${i}`,
  report,
  image_path: ['a.png'],
  split: 'test' as const,
});
const raw = references.map((text) => text.replace(' .', '.')); // cleaning puts the space back
const annotation = { train: [], val: [], test: raw.map(study) };
writeFileSync(join(data, 'annotation.json'), JSON.stringify(annotation));
const dataset = { dir: data, annotation, manifest: null, warnings: [] } as unknown as Dataset;

/** What the made-up systems say: all clear, or all right; with seed 2 the second study is wrong. */
const said = (fusion: unknown, seed: number): string[] =>
  fusion === null ? [C, C, C, C] : seed === 1 ? [E, E, C, C] : [E, C, C, C];

const ended = (more: Partial<Ended> = {}): Ended => ({
  code: 0,
  signal: null,
  stdout: '',
  reason: '',
  ...more,
});
const flagOf = (argv: readonly string[], flag: string): string => argv[argv.indexOf(flag) + 1];

/** A command that writes what `raca train` and `raca evaluate` write, at once. */
function fake(
  calls: string[],
  onTrain: (dir: string) => Promise<Ended | undefined> = async () => undefined,
): Launch {
  return async (argv, options) => {
    const dir = flagOf(argv, argv[0] === 'train' ? '--out' : '--run');
    const name = dir.split(/[\\/]/).slice(-2).join(' ');
    calls.push(`${argv[0]} ${name}${argv.includes('--resume') ? ' resumed' : ''}`);
    if (argv[0] === 'train') {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'config.json'), readFileSync(flagOf(argv, '--config')));
      appendFileSync(join(dir, 'metrics.jsonl'), '{"step":1,"epoch":0,"kind":"val","clinicalMicroF1":0.5}\n');
      options?.onLine?.('{"kind":"step","step":3,"steps":6}');
      return (await onTrain(dir)) ?? ended();
    }
    const { model, training } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
    const pairs: ReportPair[] = said(model.fusion, training.seed).map((hypothesis, i) => ({
      ...{ id: `s${i}`, reference: references[i], hypothesis },
    }));
    const rows = pairs.map(({ id, reference, hypothesis }) => [id, 1, reference, hypothesis]);
    writeFileSync(join(dir, 'reports.csv'), stringify([['id', 'view', 'reference', 'generated'], ...rows]));
    const protocols = {
      r2gen: score(pairs, { protocol: 'r2gen' }),
      full: score(pairs, { protocol: 'full' }),
    };
    const system = { system: 'model', protocols };
    return ended({
      stdout: JSON.stringify({ split: 'test', systems: [system, { ...system, system: 'constant' }] }),
    });
  };
}

const grid = (): Grid =>
  parseGrid({ rows: { none: { model: { fusion: null } }, '+BCA': null } }, () => tinyConfig({}, { seed: 1 }));

let out: string;
let folders = 0;
let calls: string[];
beforeEach(() => {
  out = join(root, `out-${folders++}`);
  calls = [];
});
const run = (more: Partial<AblateOptions> = {}) =>
  ablate({
    grid: grid(),
    seeds: 2,
    out,
    dataset,
    launch: fake(calls),
    analysis: { bootstrap: { resamples: 300 }, test: { resamples: 200 } },
    ...more,
  });
const text = (name: string): string => readFileSync(join(out, name), 'utf8');

describe('ablate', () => {
  it('gives every run the weights of its own in another ablation, and does not take it for one without', async () => {
    const from = join(root, 'other');
    const given: string[] = [];
    const plain = fake(calls);
    const launch: Launch = (argv, options) => {
      if (argv[0] === 'train')
        given.push(argv.includes('--pretrained') ? flagOf(argv, '--pretrained') : 'nothing');
      return plain(argv, options);
    };
    await run({ launch, pretrained: from });
    const own = (row: string, seed: number): string => join(from, 'runs', row, `seed-${seed}`);
    expect(given).toEqual([own('none', 1), own('bca', 1), own('none', 2), own('bca', 2)]);
    await run({ launch, pretrained: from }); // all finished
    expect(given).toHaveLength(4);
    await run({ launch });
    expect(given.slice(4)).toEqual(['nothing', 'nothing', 'nothing', 'nothing']);
  });

  it('trains and evaluates seed by seed, and writes what was worked by hand', async () => {
    const { rows, interrupted } = await run();
    expect(calls).toEqual(
      ['none seed-1', 'bca seed-1', 'none seed-2', 'bca seed-2'].flatMap((x) => [
        `train ${x}`,
        `evaluate ${x}`,
      ]),
    );
    expect(interrupted).toBe(false);
    expect(rows.map(({ finished }) => finished.map(({ seed }) => seed))).toEqual([
      [1, 2],
      [1, 2],
    ]);
    // micro-F1: 0.5 twice; 1 and 0.75, so 0.875 ± 0.177, see analysis.test.ts
    const line = (name: string) =>
      text('table.md')
        .split('\n')
        .find((x) => x.startsWith(`| ${name} |`))!
        .split(' | ');
    expect(line('none')[8]).toBe('0.500 ± 0.000');
    expect(line('+BCA')[8]).toBe('0.875 ± 0.177');
    expect(line('+BCA')[11]).toBe('2.0 ± 0.0'); // distinct texts
    expect(text('table.md')).toMatch(
      /\| \+BCA \| clin\. F1 micro-14 \| 0\.875 \| 0\.625 to 1\.000 \| \+0\.375 \|/,
    );
    expect(text('table.tex')).toMatch(/\+BCA & 2\/2 & .*0\.875 \$\\pm\$ 0\.177/);
    expect(text('table.tex')).not.toMatch(/[^\\][%_]/);
    expect(text('table.csv')).toMatch(
      /^r2gen,'\+BCA,clinical\/micro\/f1\/14,1 2,1 0\.75,0\.875,0\.17677669\d+,0\.625,1,0\.375,/m,
    );
    expect(text('table.csv')).not.toMatch(/^full/m); // the references agree
    const page = text('ablation.html');
    expect(page).toContain('Content-Security-Policy" content="default-src \'none\'');
    expect(page.match(/<svg/g)).toHaveLength(5); // four scores, training curves
    expect(page).toMatch(/Not for clinical use/);
    expect(page).not.toMatch(/<script|NaN|undefined/);
  });

  it('skips what is finished, and does again what belongs to another config or other data', async () => {
    await run();
    const first = text('table.md');
    calls.length = 0;
    const seen: string[] = [];
    await run({
      onOutcome: ({ row, seed }, outcome) => seen.push(`${row} ${seed} ${JSON.stringify(outcome)}`),
    });
    expect(calls).toEqual([]);
    expect(seen).toContain('+BCA 2 {"status":"done","skipped":true}');
    expect(text('table.md')).toBe(first);
    const longer = grid();
    longer.rows[1].config.training.epochs++;
    await run({ grid: longer, seeds: 1 });
    expect(calls).toEqual(['train bca seed-1 resumed', 'evaluate bca seed-1']);
  });

  it('marks a run that fails with its reason, goes on, and tries it again next time', async () => {
    let broken = true;
    const launch = fake(calls, async (dir) =>
      broken && dir.includes('bca')
        ? ended({ code: 1, reason: 'raca: model.fusion (bca): no such thing' })
        : undefined,
    );
    const { rows } = await run({ launch });
    expect(rows[0].finished).toHaveLength(2);
    expect(rows[1].failed).toEqual(
      [1, 2].map((seed) => ({ seed, reason: 'train: model.fusion (bca): no such thing' })),
    );
    expect(text('table.md')).toContain('+BCA, seed 2: failed: train: model.fusion (bca): no such thing');
    expect(text('table.md')).toMatch(/\| \+BCA \| 0\/2 \(failed\) \| – \|/);
    expect(text('ablation.html')).toContain('no such thing');
    broken = false;
    calls.length = 0;
    expect((await run({ launch })).rows[1].failed).toEqual([]);
    expect(calls[0]).toBe('train bca seed-1 resumed');
  });

  it('says how a command ended that said nothing, and what was not JSON', async () => {
    const killed = await run({ launch: fake(calls, async () => ended({ code: null, signal: 'SIGKILL' })) });
    expect(killed.rows[0].failed[0].reason).toBe('train: ended by SIGKILL');
    const silent: Launch = async (argv, options) =>
      argv[0] === 'evaluate' ? ended({ stdout: 'done' }) : fake(calls)(argv, options);
    expect((await run({ launch: silent })).rows[0].failed[0].reason).toBe(
      'evaluate: expected scores as JSON, found something else',
    );
  });

  it('runs at most so many at once', async () => {
    let now = 0;
    let most = 0;
    const launch = fake(calls, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return undefined;
    });
    await run({ launch, seeds: 3, jobs: 2 });
    expect(most).toBe(2);
    expect(calls).toHaveLength(12);
  });

  it('stops cleanly when asked, keeps what is done, and goes on later', async () => {
    const controller = new AbortController();
    const launch = fake(calls, async (dir) => {
      if (!dir.includes('bca')) return undefined;
      controller.abort();
      return ended({ code: 130 });
    });
    const { interrupted, rows } = await run({ launch, signal: controller.signal });
    expect(interrupted).toBe(true);
    expect(calls).toEqual(['train none seed-1', 'evaluate none seed-1', 'train bca seed-1']);
    expect(rows.map(({ finished, failed }) => [finished.length, failed.length])).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(existsSync(join(out, 'table.md'))).toBe(true);
    calls.length = 0;
    await run();
    expect(calls.slice(0, 2)).toEqual(['train bca seed-1 resumed', 'evaluate bca seed-1']);
    expect(calls).toHaveLength(6);
  });

  it('tells the steps done', async () => {
    const steps: string[] = [];
    await run({ seeds: 1, onProgress: ({ row }, step, of) => steps.push(`${row} ${step}/${of}`) });
    expect(steps).toEqual(['none 3/6', '+BCA 3/6']);
  });
});
