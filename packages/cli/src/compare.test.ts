import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRunConfig } from '@raca/pipeline';
import type { RunComparison } from '@raca/pipeline/node';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const REFERENCES = [
  'the heart is large .',
  'no pneumothorax is seen .',
  'there is a left pleural effusion .',
];
const SAME = REFERENCES.map((text, i) => [`s${i}`, text, text]);
const OTHER = REFERENCES.map((text, i) => [`s${i}`, text, 'the lungs are clear .']);

/** A run folder as training and evaluation leave it, without weights. */
function run(
  name: string,
  { training = {}, hash = 'a', rows = SAME as string[][] | null, finished = true, facts = {} } = {},
): string {
  const dir = join(root, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  const write = (file: string, text: string) => writeFileSync(join(dir, file), text);
  const config = parseRunConfig(smallRunConfig({ selection: 'bleu4', ...training }));
  write('config.json', JSON.stringify(config));
  const data = { source: 'phantom', annotation: hash };
  write(
    'run.json',
    JSON.stringify({ started: name, command: [name], data, versions: { node: '20' }, ...facts }),
  );
  const best = { epoch: 1, score: 0.3 };
  write('state.json', JSON.stringify({ epoch: 2, cursor: 0, step: 8, seed: 1, finished, best }));
  const lines = [0.1, 0.3, 0.2].map((bleu4, epoch) => ({ step: 4 * (epoch + 1), epoch, kind: 'val', bleu4 }));
  write('metrics.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (rows) write('reports.csv', ['id,reference,generated', ...rows.map((row) => row.join(','))].join('\n'));
  return dir;
}

const compare = async (...argv: string[]) => {
  const { code, stdout, errors } = await runCommand('compare', ...argv, '--json');
  return { code, errors, result: (code === 0 ? JSON.parse(stdout) : null) as RunComparison };
};

describe('raca compare', () => {
  let first = '';
  beforeEach(() => {
    first = run('first');
  });

  it('names fields that differ, and tests scores against the first run', async () => {
    const second = run('second', {
      training: { seed: 7 },
      rows: [...OTHER].reverse(),
      facts: { versions: { node: '22' } },
    });
    const { result } = await compare(first, second);
    expect(result.warnings).toEqual([]);
    expect(result.config).toEqual([{ field: 'training.seed', values: [42, 7] }]);
    expect(result.facts).toEqual([{ field: 'versions.node', values: ['20', '22'] }]);
    expect(result.validation.map((line) => line?.step)).toEqual([8, 8]); // the best, not the last
    const [{ protocol, studies, runs, scores, constant }] = result.scores;
    expect([protocol, studies, runs]).toEqual(['r2gen', 3, [first, second]]);
    const bleu = scores.filter(({ key }) => key === 'BLEU_1');
    // every word right; of 15 words "the" and three full stops are, 17 words in the references: exp(1 − 17/15) · 4/15
    expect(bleu[0]).toMatchObject({ row: first, mean: expect.closeTo(1, 6), test: null });
    expect(bleu[1].mean).toBeCloseTo((Math.exp(1 - 17 / 15) * 4) / 15, 6);
    expect(bleu[1].test?.difference).toBeCloseTo(bleu[1].mean - 1, 6);
    expect(bleu[1].test?.adjusted).toBeGreaterThan(bleu[1].test!.pValue); // seven tests
    expect(constant.BLEU_1).toBeLessThan(1);
  });

  it('prints tables with protocol, baseline and warning for people', async () => {
    const { code, stdout } = await runCommand('compare', first, run('second', { rows: OTHER }));
    expect(code).toBe(0);
    expect(stdout).toContain('configs are the same');
    expect(stdout).toContain('Phantom images');
    expect(stdout).toMatch(/protocol r2gen: references cut to the model’s length.*; 3 studies/);
    expect(stdout).toMatch(/BLEU_4 .* 1\.0000 \[1\.0000, 1\.0000\]/);
    expect(stdout).toMatch(/p 0\.\d+ \(Holm/);
  });

  it.each([
    [
      'other data',
      { hash: 'b' },
      /second: trained on other data than .*first \(annotation\.json differs\)$/,
      1,
    ],
    [
      'no reports',
      { rows: null },
      /second: no reports\.csv; write it by: raca evaluate --run .*second --data DIR$/,
      1,
    ],
    ['training under way', { finished: false }, /second: training has not finished$/, 1],
    [
      'another split',
      { rows: [SAME[0], ['x', 'a .', 'a .']] },
      /second: reports\.csv is about 2 studies, 1 of them among the 3 of .*first: another split .*not compared$/,
      2,
    ],
    [
      'another vocabulary',
      { rows: SAME.map(([id, text, said]) => [id, text.replace('the', '<unk>'), said]) },
      /second: references differ from those of .*first \(another vocabulary or length\).*--data/,
      2,
    ],
  ])('says where runs do not fit: %s', async (_, second, message, groups) => {
    const { result } = await compare(first, run('second', second));
    expect(result.warnings).toEqual([expect.stringMatching(message)]);
    expect(result.scores).toHaveLength(groups);
    if (groups === 2)
      for (const { scores } of result.scores) expect(scores.every(({ test }) => test === null)).toBe(true);
  });

  it.each([
    ['one run', () => [first], 2, /expected at least two run folders, found 1$/],
    ['a run twice', () => [first, first], 2, /expected different run folders, found .*first twice$/],
    [
      'no run',
      () => [first, join(root, 'none')],
      1,
      /none\/config\.json: expected a file of a run, found nothing$/,
    ],
    [
      'a study twice',
      () => [first, run('second', { rows: [SAME[0], SAME[0]] })],
      1,
      /second\/reports\.csv: expected every study once, found "s0" twice$/,
    ],
    [
      'another table',
      () => [first, run('second', { rows: [['a']] })],
      1,
      /second\/reports\.csv: expected CSV, found: /,
    ],
  ])('refuses %s in one line', async (_, argv, code, message) => {
    const outcome = await compare(...argv());
    expect(outcome.code).toBe(code);
    expect(outcome.errors).toEqual([expect.stringMatching(message)]);
  });
});
