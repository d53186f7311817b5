import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { type ReportRow, ReportsTable } from './reports-table';

let dir: string;
const made: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-table-'));
  made.push(dir);
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true });
});

const settings = { run: 'r1', options: { maxPixels: 5 } };
const row = (id: string, more: Partial<ReportRow> = {}): ReportRow => ({
  id,
  images: [{ file: `${id}.png` }],
  report: 'heart normal .',
  text: 'Heart normal.',
  score: -1.5,
  regions: { Heart: [1, 0] },
  trainedOn: { drawn: true },
  ...more,
});
const content = (name: string) => readFileSync(join(dir, name), 'utf8');
const study = (id: string) => ({ id, images: [`${id}.png`] });
const fill = (...rows: ReportRow[]) => {
  const table = ReportsTable.open(dir, settings);
  for (const each of rows) table.append(each);
  table.close();
};

it('appends rows to both tables', () => {
  fill(row('a', { warnings: ['odd', 'dark'], notes: ['Said, "twice".'] }), {
    id: 'b',
    images: [{ file: 'x.png' }, { file: 'y.png' }],
    error: 'y.png: broken',
  });
  expect(
    content('reports.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { ...row('a'), warnings: ['odd', 'dark'], notes: ['Said, "twice".'] },
    {
      id: 'b',
      images: [{ file: 'x.png' }, { file: 'y.png' }],
      error: 'y.png: broken',
      warnings: [],
      notes: [],
    },
  ]);
  expect(content('reports.csv')).toBe(
    'id,images,report,text,score,warnings,notes,error,trained_on_drawn_images\n' +
      'a,a.png,heart normal .,Heart normal.,-1.5,odd | dark,"Said, ""twice"".",,yes\n' +
      'b,x.png;y.png,,,,,,y.png: broken,\n',
  );
});

it('goes on after a kill at any byte of a row', () => {
  fill(row('a'), row('b'));
  const whole = content('reports.jsonl');
  const csv = content('reports.csv');
  const first = whole.indexOf('\n') + 1;
  for (const cut of [first, first + 1, first + 30, whole.length - 1]) {
    writeFileSync(join(dir, 'reports.jsonl'), whole.slice(0, cut));
    writeFileSync(join(dir, 'reports.csv'), csv.slice(0, csv.length - 3)); // in the middle of a row, too
    const table = ReportsTable.open(dir, settings);
    expect([table.has(study('a')), table.has(study('b')), table.size]).toEqual([true, false, 1]);
    table.append(row('b'));
    table.close();
    expect([content('reports.jsonl'), content('reports.csv')]).toEqual([whole, csv]);
  }
});

it('tries again what had an error, and keeps the rest', () => {
  fill(row('a'), { id: 'b', images: [{ file: 'b.png' }], error: 'broken' }, row('c'));
  const table = ReportsTable.open(dir, settings);
  expect([...table.read()].map(({ id }) => id)).toEqual(['a', 'c']);
  expect(table.has(study('b'))).toBe(false);
  table.append(row('b'));
  table.close();
  expect(
    content('reports.csv')
      .split('\n')
      .map((line) => line.split(',')[0]),
  ).toEqual(['id', 'a', 'c', 'b', '']);
});

it('refuses other settings, other images and foreign tables', () => {
  fill(row('a'));
  expect(() => ReportsTable.open(dir, { ...settings, run: 'r2' })).toThrow(
    `${dir}: expected run "r1", which its reports were made with, found "r2": use another folder, or start again with --restart`,
  );
  expect(() => ReportsTable.open(dir, { run: 'r1' })).toThrow(
    'expected options {"maxPixels":5}, which its reports were made with, found nothing',
  );
  const table = ReportsTable.open(dir, settings);
  expect(() => table.has({ id: 'a', images: ['z.png'] })).toThrow(
    '"a": expected the report of z.png, found that of a.png',
  );
  expect(() => table.has({ id: 'a', images: ['a.png', 'b.png'] })).toThrow(
    'expected the report of a.png, b.png',
  );
  table.close();
  const fresh = ReportsTable.open(dir, { run: 'r2' }, { restart: true });
  expect(fresh.size).toBe(0);
  fresh.close();
  rmSync(join(dir, 'generate.json'));
  expect(() => ReportsTable.open(dir, settings)).toThrow(
    'or one without reports.jsonl, found another table there',
  );
  expect(() => ReportsTable.open(dir, settings, { restart: true })).toThrow('found another table there');
});

it('belongs to one process at a time', () => {
  const table = ReportsTable.open(dir, settings);
  expect(() => ReportsTable.open(dir, settings)).toThrow(`found a generation by process ${process.pid}`);
  table.close();
  expect(() => ReportsTable.open(dir, { run: 'r2' })).toThrow('expected run');
  fill(row('a')); // the folder was given back, after the error too
});

it('guards cells that a spreadsheet would compute', () => {
  fill(row('=1+1', { report: '-x', text: '@SUM(A1)' }));
  expect(content('reports.csv').split('\n')[1]).toBe("'=1+1,'=1+1.png,'-x,'@SUM(A1),-1.5,,,,yes");
  expect(JSON.parse(content('reports.jsonl'))).toMatchObject({ id: '=1+1', report: '-x' });
});

it('names a damaged row', () => {
  fill(row('a'));
  appendFileSync(join(dir, 'reports.jsonl'), 'oops\n');
  expect(() => ReportsTable.open(dir, settings)).toThrow(
    'reports.jsonl: line 2: expected JSON, found "oops"',
  );
  writeFileSync(join(dir, 'reports.jsonl'), '{"id":3}\n');
  expect(() => ReportsTable.open(dir, settings)).toThrow('reports.jsonl: line 1: id: ');
  writeFileSync(join(dir, 'generate.json'), '[]');
  expect(() => ReportsTable.open(dir, settings)).toThrow('generate.json: expected the settings');
});

it('reads rows longer than a chunk', () => {
  fill(row('a', { regions: { Heart: new Array(900_000).fill(1) } }), row('b'));
  const table = ReportsTable.open(dir, settings);
  expect(table.size).toBe(2);
  table.close();
});
