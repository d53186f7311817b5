import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHEXPERT_14 } from '@raca/metrics';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from './table-file';
import { runCommand } from './testing/run-command';

const root = mkdtempSync(join(tmpdir(), 'raca-systems-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, content: string): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const at = (name: string): string => join(root, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

const FINDINGS = ['Small left effusion.', 'Clear lungs.', 'Mild edema.', 'Rib fracture.'];
const table = (name: string, text: (i: number) => string): string =>
  write(name, `id,report\n${Array.from({ length: 12 }, (_, i) => `s${i},${text(i)}`).join('\n')}\n`);
const references = table('r.csv', (i) => `Heart is normal. ${FINDINGS[i % 4]}`);
const good = table('good.csv', (i) => `Heart is normal. ${FINDINGS[i % 4]}`);
const poor = table('poor.csv', (i) => `Heart is big. ${FINDINGS[(i + 1) % 4]}`);
const evil = table('<b>evil_&.csv', () => 'Clear lungs & heart.');

describe('several systems', () => {
  const args = ['score', '--references', references, '--hypotheses', good, poor, evil, '--resamples', '200'];

  it('stand in one table with intervals and ranks, classes and tests', async () => {
    const { code, stdout, errors } = await runCommand(...args, '--metrics', 'rouge-l,clinical-f1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/good +│ poor +│ <b>evil_& +│ constant/);
    expect(stdout).toMatch(/ROUGE_L ↑ +│ 1\.0000 \[1\.000, 1\.000\] \(1\)/);
    expect(stdout).toMatch(/Pleural Effusion +│ 3 +│ 1\.0000/);
    expect(stdout).toMatch(/Holm's correction over all 27 tests/); // 9 scores, 3 pairs of systems
    expect(errors.join()).toMatch(/<b>evil_&: 12 of 12 texts are one and the same text/);
  });

  it('are written as Markdown, LaTeX, CSV and a page', async () => {
    const files = ['t.md', 't.tex', 't.csv', 't.html'].map(at);
    const { code, stdout } = await runCommand(...args, '--metrics', 'rouge-l', '--json', '--table', ...files);
    expect(code).toBe(0);
    const { scores, tests, systems } = JSON.parse(stdout);
    expect(systems).toEqual(['good', 'poor', '<b>evil_&']);
    expect(scores[0].systems.map(({ rank }: { rank: number }) => rank)[0]).toBe(1);
    expect(tests).toHaveLength(3);
    expect(tests[0]).toMatchObject({ key: 'ROUGE_L', systems: ['good', 'poor'] });
    expect(tests[0].pValue).toBeLessThan(0.02); // at most 1 of 2^11 ways to swap is as extreme
    expect(read('t.md')).toMatch(/\| ROUGE_L ↑ \| 1\.0000 \[1\.000, 1\.000\] \(1\) \|/);
    expect(read('t.tex')).toContain('ROUGE\\_L $\\uparrow$ & 1.0000');
    expect(read('t.tex')).toContain('$<$b$>$evil\\_\\&');
    const { header, rows } = readTable(at('t.csv'));
    const kind = (name: string) => rows.filter((row) => row[0] === name).length;
    expect([kind('score'), kind('baseline'), kind('test')]).toEqual([3, 1, 3]);
    expect(rows[0][header.indexOf('value')]).toBe('1');
    const page = read('t.html');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<b>evil|<script/);
    expect(page.match(/<svg/g)).toHaveLength(1);
  });

  it('are tested against one of them where asked, and scored report by report', async () => {
    const { stdout } = await runCommand(
      ...[...args, '--metrics', 'bleu', '--baseline', 'poor', '--per-report', at('per.csv'), '--json'],
    );
    const { tests, each } = JSON.parse(stdout);
    expect(tests).toHaveLength(2 * 4);
    expect(each.good.corpus.BLEU_4).toBeCloseTo(1, 6);
    expect(readTable(at('per.csv')).rows).toHaveLength(36);
    const wrong = await runCommand(...args, '--baseline', 'best');
    expect(wrong.errors.at(-1)).toMatch(/baseline must be one of good, poor/);
  });

  it.each([
    [['--table', 'x.docx'], /--table: expected files that end in \.md, \.tex, \.csv or \.html/],
    [['--compare', poor], /--compare: expected with one file/],
    [['--clean', 'iu_xray', '--protocol', 'full'], /--clean: expected without --protocol full/],
    [
      ['--hypothesis-labels', poor],
      /--hypothesis-labels: expected --reference-labels and one file per system \(3\)/,
    ],
  ])('refuse %s', async (more, says) => {
    const { code, errors } = await runCommand(...args, ...more);
    expect(code).toBe(2);
    expect(errors).toEqual([expect.stringMatching(says)]);
  });
});

describe('labels from files', () => {
  // CheXbert's order: No Finding last; "Airspace Opacity" is an older name.
  const names = [...CHEXPERT_14.slice(1), CHEXPERT_14[0]].map((name) =>
    name === 'Lung Opacity' ? 'Airspace Opacity' : name,
  );
  const labels = (name: string, rows: Record<string, string>[], ids: boolean): string =>
    write(
      name,
      [
        [...(ids ? ['study_id'] : ['Report Impression']), ...names].join(','),
        ...rows.map((row, i) => [ids ? `s${i}` : 'x', ...names.map((label) => row[label] ?? '')].join(',')),
      ].join('\n'),
    );
  const truth: Record<string, string>[] = [
    { Edema: '1.0', Fracture: '1' },
    { Edema: '1.0', Pneumonia: '-1.0' },
  ];
  const said: Record<string, string>[] = [
    { Edema: '1.0', Fracture: '1.0' },
    { Edema: '0.0', Fracture: '1', Pneumonia: '1' },
  ];
  const expected = 4 / 7; // by hand: 2 found of 3, 2 said in vain

  it('are scored without texts, by id or by row', async () => {
    for (const ids of [true, false]) {
      const files = [labels(`lt${ids}.csv`, truth, ids), labels(`ls${ids}.csv`, said, ids)];
      const { code, stdout, errors } = await runCommand(
        'score',
        '--references',
        files[0],
        '--hypotheses',
        files[1],
        '--json',
        ...(ids ? [] : ['--by-row']),
      );
      expect(code, errors.join()).toBe(0);
      const { corpus, labels: from } = JSON.parse(stdout);
      expect(corpus['clinical/micro/f1/14']).toBeCloseTo(expected, 12);
      expect(from).toMatch(/^files/);
    }
  });

  it('stand in for the rules beside scores of texts', async () => {
    const texts = write('two.csv', 'id,reference,generated\ns0,a,b\ns1,a,b\n');
    const more = [
      '--reference-labels',
      labels('a.csv', truth, true),
      '--hypothesis-labels',
      labels('b.csv', said, false),
    ];
    const { code, stdout } = await runCommand(
      'score',
      '--references',
      texts,
      '--hypotheses',
      texts,
      ...more,
      '--json',
    );
    expect(code).toBe(0);
    const { corpus, baselines } = JSON.parse(stdout);
    expect(corpus['clinical/micro/f1/14']).toBeCloseTo(expected, 12);
    expect(corpus.BLEU_1).toBeCloseTo(0, 6);
    expect(Object.keys(baselines.constant.corpus).some((key) => key.startsWith('clinical'))).toBe(false);
  });

  it('are refused where they are no labels', async () => {
    const [a, b] = [labels('c.csv', truth, true), labels('d.csv', [{ Edema: 'yes' }, {}], true)];
    const { code, errors } = await runCommand('score', '--references', a, '--hypotheses', b);
    expect(code).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/d\.csv: row 1: Edema: expected 1, 0, -1 or nothing, found "yes"/),
    ]);
  });
});
