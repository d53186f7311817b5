import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chest } from '../../../dicom/testing/programs';
import { openDataset } from '../../read';
import { importDataset } from '../import-dataset';
import { importCsv } from '../published-imports';
import { put } from '../testing/mimic-tree';
import { rexgradient as rexgradientSource } from './rexgradient';

let dir: string;
const at = (...names: string[]) => join(dir, ...names);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-csv-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const picture = (seed: number) =>
  sharp(Uint8Array.from(chest(64, 70, 255, seed)), { raw: { width: 64, height: 70, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
async function images(...names: string[]): Promise<void> {
  for (const [n, name] of names.entries()) put(at('from', name), await picture(n + 1));
}
const table = (text: string): void => put(at('from', 'reports.csv'), text);
const load = (columns?: object) =>
  importCsv({ from: [at('from')], out: at('out'), ...(columns && { columns }) });
const studies = () => {
  const { train, val, test } = openDataset(at('out')).annotation;
  return [...train, ...val, ...test];
};

it('a row per image: rows of one study become one, the split is kept, another extension does not matter', async () => {
  await images('img/a/1.png', 'img/a/2.png', 'img/b/1.png');
  table(
    'study_id,patient_id,image_path,view,report,split\n' +
      's1,p1,a/2.jpg,LATERAL,Clear lungs.,train\ns1,p1,a/1.jpg,PA,Clear lungs.,train\ns2,p2,b/1.jpg,AP,"Small\n effusion.",validate\n',
  );
  const { manifest } = await load();
  const [first, second] = studies();
  expect(first).toMatchObject({
    id: 's1',
    report: 'Clear lungs.',
    views: ['PA', 'LATERAL'],
    subject_id: 'p1',
  });
  expect(readFileSync(at('out', 'images', first.image_path[0]))).toEqual(await picture(1));
  expect(second).toMatchObject({ id: 's2', report: 'Small effusion.', split: 'val' });
  expect(manifest.access).toBeUndefined();
});

it('semicolons, a list of images in a cell, headers inside the report', async () => {
  await images('x/1.png', 'x/2.png');
  table(
    `ID;Image;Report\n7;"['x/1.png', 'x/2.png']";"INDICATION: Cough. FINDINGS: No effusion. IMPRESSION: Normal."\n`,
  );
  await load();
  expect(studies()).toMatchObject([
    { id: '7', report: 'No effusion.', impression: 'Normal.', indication: 'Cough.' },
  ]);
  expect(studies()[0].image_path).toHaveLength(2);
});

it('names what is missing, and never gives one file to two paths', async () => {
  await images('1.png');
  table('a,b\n1,2\n');
  await expect(load()).rejects.toThrow('expected a column image_path (--image-column), found a, b');
  await expect(load({ image: 'c' })).rejects.toThrow('expected a column c, found a, b');
  table('image,report\np1/1.png,One.\np2/1.png,Two.\n');
  await expect(load()).rejects.toThrow('expected one path for 1.png, found p1/1.png and p2/1.png');
  put(at('from', 'other.csv'), 'image,report\n');
  await expect(load()).rejects.toThrow('expected one CSV of reports, found');
});

const field = fileURLToPath(new URL('../../../../../../../shared/field/image/inputs/imp/', import.meta.url));
it.skipIf(!existsSync(field))(
  'chexpert-plus-rexgradient-padchest-csv: CheXpert Plus as it is (needs ../shared/field)',
  async () => {
    await importCsv({ from: [join(field, 'chexpertplus')], out: at('out') });
    expect(studies()).toMatchObject([
      {
        id: 'train_patient00001_study1',
        report: 'The lungs are clear.',
        subject_id: 'patient00001',
        views: ['AP'],
      },
    ]);
    const rexgradient = importCsv({ from: [join(field, 'rexgradient')], out: at('other') });
    await expect(rexgradient).rejects.toThrow('expected one CSV of reports, found none');
    const { manifest } = await importDataset(rexgradientSource, {
      from: [join(field, 'rexgradient')],
      out: at('other'),
      images: 'none',
    });
    expect(manifest.counts?.find(({ filter }) => filter === 'train')).toMatchObject({
      studies: 1,
      images: 1,
    });
  },
);
