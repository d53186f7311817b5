import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chest, run } from '../../dicom/testing/programs';
import { decodeImage } from '../decode';
import { openDataset } from '../read';
import { importIuXray, importMimicCxr } from './published-imports';
import { put } from './testing/mimic-tree';
import { walk } from './walk';

let dir: string;
const at = (...names: string[]) => join(dir, ...names);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-forms-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const size = { width: 64, height: 70 };
/** Pictures that can be told apart by their first level. */
const picture = (seed: number) =>
  sharp(Uint8Array.from(chest(64, 70, 255, seed)), { raw: { ...size, channels: 1 } });
const png = (seed: number) => picture(seed).toColourspace('b-w').png().toBuffer();

const entry = (id: string, split: string) => ({
  id,
  report: 'The lungs are clear.',
  image_path: [`${id}/0.png`, `${id}/1.png`],
  split,
});
const annotation = JSON.stringify({
  train: [entry('CXR2_IM-0652', 'train')],
  val: [entry('CXR1_1_IM-0001', 'val')],
  test: [],
});

describe('R2Gen’s annotation', () => {
  it('beside Open-i’s folder: the n-th image of a report by its name, and a remark', async () => {
    const names = ['CXR2_IM-0652-1001', 'CXR2_IM-0652-2001', 'CXR1_1_IM-0001-3001', 'CXR1_1_IM-0001-4001'];
    for (const [n, name] of names.entries()) put(at('from', 'NLMCXR_png', `${name}.png`), await png(n + 1));
    put(at('from', 'NLMCXR_png', 'CXR20_IM-0652-1001.png'), await png(9));
    put(at('from', 'annotation.json'), annotation);
    const { manifest } = await importIuXray({ from: [at('from')], out: at('out') });
    expect(manifest.remarks).toEqual({
      'images under Open-i’s names, matched with R2Gen’s by their order': 4,
    });
    const images = (id: string) => [0, 1].map((n) => readFileSync(at('out', 'images', id, `${n}.png`)));
    expect(images('CXR2_IM-0652')).toEqual([await png(1), await png(2)]);
    expect(images('CXR1_1_IM-0001')).toEqual([await png(3), await png(4)]);
  });

  it('under another name, where it is named', async () => {
    for (const id of ['CXR2_IM-0652', 'CXR1_1_IM-0001'])
      for (const n of [0, 1]) put(at('images', id, `${n}.png`), await png(n));
    put(at('folder', 'iu_annotation_promptmrg.json'), annotation);
    const { manifest } = await importIuXray({
      from: [at('folder', 'iu_annotation_promptmrg.json'), at('images')],
      out: at('out'),
    });
    expect(manifest.counts?.find(({ filter }) => filter === 'train')?.studies).toBe(1);
    await expect(importIuXray({ from: [at('folder')], out: at('other') })).rejects.toThrow(
      'found none (a file of another name is taken where --from names it)',
    );
  });
});

it('takes Kaggle’s tables under other names, by their columns', async () => {
  put(
    at('reports.csv'),
    'uid,MeSH,indication,comparison,findings,impression\n1,normal,,,Clear lungs.,Normal.\n',
  );
  put(
    at('views.csv'),
    'uid,filename,projection\n1,1_IM-0001-3001.dcm.png,Frontal\n1,1_IM-0001-4001.dcm.png,Lateral\n',
  );
  for (const n of [3, 4]) put(at('png', `1_IM-0001-${n}001.dcm.png`), await png(n));
  const from = [at('reports.csv'), at('views.csv'), at('png')];
  const { manifest } = await importIuXray({ from, out: at('out') });
  expect(manifest.counts?.find(({ filter }) => filter === 'read')).toMatchObject({ studies: 1, images: 2 });
});

it('reads mimic_cxr_sectioned.csv where there are no reports', async () => {
  const [a, b] = ['a'.repeat(8), 'b'.repeat(8)];
  put(
    at('from', 'mimic_cxr_sectioned.csv'),
    'study,impression,findings,last_paragraph,comparison\n' +
      's50000001,No change.,"The lungs\n are clear.",,None.\ns50000002,,,Chest is normal.,\ns50000001,Again.,,,\nx,,,,\n',
  );
  put(
    at('from', 'mimic-cxr-2.0.0-split.csv'),
    `dicom_id,study_id,subject_id,split\n${a},50000001,10000001,train\n${b},50000002,10000002,test\n`,
  );
  for (const [id, study, n] of [
    [a, '10000001/s50000001', 1],
    [b, '10000002/s50000002', 2],
  ] as const)
    put(at('from', 'files', 'p10', `p${study}`, `${id}.jpg`), await picture(n).jpeg().toBuffer());
  const { manifest } = await importMimicCxr({ from: [at('from')], out: at('out'), section: 'both' });
  const { train, test } = openDataset(at('out')).annotation;
  expect(train.map(({ report }) => report)).toEqual(['The lungs are clear. No change.']);
  expect(test.map(({ report }) => report)).toEqual(['Chest is normal.']);
  expect(manifest.access).toBe('credentialed');
  expect(readFileSync(at('out', 'dropped.csv'), 'utf8')).toContain('another report of the same study');
});

it('makes PNG of TIFF, BMP and WebP, and of all where gray levels are asked for', async () => {
  const tiff = await picture(1).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer();
  put(at('from', 'CXR2_IM-0652', '0.tif'), tiff);
  put(at('from', 'CXR2_IM-0652', '1.webp'), await picture(2).webp({ lossless: true }).toBuffer());
  put(at('from', 'CXR1_1_IM-0001', '0.png'), await png(3));
  put(at('from', 'CXR1_1_IM-0001', '1.jpg'), await picture(4).jpeg().toBuffer());
  const paths = (id: string, names: string[]) => ({
    ...entry(id, 'train'),
    image_path: names.map((name) => `${id}/${name}`),
  });
  const train = [paths('CXR2_IM-0652', ['0.tif', '1.webp']), paths('CXR1_1_IM-0001', ['0.png', '1.jpg'])];
  put(at('from', 'annotation.json'), JSON.stringify({ train, val: [], test: [] }));
  await importIuXray({ from: [at('from')], out: at('out') });
  const read = async (...names: string[]) => (await decodeImage(at('out', 'images', ...names))).data;
  expect([...(await read('CXR2_IM-0652', '0.png'))]).toEqual([...chest(64, 70, 255, 1)]);
  await importIuXray({ from: [at('from')], out: at('out'), overwrite: true, pictures: { invert: true } });
  expect([...(await read('CXR1_1_IM-0001', '0.png'))]).toEqual(
    [...chest(64, 70, 255, 3)].map((v) => 255 - v),
  );
  expect(existsSync(at('out', 'images', 'CXR1_1_IM-0001', '1.png'))).toBe(true);
});

it('walks each folder once, however links go round', async () => {
  put(at('root', 'a', 'x.txt'), 'x');
  put(at('elsewhere', 'y.txt'), 'y');
  for (const name of ['one', 'two', 'three']) {
    symlinkSync(at('root'), at('root', name));
    symlinkSync(at('root', 'a'), at('root', 'a', name));
    symlinkSync(at('elsewhere'), at('root', `out-${name}`));
  }
  symlinkSync(at('nowhere'), at('root', 'broken'));
  mkdirSync(at('root', 'empty'));
  const names: string[] = [];
  for await (const { name } of walk([at('root')])) names.push(name);
  expect(names).toEqual(['a/x.txt', 'out-one/y.txt']);
});

it.skipIf(process.platform === 'win32')('never waits for a pipe', async () => {
  run('mkfifo', at('pipe.png'));
  const names: string[] = [];
  for await (const { name } of walk([dir])) names.push(name);
  expect(names).toEqual([]);
  const named = async () => {
    for await (const _ of walk([at('pipe.png')])) throw new Error('a pipe was given');
  };
  await expect(named()).rejects.toThrow('expected a folder or an archive, found a pipe, socket or device');
});

const field = fileURLToPath(new URL('../../../../../../shared/field/image/inputs/imp', import.meta.url));
describe.skipIf(!existsSync(field))('cases of the field (need ../shared/field)', () => {
  const studies = (counts: readonly { filter: string; studies: number }[] = []) =>
    counts
      .filter(({ filter }) => ['train', 'val', 'test'].includes(filter))
      .reduce((sum, { studies: n }) => sum + n, 0);
  it.each([
    ['r2gen-annotation-with-official-flat-png', ['flat'], 2],
    ['annotation-json-of-another-name', ['othername/iu_annotation_R2Gen.json', 'othername/images'], 2],
    ['kaggle-archive-zip', ['kaggle/archive.zip'], 2],
  ] as const)('%s', async (_, from, count) => {
    const options = { from: from.map((name) => join(field, name)), out: at('out') };
    const pair = from.some((name) => name.endsWith('.zip')) && { perStudy: 'pair' as const };
    const { manifest } = await importIuXray({ ...options, ...pair });
    expect(studies(manifest.counts)).toBe(count);
  });
  it('mimic-sectioned-csv', async () => {
    const { manifest } = await importMimicCxr({ from: [join(field, 'mimic-sectioned')], out: at('out') });
    expect(studies(manifest.counts)).toBe(1);
  });
});
