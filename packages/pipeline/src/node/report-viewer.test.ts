import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REGIONS } from '@raca/core/regions';
import { Tokenizer } from '@raca/data';
import { decodeImage, encodePng } from '@raca/data/node';
import { afterAll, expect, it } from 'vitest';
import { DRAWN_NOTICE } from '../report-record';
import { TINY_WORDS, tinyConfig } from '../tiny';
import type { LoadedRun } from './load-run';
import { writeReportViewer, writeTableViewer } from './report-viewer';
import { type ReportRow, ReportsTable } from './reports-table';
import { RunFolder } from './run-folder';

const dir = mkdtempSync(join(tmpdir(), 'raca-viewer-'));
afterAll(() => rmSync(dir, { recursive: true }));

const config = tinyConfig();
const { views, grid } = config.model;
const patches = views * grid.rows * grid.cols;
// neither page looks at the model
const loaded = { run: new RunFolder(dir), config, tokenizer: new Tokenizer(TINY_WORDS) } as LoadedRun;
const page = join(dir, 'report.html');
const byRegion = (value: unknown) =>
  Object.fromEntries(REGIONS.map((name) => [name, new Array(patches).fill(value)]));
const row = (id: string, more: object = {}): ReportRow => ({
  id,
  images: [{ file: join(dir, 'wide.png') }],
  report: 'no effusion . <unk> . small effusion .',
  score: -8,
  regions: byRegion(1),
  probabilities: byRegion(0.75),
  ...more,
});

it('shows rows that hold their regions, with pictures in proportion and small', async () => {
  writeFileSync(join(dir, 'run.json'), '{"data":{"source":"phantom"}}');
  const data = Uint8Array.from({ length: 1500 * 900 }, (_, i) => (i * i) % 251);
  writeFileSync(join(dir, 'wide.png'), await encodePng({ width: 1500, height: 900, channels: 1, data }));
  const table = ReportsTable.open(dir, {});
  table.append(row('a'));
  table.append(row('<b>', { images: [{ file: join(dir, 'gone.png') }] }));
  table.append(row('few', { probabilities: byRegion(0.5), regions: { Heart: [1] } }));
  table.append(row('odd', { probabilities: byRegion('<script>') }));
  table.append({ id: 'failed', images: [], error: 'broken' });
  await writeTableViewer(page, loaded, table, {});
  table.close();
  const html = readFileSync(page, 'utf8');
  expect([...html.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, id]) => id)).toEqual(['a', '&lt;b&gt;']);
  expect(html).toContain('The first 2 of 4 studies');
  expect(html).toContain(DRAWN_NOTICE);
  const sources = [...html.matchAll(/src="data:image\/jpeg;base64,([^"]*)" width="(\d+)" height="(\d+)"/g)];
  expect(sources.map(([, , width, height]) => [width, height])).toEqual([['512', '307']]); // 900 · 512 / 1500
  writeFileSync(join(dir, 'small.jpg'), Buffer.from(sources[0][1], 'base64'));
  expect(await decodeImage(join(dir, 'small.jpg'))).toMatchObject({ width: 512, height: 307, channels: 1 });
  // both sentences of the contradiction are marked; -8 over 8 tokens and the end
  expect(html.split('⚠ contradiction')).toHaveLength(1 + 2 * 2);
  expect(html).toContain('log-probability per word -0.889');
  expect(html).toContain('Small effusion.');
});

it('shows one report without tools', async () => {
  const picture = { width: 4, height: 2, channels: 1, data: new Uint8Array(8) };
  const written = {
    id: 'report',
    report: 'clear .',
    sentences: ['Clear.'],
    score: -1,
    contradictions: [],
    kinds: ['frontal', 'lateral'] as const,
    masks: new Uint8Array(12 * patches),
    probabilities: new Float32Array(12 * patches),
    warnings: ['a warning'],
    notes: ['a note'],
    pictures: [picture, picture],
  };
  await writeReportViewer(page, loaded, [written]);
  const html = readFileSync(page, 'utf8');
  expect(html).toContain('report of one study');
  expect(html).not.toContain('id="sort"');
  for (const text of ['Clear.', 'a warning', 'a note', 'Frontal view', 'Lateral view'])
    expect(html).toContain(text);
});
