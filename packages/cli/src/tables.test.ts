import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from './table-file';
import { runCommand } from './testing/run-command';

const root = mkdtempSync(join(tmpdir(), 'raca-tables-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const json = (name: string, value: unknown): string => write(name, JSON.stringify(value));

const IDS = ['101', '102', '103'];
const TEXTS = ['Large effusion; heart enlarged.', 'Clear lungs, no pneumothorax.', 'Édème léger "vu".'];
const generated = write('h.csv', `id,generated\n101,Large effusion.\n102,Clear lungs.\n103,Mild edema.\n`);
const records = IDS.map((id, i) => ({ study_id: Number(id), report: TEXTS[i], age: [71, null, 60][i] }));
const csvRows = (mark: string) =>
  [
    'study_id' + mark + 'report',
    ...IDS.map((id, i) => `${id}${mark}"${TEXTS[i].replaceAll('"', '""')}"`),
  ].join('\n');
const byKey = (value: (i: number) => unknown) => Object.fromEntries(IDS.map((id, i) => [id, value(i)]));
const utf16 = (text: string, bigEndian = false): Buffer => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};

const utf32 = (text: string): Buffer =>
  Buffer.from(Uint32Array.from(`\uFEFF${text}`, (letter) => letter.codePointAt(0)!).buffer);

/** Every form holds the same three reports. */
const FORMS: [name: string, file: () => string, form: RegExp, ...options: string[]][] = [
  ['CSV', () => write('a.csv', csvRows(',')), /\(CSV, 3 rows\)/],
  [
    'CSV with a byte order mark and CR LF',
    () => write('b.csv', `\uFEFF${csvRows(',').replaceAll('\n', '\r\n')}\r\n`),
    /CSV/,
  ],
  ['semicolons', () => write('c.csv', csvRows(';')), /separated by semicolons/],
  ['semicolons, said by Excel', () => write('d.csv', `sep=;\n${csvRows(';')}`), /separated by ";"/],
  ['tabs', () => write('e.tsv', csvRows('\t')), /separated by tabs/],
  [
    'tabs without quoting',
    () =>
      write(
        'f.tsv',
        csvRows('\t')
          .replace(/^"|(?<=\t)"|"$/gm, '')
          .replaceAll('""', '"'),
      ),
    /separated by tabs/,
  ],
  ['bars', () => write('g.txt.csv', csvRows('|')), /separated by bars/],
  ['UTF-16, little end first', () => write('h16.csv', utf16(csvRows('\t'))), /tabs, UTF-16LE/],
  ['UTF-16, big end first', () => write('i.csv', utf16(csvRows(','), true)), /UTF-16BE/],
  ['UTF-16 without a mark', () => write('j.csv', utf16(csvRows(',')).subarray(2)), /UTF-16LE/],
  [
    'Latin-1, named',
    () => write('k.csv', Buffer.from(csvRows(','), 'latin1')),
    /LATIN1/,
    '--encoding',
    'latin1',
  ],
  ['gzip', () => write('l.csv.gz', gzipSync(csvRows(','))), /CSV, gzip/],
  ['records', () => json('m.json', records), /\(JSON, 3 rows\)/],
  ['records with NaN', () => write('n.json', JSON.stringify(records).replace('null', 'NaN')), /JSON/],
  [
    'JSON Lines in a file named .json',
    () => write('o.json', records.map((r) => JSON.stringify(r)).join('\n')),
    /JSON Lines/,
  ],
  ['JSON in a file named .jsonl', () => json('p.jsonl', records), /\(JSON, 3 rows\)/],
  [
    'JSON Lines in a file named .txt',
    () => write('q.txt', records.map((r) => JSON.stringify(r)).join('\n')),
    /JSON Lines/,
  ],
  [
    'pandas columns',
    () => json('r.json', { study_id: { 0: 101, 1: 102, 2: 103 }, report: { ...TEXTS } }),
    /pandas \(columns\)/,
  ],
  [
    'pandas columns with ids as index',
    () => json('s.json', { report: byKey((i) => TEXTS[i]) }),
    /pandas \(columns\)/,
  ],
  [
    'pandas index',
    () => json('t.json', { 0: records[0], 1: records[1], 2: records[2] }),
    /one object per id.*study_id/,
  ],
  [
    'pandas index with ids as index',
    () =>
      json(
        'u.json',
        byKey((i) => ({ report: TEXTS[i] })),
      ),
    /ids from \(key\)/,
  ],
  [
    'pandas split',
    () =>
      json('v.json', {
        columns: ['study_id', 'report'],
        index: [0, 1, 2],
        data: IDS.map((id, i) => [Number(id), TEXTS[i]]),
      }),
    /pandas \(split\)/,
  ],
  [
    'pandas values with a header',
    () => json('w.json', [['id', 'report'], ...IDS.map((id, i) => [id, TEXTS[i]])]),
    /rows of values/,
  ],
  [
    'pandas values without a header',
    () =>
      json(
        'x.json',
        IDS.map((id, i) => [id, TEXTS[i]]),
      ),
    /rows of values/,
    '--id-column',
    '1',
    '--reference-column',
    '2',
    '--no-header',
  ],
  [
    'pandas table',
    () => json('y.json', { schema: { fields: [] }, data: records.map((r, index) => ({ index, ...r })) }),
    /pandas \(table\)/,
  ],
  [
    'texts by id',
    () =>
      json(
        'z.json',
        byKey((i) => TEXTS[i]),
      ),
    /texts by id/,
  ],
  [
    'lists of texts by id',
    () =>
      json(
        'aa.json',
        byKey((i) => [TEXTS[i]]),
      ),
    /texts by id/,
  ],
  ['lists, one a column', () => json('ab.json', { id: IDS, report: TEXTS }), /list per column/],
  [
    'COCO annotations',
    () =>
      json('ac.json', {
        images: IDS.map((id) => ({ id: Number(id) })),
        annotations: IDS.map((id, i) => ({ image_id: Number(id), id: i, caption: TEXTS[i] })),
      }),
    /COCO/,
  ],
  [
    "pycocoevalcap's dictionaries",
    () =>
      json(
        'gts.json',
        byKey((i) => [{ caption: TEXTS[i] }]),
      ),
    /texts by id/,
  ],
  [
    'a list of COCO annotations',
    () =>
      json(
        'coco.json',
        IDS.map((id, i) => ({ id: i + 7, image_id: Number(id), caption: TEXTS[i] })),
      ),
    /COCO.*image_id/,
  ],
  [
    'COCO results',
    () =>
      json(
        'ad.json',
        IDS.map((id, i) => ({ image_id: Number(id), caption: TEXTS[i] })),
      ),
    /ids from image_id/,
  ],
  [
    'annotation.json',
    () =>
      json('annotation.json', {
        train: [],
        val: [],
        test: IDS.map((id, i) => ({ id, report: TEXTS[i], image_path: ['x.png'] })),
      }),
    /annotation\.json, test split/,
  ],
  [
    'names in capitals',
    () => write('ae.csv', csvRows(',').replace('study_id,report', 'Study ID,Report')),
    /ids from Study ID/,
  ],
  ['ids that pandas made decimal', () => write('af.csv', csvRows(',').replace(/^(10.)/gm, '$1.0')), /CSV/],
];

describe('forms of tables', async () => {
  const flags = ['--metrics', 'bleu,rouge-l,cider', '--json'];
  const scoreOf = async (file: string, ...options: string[]) => {
    const { code, stdout, errors } = await runCommand(
      ...[
        'score',
        '--references',
        file,
        '--hypotheses',
        generated,
        ...flags,
        ...options.filter((o) => o !== '--no-header'),
      ],
    );
    expect(code, errors.join('\n')).toBe(0);
    return JSON.parse(stdout);
  };
  const plain = await scoreOf(write('plain.csv', csvRows(',')));

  it.each(FORMS)('%s', async (_, file, form, ...options) => {
    const path = file();
    if (options.includes('--no-header')) {
      expect(readTable(path, { header: false }).rows).toHaveLength(3); // the other file has a header
      return;
    }
    const { corpus, read } = await scoreOf(path, ...options);
    expect(corpus).toEqual(plain.corpus);
    expect(read[0]).toMatch(form);
  });
});

/** Name, files, what the one line says, options. */
const REFUSED: [name: string, file: () => string, says: RegExp, ...options: string[]][] = [
  [
    'Latin-1',
    () => write('l1.csv', Buffer.from(csvRows(','), 'latin1')),
    /line 4: expected UTF-8, found byte 0xc9, "É" in Latin-1.*--encoding latin1/,
  ],
  [
    'an unknown encoding',
    () => write('l2.csv', 'a'),
    /--encoding: expected a name .* found "klingon"/,
    '--encoding',
    'klingon',
  ],
  [
    'the wrong encoding',
    () => write('l3.csv', Buffer.from(csvRows(','), 'latin1')),
    /expected utf-8, found bytes that are not/,
    '--encoding',
    'utf-8',
  ],
  ['an Excel workbook', () => write('x.xlsx', 'PK\x03\x04rest'), /found a zip archive \(an Excel workbook\?/],
  [
    'a Git LFS pointer',
    () => write('lfs.csv', 'version https://git-lfs.github.com/spec/v1\noid'),
    /found a Git LFS pointer/,
  ],
  ['a login page', () => write('page.csv', '<!DOCTYPE html><html>'), /found a web page/],
  [
    'a pickle',
    () => write('p.json', Buffer.from([0x80, 4, 0x95, 1])),
    /found a Python pickle, which is never opened/,
  ],
  [
    'binary data',
    () => write('bin.csv', Buffer.from([65, 0, 66, 67, 68])),
    /expected text, found binary data/,
  ],
  ['UTF-32, little end first', () => write('u32le.csv', utf32(csvRows(','))), /found UTF-32 \(convert it/],
  [
    'UTF-32, big end first',
    () => write('u32be.csv', utf32(csvRows(',')).swap32()),
    /found UTF-32 \(convert it/,
  ],
  [
    'half a gzip file',
    () => write('half.csv.gz', gzipSync(csvRows(',')).subarray(0, 40)),
    /expected a whole gzip file/,
  ],
  [
    'a gzip bomb',
    () => write('bomb.csv.gz', gzipSync(Buffer.alloc(200 * 2 ** 20))),
    /at most 192 MB of text, found more once unpacked/,
  ],
  [
    'a field without end',
    () => write('open.csv', `id,report\n1,"${'a '.repeat(3_000_000)}`),
    /a row of more than 4,000,000 characters \(a quote left open\?\)/,
  ],
  [
    'rows without end',
    () => write('rows.csv', `id,report\n${'1,a\n'.repeat(1_100_000)}`),
    /at most 1,000,000 rows, found more/,
  ],
  [
    'objects without end',
    () => write('objects.json', `[${'{},'.repeat(3_000_000)}{}]`),
    /more values than a table has/,
  ],
  ['a folder', () => root, /expected a file, found a folder/],
  ['a device', () => '/dev/zero', /expected a file, found a device/],
  ['deep nesting', () => write('deep.json', '['.repeat(100_000)), /nesting deeper than 100/],
  [
    'a text without end',
    () => write('end.json', '[{"id": "1, "report": "\\"\\"\\"'),
    /expected JSON, found: /,
  ],
  [
    'a name twice in one object',
    () => write('twice.json', '{"1": "a", "1": "b"}'),
    /the name "1" twice in one object/,
  ],
  [
    'lists of unlike length',
    () => json('uneven.json', { id: ['1'], report: ['a', 'b'] }),
    /lists of one length, found id 1, report 2/,
  ],
  [
    'a form that nobody knows',
    () => json('form.json', { a: 1, b: [2] }),
    /known: a list of objects, pandas records/,
  ],
  [
    'a column twice',
    () => write('cols.csv', 'id,report,report\n1,a,b'),
    /expected one column report, found 2/,
  ],
  [
    'ids that differ in zeros within the file',
    () => write('zeros.csv', 'id,report\n7,a\n007,b\n103,c'),
    /found none/,
  ],
];

describe('files that are no tables', () => {
  it.each(REFUSED)('%s', async (_, file, says, ...options) => {
    const path = file();
    const { code, stdout, errors } = await runCommand(
      'score',
      '--references',
      path,
      '--hypotheses',
      generated,
      ...options,
    );
    expect([1, 2]).toContain(code);
    expect(stdout).toBe('');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(says);
  });
});

describe('several references', () => {
  // By hand. "a b c d" against "a b x y" and "c d": unigrams 4 of 4; lengths 4 and 2, the closest is 4.
  it('BLEU clips by the reference that has most, ROUGE-L takes the best of each', async () => {
    const references = json('several.json', { 1: ['a b x y', 'c d'], 2: ['e f'] });
    const hypotheses = json('one.json', { 1: 'a b c d', 2: 'e f' });
    const { code, stdout, errors } = await runCommand(
      ...['score', '--references', references, '--hypotheses', hypotheses],
      ...['--metrics', 'bleu,rouge-l,clinical-f1', '--json'],
    );
    expect(code).toBe(0);
    const { corpus, perReport } = JSON.parse(stdout);
    expect(corpus.BLEU_1).toBeCloseTo(1, 6);
    // precision 2/4 (either), recall 2/2 (the second): F with beta² 1.44
    expect(perReport[0].scores.ROUGE_L).toBeCloseTo((2.44 * 0.5 * 1) / (1 + 1.44 * 0.5), 12);
    expect(errors.join()).toContain('clinical-f1: only the first of several references is read');
  });
});

describe('names and cells of files', () => {
  it('are printed visibly: escapes, direction marks, new lines', async () => {
    const bad = write('bad.csv', 'id,report\n"\x1b[31mred\u202e\nline",a\n');
    const { errors } = await runCommand('score', '--references', bad, '--hypotheses', generated);
    expect(errors).toEqual([expect.stringContaining('"\\x1b[31mred\\u202e\\nline"')]);
  });

  it('are not computed by spreadsheets, unless raw', async () => {
    const file = write(
      'f.csv',
      'id,report\n"=HYPERLINK(""x"")","@SUM(1) effusion"\n+1,-2+3 lungs clear\n-5,"- No effusion"\n',
    );
    const out = join(root, 'labels.csv');
    const written = async (...more: string[]) => {
      expect((await runCommand('label', '--in', file, '--out', out, ...more)).code).toBe(0);
      return readFileSync(out, 'utf8').split('\n').slice(1, 4);
    };
    const [formula, plus, minus] = await written();
    expect(formula).toMatch(/^"'=HYPERLINK\(""x""\)",'@SUM\(1\) effusion,/);
    expect(plus).toMatch(/^'\+1,'-2\+3 lungs clear,/);
    expect(minus).toMatch(/^-5,'- No effusion,/);
    // what was put before the cells goes when RACA reads them
    expect(readTable(out).rows.map((row) => row.slice(0, 2))).toEqual(readTable(file).rows);
    expect((await written('--raw'))[1]).toMatch(/^\+1,-2\+3 lungs clear,/);
  });
});

describe('rows without a partner', () => {
  const fewer = write('fewer.csv', 'id,generated\n101,Large effusion.\n999,More.\n');
  const references = write('three.csv', csvRows(','));

  it('are left out with --allow-missing, and counted', async () => {
    const args = ['score', '--references', references, '--hypotheses', fewer, '--json'];
    const { code, errors } = await runCommand(...args);
    expect(code).toBe(1);
    expect(errors[0]).toMatch(/expected a row for id "102" .* found none \(and 1 more\); --allow-missing/);
    const lenient = await runCommand(...args, '--allow-missing');
    expect(lenient.code).toBe(0);
    expect(lenient.errors.join('\n')).toMatch(/2 of 3 references have no row, 1 rows have no reference/);
    expect(lenient.errors.join('\n')).toMatch(/scored: the 1 of 3 studies/);
  });

  it('null texts count as missing', async () => {
    const nulls = write(
      'nulls.json',
      '[{"id":101,"report":NaN},{"id":102,"report":"a"},{"id":103,"report":"b"}]',
    );
    const args = ['score', '--references', nulls, '--hypotheses', generated, '--json'];
    expect((await runCommand(...args)).errors[0]).toMatch(
      /row 1: report: expected text, found nothing \(--allow-missing/,
    );
    const { stdout } = await runCommand(...args, '--allow-missing');
    expect(JSON.parse(stdout).facts.count).toBe(2);
  });

  it('lines of text of unlike number are refused', async () => {
    const [a, b] = [write('a.txt', 'One line.\nTwo lines.\n'), write('b.tok', 'One line.\n')];
    const { code, errors } = await runCommand('score', '--references', a, '--hypotheses', b);
    expect(code).toBe(1);
    expect(errors[0]).toMatch(/b\.tok: expected 2 rows as in .*a\.txt, found 1; without ids/);
  });

  it('a blank line of a file of one column is an empty text', async () => {
    const [a, b] = [
      write('c1.csv', 'Big heart seen.\n\nClear lungs here.\n'),
      write('c2.csv', 'Big heart seen.\nx y\nClear lungs here.\n'),
    ];
    const { stdout } = await runCommand(
      'score',
      '--references',
      a,
      '--hypotheses',
      b,
      '--metrics',
      'rouge-l',
      '--json',
    );
    expect(
      JSON.parse(stdout).perReport.map(({ scores }: { scores: { ROUGE_L: number } }) => scores.ROUGE_L),
    ).toEqual([1, 0, 1]);
  });

  it('RadEval lists: one file, two lists, by row', async () => {
    const file = json('radeval.json', {
      references: ['Big heart.', 'Clear.'],
      hypotheses: ['Big heart.', 'Clear.'],
    });
    const { code, stdout } = await runCommand('score', '--references', file, '--hypotheses', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/column references, rows in order[\s\S]*column hypotheses, rows in order/);
  });
});
