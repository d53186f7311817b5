import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from './table-file';
import { runCommand } from './testing/run-command';

const root = mkdtempSync(join(tmpdir(), 'raca-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text);
  return at(name);
};

const rows = [
  { id: 'a', report: 'There is a small left pleural effusion, "new".' },
  { id: 'b', report: 'Possible pneumonia. No pneumothorax.' },
  { id: 'c', report: 'Lungs are clear.' },
];
const csv = write(
  'r.csv',
  'id,report\na,"There is a small left pleural effusion, ""new""."\nb,Possible pneumonia. No pneumothorax.\nc,Lungs are clear.\n',
);
const json = write('r.json', JSON.stringify(rows.map((row) => ({ ...row, views: [1] }))));
const jsonl = write('r.jsonl', `\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n')}\n\n`);

describe('tables', () => {
  it('are the same from CSV, JSON and JSON Lines', () => {
    const expected = { header: ['id', 'report'], rows: rows.map(({ id, report }) => [id, report]) };
    for (const file of [csv, json, jsonl]) expect(readTable(file), file).toMatchObject(expected);
  });

  const bad: [string, string, RegExp][] = [
    ['a.json', '{"a": 1}', /a\.json: expected a list of objects or another known form, found an object/],
    ['b.json', '[{"id": "a"}, 3]', /b\.json: row 2: expected an object, found a number$/],
    ['d.json', '[', /d\.json: expected JSON, found: /],
    ['e.jsonl', '{"id": 1}\n{"id"', /e\.jsonl: line 2: expected JSON, found "\{"id""$/],
    ['f.jsonl', '', /f\.jsonl: expected at least one row, found none$/],
    ['g.csv', 'id,report\na,b\nc', /g\.csv: expected CSV, found: .*line 3/],
  ];
  for (const [name, text, message] of bad)
    it(name, () => expect(() => readTable(write(name, text))).toThrow(message));
});

describe('raca label', () => {
  it('adds the 14 columns: 1, 0, -1 or nothing', async () => {
    const { code } = await runCommand('label', '--in', csv, '--column', 'report', '--out', at('labels.csv'));
    expect(code).toBe(0);
    const { header, rows: out } = readTable(at('labels.csv'));
    expect(header).toHaveLength(16);
    const value = (row: number, name: string) => out[row][header.indexOf(name)];
    expect(out[0].slice(0, 2)).toEqual([rows[0].id, rows[0].report]);
    expect(value(0, 'Pleural Effusion')).toBe('1');
    expect(value(0, 'Edema')).toBe('');
    expect(value(1, 'Pneumonia')).toBe('-1');
    expect(value(1, 'Pneumothorax')).toBe('0');
    expect(value(2, 'No Finding')).toBe('1');
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('reads the chosen sections by the chosen convention and writes its evidence', async () => {
    const file = write(
      'sections.csv',
      'id,findings,impression\na,,Borderline heart size. No effusion.\nb,"INDICATION: edema",\n',
    );
    const out = at('sections-labels.csv');
    const run = await runCommand('label', '--in', file, '--out', out, '--convention', 'coded', '--evidence');
    expect(run.code).toBe(0);
    const table = readTable(out);
    const column = (name: string) => table.rows.map((row) => row[table.header.indexOf(name)]);
    expect(column('Cardiomegaly')).toEqual(['1', '']); // -1 by CheXpert's convention
    expect(column('Edema')).toEqual(['', '']);
    expect(run.errors).toContainEqual(expect.stringMatching(/^1 of them ha/));
    const evidence = readTable(`${out}.evidence.csv`);
    expect(evidence.rows.map((row) => row.slice(0, 3).concat(row.slice(5)))).toEqual([
      ['1', 'Cardiomegaly', '1', 'borderline heart size', 'borderline', 'borderline heart size'],
      ['1', 'Pleural Effusion', '0', 'effusion', 'no', 'no effusion'],
    ]);
    const json = at('labels.json');
    await runCommand('label', '--in', file, '--out', json, '--sections', 'findings');
    expect(JSON.parse(readFileSync(json, 'utf8'))[0]).toMatchObject({ id: 'a', 'Pleural Effusion': null });
    for (const flags of [
      ['--sections', 'x'],
      ['--convention', 'x'],
      ['--convention', 'constructor'],
    ]) {
      const wrong = await runCommand('label', '--in', file, '--out', at('no.csv'), ...flags);
      expect(wrong.code).toBe(2);
      expect(wrong.errors[0]).toMatch(/^raca: --[a-z]+: expected .*, found "/);
    }
  });

  it('says which column there is not, and writes nothing', async () => {
    const { code, errors } = await runCommand(
      'label',
      '--in',
      csv,
      '--column',
      'text',
      '--out',
      at('no.csv'),
    );
    expect(code).toBe(2);
    expect(errors).toEqual([expect.stringMatching(/r\.csv: expected a column text, found id, report$/)]);
    expect(existsSync(at('no.csv'))).toBe(false);
    const again = await runCommand('label', '--in', at('labels.csv'), '--out', at('no.csv'));
    expect(again.errors[0]).toMatch(/expected no column "No Finding"/);
  });
});

describe('raca score', () => {
  const other = write('other.csv', 'id,text\na,Lungs are clear.\nb,Lungs are clear.\nc,<b>Big heart.</b>\n');

  it('reads JSON, writes scores of each report and compares two systems', async () => {
    const per = at('per.csv');
    const { code, stdout } = await runCommand(
      ...['score', '--references', json, '--hypotheses', jsonl, '--compare', other],
      ...['--per-report', per, '--resamples', '100', '--json'],
      ...['--metrics', 'rouge-l,meteor-1.5,bleu'],
    );
    expect(code).toBe(0);
    const { corpus, comparison } = JSON.parse(stdout);
    expect(corpus.ROUGE_L).toBe(1);
    expect(comparison).toMatchObject({ resamples: 100, seed: 1 });
    const compared = comparison.scores.map(({ key }: { key: string }) => key);
    expect(compared).toEqual(expect.arrayContaining(['BLEU_4', 'METEOR/1.5/exact+stem', 'ROUGE_L']));
    const rouge = comparison.scores.find(({ key }: { key: string }) => key === 'ROUGE_L');
    expect(rouge.difference).toBeCloseTo(rouge.first - rouge.second, 12);
    expect(rouge.first).toBe(1);
    const { header, rows: out } = readTable(per);
    expect(out.map(([id]) => id)).toEqual(['a', 'b', 'c']);
    expect(out.map((row) => row[header.indexOf('ROUGE_L')])).toEqual(['1', '1', '1']);
  });

  it('writes a page with the worst report first and text as text', async () => {
    const { code } = await runCommand(
      ...['score', '--references', csv, '--hypotheses', other, '--html', at('page.html')],
    );
    expect(code).toBe(0);
    const page = readFileSync(at('page.html'), 'utf8');
    expect(page).toContain('Not for clinical use');
    expect(page).not.toContain('<b>');
    expect(page).toContain('<td>Pleural Effusion</td><td>present</td><td>not mentioned</td>');
    expect(page.match(/<h2>(.)<\/h2>/g)).toHaveLength(3);
  });

  it('takes metrics by name', async () => {
    const args = ['score', '--references', csv, '--hypotheses', other, '--json', '--metrics'];
    const { corpus } = JSON.parse((await runCommand(...args, 'rouge-l, rouge-l+ptb')).stdout);
    expect(Object.keys(corpus)).toEqual(['ROUGE_L', 'ROUGE_L/ptb']);
    const { code, errors } = await runCommand(...args, 'blue');
    expect(code).toBe(2);
    expect(errors[0]).toMatch(/--metrics: expected names from bleu, .* found "blue"$/);
    expect((await runCommand(...args, 'meteor-nltk')).errors[0]).toMatch(
      /with --wordnet, found "meteor-nltk"$/,
    );
  });
});
