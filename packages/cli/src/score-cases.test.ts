import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readTable } from './table-file';
import { runCommand } from './testing/run-command';

const folder = fileURLToPath(new URL('../../../../shared/field/text/', import.meta.url));
const there = existsSync(`${folder}cases.jsonl`);
const rexrank = fileURLToPath(new URL('../../../../shared/golden/systems/rexrank/', import.meta.url));

const at = (name: string): string => `${folder}inputs/${name}`;
const score = (references: string, hypotheses: string, ...more: string[]): string[] => [
  ...['score', '--references', at(references), '--hypotheses', at(hypotheses)],
  ...more,
];

/** What a case must give: numbers of the corpus, a refusal, a warning. */
interface Right {
  readonly corpus?: Readonly<Record<string, number>>;
  readonly count?: number;
  readonly refused?: RegExp;
  readonly warned?: RegExp;
  readonly protocol?: string;
}

// Commands and right answers are those of the cases; numbers are pycocoevalcap's where the case says so.
const CASES: [id: string, command: () => string[], right: Right][] = [
  [
    'S01-r2gen-files',
    () => score('r2gen_gts.csv', 'r2gen_res.csv'),
    { count: 3, warned: /paired by position/ },
  ],
  ['S02-r2gengpt-files', () => score('r2gengpt_refs.json', 'r2gengpt_result.json'), { count: 3 }],
  [
    'S03-rexrank-file',
    () =>
      score(
        'rexrank.json',
        'rexrank.json',
        '--reference-column',
        'findings',
        '--hypothesis-column',
        'model_prediction',
      ),
    { count: 3, warned: /begin with a heading/ },
  ],
  ['S04-nan-token', () => score('rexrank_nan.json', 'hyp.csv', '--allow-missing'), { count: 2 }],
  ['S05-null-elsewhere', () => score('null_other.json', 'two.json'), { count: 2 }],
  ['S06-null-elsewhere-jsonl', () => score('null_age.jsonl', 'two.json'), { count: 2 }],
  [
    'S07-null-first',
    () => score('null_first.json', 'two.json'),
    { refused: /row 1: report: expected text, found nothing/ },
  ],
  ['S09-pandas-columns', () => score('pd_columns.json', 'hyp.csv'), { count: 3 }],
  ['S10-semicolon', () => score('excel_ref.csv', 'hyp.csv'), { count: 3 }],
  [
    'S12-self-comparison',
    () => score('self.csv', 'self.csv'),
    { refused: /both sides would read column report/ },
  ],
  [
    'S13-protocol-name',
    () => score('raw_ref.csv', 'raw_hyp.csv', '--metrics', 'bleu,rouge-l,cider', '--clean', 'iu_xray'),
    { protocol: 'r2gen', corpus: { BLEU_1: 0.7817, BLEU_4: 0.4906, ROUGE_L: 0.8152, CIDEr: 5.1428 } },
  ],
  ['S13-protocol-name', () => score('raw_ref.csv', 'raw_hyp.csv'), { protocol: 'full' }],
  [
    'S13-protocol-name',
    () => score('raw_ref.csv', 'raw_hyp.csv', '--protocol', 'r2gen'),
    { refused: /expected cleaned text, found .* --clean iu_xray/ },
  ],
  [
    'S15-empty-outputs',
    () => score('normal_ref.csv', 'broken_hyp.csv'),
    { count: 2, warned: /broken_hyp: 1 of 2 texts are empty/ },
  ],
  ['S17-duplicates', () => score('ref.csv', 'hyp_dup.csv'), { refused: /found "103" in rows 3 and 4/ }],
  [
    'S17-duplicates',
    () => score('ref.csv', 'hyp_dup.csv', '--drop-duplicates'),
    { count: 3, warned: /1 rows that say the same/ },
  ],
  [
    'S18-one-document',
    () => score('one.csv', 'one.csv', '--metrics', 'bleu,rouge-l,cider,meteor-1.5'),
    {
      corpus: { BLEU_4: 1, ROUGE_L: 1, CIDEr: 0, 'METEOR/1.5/exact+stem': 1 },
      warned: /scores the text against itself/,
    },
  ],
  [
    'S19-empty-hypothesis',
    () => score('ref.csv', 'hyp_empty.csv', '--metrics', 'bleu,rouge-l,cider'),
    { corpus: { BLEU_1: 0.2663, BLEU_4: 0.1664, ROUGE_L: 0.4026, CIDEr: 2.3356 }, warned: /are empty/ },
  ],
  [
    'S20-commas',
    () => score('comma_ref.csv', 'comma_hyp.csv', '--metrics', 'bleu'),
    { corpus: { BLEU_1: 0.8824, BLEU_4: 0.6308 } },
  ],
  // of what both files say positive the pairs agree on the effusion and No Finding; one of three positives a side differs
  [
    'S22-averages',
    () => score('ref.csv', 'hyp.csv', '--metrics', 'clinical-f1'),
    { corpus: { 'clinical/weighted/f1/14': 0.75 } },
  ],
];

it.skipIf(!there).each(CASES)('%s (needs ../shared/field)', async (_, command, right) => {
  const { code, stdout, errors } = await runCommand(...command(), '--json');
  if (right.refused) {
    expect([1, 2]).toContain(code);
    expect(errors).toEqual([expect.stringMatching(right.refused)]);
    return;
  }
  expect(code, errors.join('\n')).toBe(0);
  const result = JSON.parse(stdout);
  if (right.count !== undefined) expect(result.facts.count).toBe(right.count);
  if (right.protocol) expect(result.protocol).toBe(right.protocol);
  if (right.warned) expect(errors.join('\n')).toMatch(right.warned);
  for (const [key, value] of Object.entries(right.corpus ?? {}))
    expect(result.corpus[key], key).toBeCloseTo(value, 4);
  expect(result.read.length).toBeGreaterThanOrEqual(2);
});

it.skipIf(!there)('S21-chosen-metric-tests: only what was asked for (needs ../shared/field)', async () => {
  const more = ['--compare', at('cmp_b.csv'), '--metrics', 'rouge-l', '--resamples', '2000', '--json'];
  const { stdout } = await runCommand(...score('cmp_ref.csv', 'cmp_a.csv', ...more));
  const { scores } = JSON.parse(stdout).comparison;
  expect(scores).toHaveLength(1);
  expect(scores[0]).toMatchObject({ key: 'ROUGE_L', adjusted: scores[0].pValue });
});

it.skipIf(!existsSync(rexrank))(
  "ReXrank's own form: references built from the sections (needs ../shared/golden)",
  async () => {
    const cases = JSON.parse(readFileSync(`${rexrank}case.json`, 'utf8'));
    for (const { file, study, scored_against } of cases.expected) {
      const path = `${rexrank}${file}_output.json`;
      expect(readTable(path).header).toContain('model_prediction');
      const { code, stdout, errors } = await runCommand(
        ...['score', '--references', path, '--hypotheses', path, '--metrics', 'rouge-score', '--json'],
      );
      expect(code, errors.join()).toBe(0);
      const { read, perReport, baselines } = JSON.parse(stdout);
      expect(read[0]).toContain('joined as ReXrank does');
      expect(perReport.map(({ id }: { id: string }) => id)).toContain(study);
      if (perReport.length === 1) expect(baselines.constant.text).toBe(scored_against);
    }
  },
);
