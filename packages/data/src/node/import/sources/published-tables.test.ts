import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Study } from '../../../dataset';
import { viewKindsOf } from '../../../views';
import { openDataset } from '../../read';
import { type ImportOptions, importDataset } from '../import-dataset';
import type { ImportSource } from '../import-source';
import { put } from '../testing/mimic-tree';
import { chexpertPlus } from './chexpert-plus';
import { csv } from './csv';
import { padchest } from './padchest';
import { rexgradient } from './rexgradient';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-tables-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function load(source: ImportSource, options: Partial<ImportOptions> = {}) {
  const out = join(dir, 'out');
  const { manifest } = await importDataset(source, {
    from: [join(dir, 'from')],
    out,
    images: 'none',
    ...options,
  });
  const { train, val, test } = openDataset(out, { checkImages: false }).annotation;
  const studies = new Map<string, Study>([...train, ...val, ...test].map((study) => [study.id, study]));
  return { manifest, studies };
}

describe('CheXpert Plus', () => {
  const header =
    'path_to_image,path_to_dcm,frontal_lateral,ap_pa,deid_patient_id,patient_report_date_order,report,section_clinical_history,section_history,section_comparison,section_findings,section_impression,split';
  const rows = [
    't/patient1/study1/view1_frontal.jpg,,Frontal,PA,patient1,1,whole,Fever.,Smoker.,None.,Clear.,Normal.,train',
    't/patient1/study1/view2_lateral.jpg,,Lateral,,patient1,1,whole,Fever.,Smoker.,None.,Clear.,Normal.,train',
    'v/patient2/study1/view1_frontal.jpg,,Frontal,AP,patient2,1,whole,,Cough.,,,Line in place.,valid',
  ];
  it.each([
    ['chexpert-plus', chexpertPlus],
    ['csv', csv()],
  ] as const)('is read by %s', async (_, source) => {
    put(join(dir, 'from/df_chexpert_plus_240401.csv'), [header, ...rows].join('\n'));
    const { manifest, studies } = await load(source);
    expect(manifest).toMatchObject({ source: 'CheXpert Plus (Stanford AIMI)', access: 'credentialed' });
    const one = studies.get('t_patient1_study1')!;
    expect(one).toMatchObject({
      report: 'Clear.',
      indication: 'Fever.',
      history: 'Smoker.',
      comparison: 'None.',
    });
    expect(viewKindsOf(one)).toEqual(['frontal', 'lateral']); // the lateral row has no ap_pa
    expect(one).not.toHaveProperty('day'); // the order of reports is no order of time
    const two = studies.get('v_patient2_study1')!;
    expect(two).toMatchObject({ report: 'Line in place.', history: 'Cough.', split: 'val' });
    expect(two).not.toHaveProperty('indication');
  });
});

describe('PadChest', () => {
  const header =
    'ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,ViewPosition_DICOM,Projection,ReportID,Report,Labels';
  it.each([
    ['padchest', padchest],
    ['csv', csv()],
  ] as const)('is read by %s', async (_, source) => {
    put(
      join(dir, 'from/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv'),
      `${header}
a.png,0,20140915,s1,p1,POSTEROANTERIOR,PA,r1,sin hallazg patolog .,['normal']
b.png,0,20140915,s1,p1,LATERAL,L,r1,sin hallazg patolog .,['normal']
c.png,3,20150101,s2,p1,ANTEROPOSTERIOR,AP_horizontal,r2,derram pleural .,['pleural effusion']`,
    );
    const { manifest, studies } = await load(source);
    expect(manifest.notes).toEqual([expect.stringMatching(/Spanish/)]);
    expect(manifest.source).toMatch(/^PadChest/);
    expect(studies.get('s1')).toMatchObject({ report: 'sin hallazg patolog .', day: 0, subject_id: 'p1' });
    expect(viewKindsOf(studies.get('s1')!)).toEqual(['frontal', 'lateral']);
    // 15 days of September, October, November, December, and one: 15 + 31 + 30 + 31 + 1
    expect(studies.get('s2')).toMatchObject({ day: 108, prior_study: 's1', views: ['AP'] });
  });
});

describe('ReXGradient-160K', () => {
  const entry = (id: string, fields: object) => ({
    ...{ id, PatientID: 'P1', StudyDate: '20200101', ImagePath: [`../deid_png/G/${id}/x.png`] },
    ...{ Indication: 'cough', Comparison: 'None.', Findings: 'Clear.', Impression: 'Normal.' },
    ...fields,
  });
  const write = (name: string, ...entries: { id: string }[]) =>
    put(
      join(dir, 'from', name),
      JSON.stringify(Object.fromEntries(entries.map((made) => [made.id, made])), null, 4).replaceAll(
        '"NaN"',
        'NaN',
      ),
    );

  it('is read from the metadata of each split, with views, days and earlier studies', async () => {
    write('metadata/train_metadata.json', entry('other', {})); // without views: the next one stands over it
    write(
      'metadata/train_metadata_view_position.json',
      entry('a', {
        ImagePath: ['../deid_png/G/a/x.png', '../deid_png/G/a/y.png'],
        ImageViewPosition: ['LATERAL', 'POSTERO_ANTERIOR'],
      }),
      entry('b', { StudyDate: '20200301', Findings: 'None', Indication: 'said "NaN"', Comparison: 'NaN' }),
      entry('c', { ImagePath: 3 }),
    );
    write('metadata/valid_metadata_view_position.json', entry('d', { PatientID: 'P2' }));
    const { manifest, studies } = await load(rexgradient);
    expect([...studies.keys()]).toEqual(['a', 'b', 'd']);
    expect(manifest.licence).toMatch(/^ReXGradient-160K Non-Commercial/);
    expect(viewKindsOf(studies.get('a')!)).toEqual(['frontal', 'lateral']);
    expect(studies.get('a')).toMatchObject({
      report: 'Clear.',
      indication: 'cough',
      comparison: 'None.',
      day: 0,
    });
    const second = studies.get('b')!;
    expect(second).toMatchObject({ report: 'Normal.', day: 60, prior_study: 'a', indication: 'said "NaN"' });
    expect(second).not.toHaveProperty('comparison');
    expect(studies.get('d')).toMatchObject({ split: 'val' });
    expect(manifest.counts![0]).toMatchObject({
      dropped: [
        {
          reason: 'unreadable entry',
          examples: [/* one */ expect.stringMatching(/^c \(ImagePath: expected array, found 3/)],
        },
      ],
    });
  });

  it('stops in one line where there are no metadata', async () => {
    put(join(dir, 'from/train_metadata.csv'), 'id\n');
    await expect(load(rexgradient)).rejects.toThrow('expected train_metadata_view_position.json');
  });
});

it('columns that the user names make another import', async () => {
  put(
    join(dir, 'from/t.csv'),
    'scan,words,why,when,who\na.png,Clear.,Cough.,2020-01-02,p\nb.png,Large.,Pain.,2020-01-12,p\n',
  );
  const columns = { image: 'scan', report: 'words', indication: 'why', date: 'when', patient: 'who' };
  const { studies } = await load(csv(columns));
  expect(studies.get('b')).toMatchObject({
    report: 'Large.',
    indication: 'Pain.',
    day: 10,
    prior_study: 'a',
  });
  await expect(load(csv({ ...columns, indication: undefined }))).rejects.toThrow(
    'an import of other options',
  );
});
