import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { contextCounts, contextOf } from '../../../context';
import { SPLITS } from '../../../dataset';
import { chest } from '../../../dicom/testing/programs';
import { viewKindsOf } from '../../../views';
import { openDataset } from '../../read';
import { importDataset } from '../import-dataset';
import { put } from '../testing/mimic-tree';
import { rexrank } from './rexrank';

let dir: string;
const at = (...names: string[]) => join(dir, ...names);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-rexrank-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const entry = (paths: string[], fields: object) => ({
  image_path: paths,
  key_image_path: paths[0],
  ...fields,
});
const load = (images?: 'none') =>
  importDataset(rexrank, { from: [at('in.json'), ...(images ? [] : [at('img')])], out: at('out'), images });
const input = (entries: object) => put(at('in.json'), JSON.stringify(entries).replaceAll('"NaN"', 'NaN'));

it('makes a data set of findings and impression, with context and views, and keeps the file', async () => {
  for (const name of ['CXR1_IM/0.png', 'CXR1_IM/1.png', 'CXR2_IM/0.png']) {
    const raw = { width: 64, height: 70, channels: 1 } as const;
    put(
      at('img', name),
      await sharp(Uint8Array.from(chest(64, 70, 255, name.length)), { raw })
        .png()
        .toBuffer(),
    );
  }
  input({
    CXR1_IM: entry(['CXR1_IM/0.png', 'CXR1_IM/1.png'], {
      section_findings: 'Clear.',
      section_impression: 'Normal.',
      frontal_lateral: ['Lateral', 'Frontal'],
      context: 'Age:61.0.Gender:Female.Indication: Cough. Comparison: None.',
      split: 'val',
    }),
    CXR2_IM: entry(['CXR2_IM/0.png'], {
      section_findings: 'NaN',
      section_impression: 'Same.',
      frontal_lateral: ['Frontal', 'Lateral'],
    }),
    CXR3_IM: entry(['CXR3_IM/0.png'], { section_findings: 'Lost.', section_impression: 'None.' }),
  });
  const { manifest } = await load();
  expect(manifest).toMatchObject({ access: 'open', licence: 'CC BY-NC-ND 4.0' });
  expect(manifest.remarks).toEqual({ 'list of views of another length than the images': 1 });
  const { train, val, test } = openDataset(at('out')).annotation;
  expect(train).toEqual([]);
  expect(val).toEqual([
    {
      id: 'CXR1_IM',
      report: 'Clear. Normal.',
      image_path: ['CXR1_IM/0.png', 'CXR1_IM/1.png'],
      split: 'val',
      views: ['frontal', 'lateral'], // frontal first
      image_ids: ['CXR1_IM/1.png', 'CXR1_IM/0.png'],
      subject_id: 'CXR1_IM',
      indication: 'Cough.',
      comparison: 'None.',
      findings: 'Clear.',
      impression: 'Normal.',
    },
  ]);
  expect(test).toMatchObject([{ id: 'CXR2_IM', report: 'Same.', views: ['frontal'] }]);
  expect(readFileSync(at('out', 'rexrank.json'), 'utf8')).toBe(readFileSync(at('in.json'), 'utf8'));
  expect(readFileSync(at('out', 'dropped.csv'), 'utf8')).toMatch(/CXR3_IM.*image file missing/);
});

it.each([
  ['p10/p10000032/s1/a.jpg', 'PhysioNet Credentialed', 'mimic_cxr'],
  ['valid/patient00001/study1/v.png', 'Stanford', 'iu_xray'],
  ['elsewhere/a.png', 'not stated', 'iu_xray'],
])('tells whose reports they are by paths: %s', async (path, licence, cleaning) => {
  input({ a: entry([path], { section_findings: 'Clear.' }) });
  const { manifest } = await load('none');
  expect(manifest.licence).toContain(licence);
  expect(manifest.cleaning).toBe(cleaning);
  expect(manifest.access).not.toBe('open');
});

it('stops in one line without a file, and for one that is none', async () => {
  await expect(importDataset(rexrank, { from: [dir], out: at('out') })).rejects.toThrow(
    'expected one JSON file of ReXrank, found none',
  );
  put(at('in.json'), '{"train": []}');
  await expect(load('none')).rejects.toThrow(
    'in.json: train: image_path: expected a list of paths, found none',
  );
  expect(existsSync(at('out'))).toBe(false);
});

it('gives a study without any reference text a place: it has pictures to write a report of', async () => {
  input({
    a: entry(['a.png'], { section_findings: 'NaN' }),
    b: entry(['b.png'], { section_impression: 'Normal.' }),
  });
  const { manifest } = await load('none');
  expect(openDataset(at('out'), { checkImages: false }).annotation.test).toMatchObject([
    { id: 'a', report: 'None.' },
    { id: 'b', report: 'Normal.' },
  ]);
  expect(Object.values(manifest.remarks!)).toEqual([1]);
});

const real = fileURLToPath(
  new URL('../../../../../../../shared/data/iu_xray/rexrank_context_views.json', import.meta.url),
);
it.skipIf(!existsSync(real))(
  'IU X-ray with indication, comparison and views (needs ../shared/data)',
  async () => {
    const { manifest } = await importDataset(rexrank, { from: [real], out: at('out'), images: 'none' });
    expect(manifest.remarks).toEqual({ 'list of views of another length than the images': 59 });
    const { annotation } = openDataset(at('out'), { checkImages: false });
    expect(SPLITS.map((split) => annotation[split].length)).toEqual([0, 296, 490]);
    // counted by another program: 786 comparisons, 776 indications; 727 lists of views that match, of 1454 images, and the key images
    // of 47 of the other 59, whose lists name a frontal view
    expect(contextCounts(annotation).texts).toMatchObject({
      indication: 776,
      comparison: 786,
      priorReport: 0,
    });
    const kinds = [...annotation.val, ...annotation.test].flatMap(viewKindsOf);
    expect(kinds.filter((kind) => kind !== 'unknown')).toHaveLength(2 * 727 + 47);
    const text = JSON.stringify(annotation.test.map((study) => contextOf(study, () => undefined)));
    expect(text).not.toMatch(/xxxx/i);
  },
);
