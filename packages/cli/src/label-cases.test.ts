import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTable } from './table-file';
import { runCommand } from './testing/run-command';

const inputs = fileURLToPath(new URL('../../../../shared/field/text/inputs/', import.meta.url));
const test = it.skipIf(!existsSync(inputs));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-label-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('S14-bullets-f1: the same findings as a list (needs ../shared/field)', async () => {
  const files = ['--references', `${inputs}bul_ref.csv`, '--hypotheses', `${inputs}bul_hyp.csv`];
  const { stdout } = await runCommand('score', ...files, '--metrics', 'clinical-f1', '--json');
  expect(JSON.parse(stdout).corpus['clinical/micro/f1/14']).toBe(1);
});

test('S23-empty-section: the impression counts where findings are empty (needs ../shared/field)', async () => {
  const out = join(dir, 'labels.csv');
  expect((await runCommand('label', '--in', `${inputs}mimic_sectioned.csv`, '--out', out)).code).toBe(0);
  const { header, rows } = readTable(out);
  expect(rows.map((row) => row[header.indexOf('Pleural Effusion')])).toEqual(['1', '0']);
});

test('S24-label-drops-column: every column stays, and .json is JSON (needs ../shared/field)', async () => {
  const out = join(dir, 'labels.json');
  expect((await runCommand('label', '--in', `${inputs}label_null_first.json`, '--out', out)).code).toBe(0);
  const [first, second] = JSON.parse(readFileSync(out, 'utf8'));
  expect(first).toMatchObject({ id: 1, note: null, 'Pleural Effusion': 1, 'No Finding': null });
  expect(second).toMatchObject({ id: 2, note: 'x', 'Pleural Effusion': 0, 'No Finding': 1 });
});

test('S25-annotate: the region lexicon knows the words of the labeler (needs ../shared/field)', async () => {
  const out = join(dir, 'annotation.json');
  cpSync(`${inputs}ann`, join(dir, 'ann'), { recursive: true });
  expect((await runCommand('annotate', '--data', join(dir, 'ann'), '--out', out)).code).toBe(0);
  const { train } = JSON.parse(readFileSync(out, 'utf8'));
  const [lungs, vessels, angles] = ['Lung fields', 'Pulmonary vasculature', 'Costophrenic angles'];
  expect(train.map((study: { sentence_regions: unknown }) => study.sentence_regions)).toEqual([
    { S1: [lungs], S2: [angles] },
    { S1: [lungs, vessels], S2: [lungs, vessels], S3: [angles] },
    { S1: [lungs], S2: [angles], S3: ['Heart'] },
    { S1: [angles], S2: ['Airways'] },
  ]);
});
