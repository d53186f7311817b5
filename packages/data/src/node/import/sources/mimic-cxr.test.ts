import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { contextCounts, contextOf, studyLookup } from '../../../context';
import { SPLITS, type Study } from '../../../dataset';
import { openDataset } from '../../read';
import { importMimicCxr } from '../published-imports';
import { dicomId, folderOf, type MadeStudy, mimicTree, put } from '../testing/mimic-tree';

let dir: string;
let from: string;
let out: string;
let jpg: Uint8Array;
beforeAll(async () => {
  const raw = { width: 4, height: 4, channels: 1 } as const;
  jpg = await sharp(new Uint8Array(16).fill(99), { raw }).jpeg().toBuffer();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raca-mimic-'));
  from = join(dir, 'from');
  out = join(dir, 'out');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const final = (...lines: string[]) => ['                                FINAL REPORT', ...lines];
const A = 10000001;
const B = 11000002;
const C = 12000003;

/** Every form that a report and its images take, one each. */
const STUDIES: readonly MadeStudy[] = [
  // patient A, train: three studies in time, listed out of order
  {
    subject: A,
    study: 50000012,
    report: final('INDICATION: Follow-up.', '', 'FINDINGS: Second film.', '', 'IMPRESSION: Same.'),
    views: ['LATERAL', 'PA'],
    split: 'train',
    time: '21800301 103000',
  },
  {
    subject: A,
    study: 50000011,
    report: final('FINIDNGS: First film.', '', 'IMPRESSION: Well.'),
    views: ['AP'],
    split: 'train',
    time: '21800301 063000',
  },
  {
    subject: A,
    study: 50000013,
    report: final('FINDINGS: Chest one.', '', 'IMPRESSION: A.', '', 'FINDINGS: Chest two.'),
    views: ['', 'LL', 'AP'],
    split: 'train',
    time: '21811231 120000',
  },
  // patient B, train: reports without findings of their own
  { subject: B, study: 50000021, report: final('IMPRESSION: Only this.'), views: ['PA'], split: 'train' },
  {
    subject: B,
    study: 50000022,
    report: final('FINDINGS AND IMPRESSION: Both.'),
    views: ['PA', ':lateral'],
    split: 'train',
  },
  {
    subject: B,
    study: 50000023,
    report: final('CHEST, PA', '', 'HISTORY: Fall.', '', 'No header here.'),
    views: ['PA'],
    split: 'train',
  },
  { subject: B, study: 50000024, report: final('COMPARISON: Chest of ___.'), views: ['PA'], split: 'train' },
  {
    subject: B,
    study: 50000025,
    report: ['WET READ: ___ 5:12 AM', ' Wet words.'],
    views: ['AP'],
    split: 'train',
  },
  {
    subject: B,
    study: 50000026,
    report: ['FINAL ADDENDUM', 'Added later.', '', ...final('FINDINGS: ___ clear. IMPRESSION: Inside.')],
    views: ['AP'],
    split: 'train',
  },
  {
    subject: B,
    study: 50000027,
    report: final('FINDINGS: ___.', '', 'IMPRESSION: ___'),
    views: ['AP'],
    split: 'train',
  },
  { subject: B, study: 50000028, report: [''], views: ['AP'], split: 'train' },
  // patient C: validation, test, and what does not fit
  {
    subject: C,
    study: 50000031,
    report: final('FINDINGS: For validation.'),
    views: ['AP', 'AP'],
    split: 'validate',
  },
  {
    subject: C,
    study: 50000032,
    report: final('FINDINGS: For the test.'),
    views: ['LATERAL'],
    split: 'test',
  },
  { subject: C, study: 50000033, report: final('FINDINGS: No split.'), views: ['PA'] },
  { subject: C, study: 50000034, views: ['PA'], split: 'test' }, // no report
  { subject: C, study: 50000035, report: final('FINDINGS: No image.'), views: [], split: 'test' },
  {
    subject: C,
    study: 50000036,
    report: final('FINDINGS: Image lost.'),
    views: ['PA', 'LATERAL'],
    split: 'test',
  },
];

const LOST = dicomId(50000036, 0);
const reports = (path: string, text: string) => put(join(from, path), text);
const image = (path: string) => (path.includes(LOST) ? undefined : jpg);
const make = () => mimicTree(from, STUDIES, { reports, image });

const read = (folder = out): Study[] => {
  const { annotation } = openDataset(folder);
  return SPLITS.flatMap((split) => annotation[split]);
};
const rows = (manifest: { counts?: readonly { filter: string; studies: number; images?: number }[] }) =>
  manifest.counts!.map(({ filter, studies, images }) => [filter, studies, images]);

it('imports findings, one image a study', async () => {
  make();
  const { manifest } = await importMimicCxr({ from: [from], out });
  expect(rows(manifest)).toEqual([
    ['read', 16, 21], // 17 studies with 22 images; one has no report
    ['each id once', 16, 21],
    ['has a split', 14, 20], // without 33 and 35, whose images are in no split
    ['has a report', 8, 14], // 11 12 13 22 26 31 32 36, not 21 23 24 25 27 28: 1 + 2 + 3 + 2 + 1 + 2 + 1 + 2
    ['image files there', 8, 13], // one lost
    ['images a study: one', 8, 8],
    ['train', 5, 5],
    ['val', 1, 1],
    ['test', 2, 2],
  ]);
  expect(manifest).toMatchObject({ access: 'credentialed', cleaning: 'mimic_cxr' });
  expect(manifest.remarks).toEqual({
    'misspelt or other header': 1, // FINIDNGS
    'several findings sections': 1,
    'findings and impression in one section': 1,
    'no header of findings or impression: last paragraph': 1,
    'no text besides indication, technique and comparison': 2, // 24, 28
    'wet read': 1,
    'wet read only': 1,
    addendum: 1,
    'header inside a line': 1,
  });
  const dropped = readFileSync(join(out, 'dropped.csv'), 'utf8').trim().split('\n').slice(1);
  expect(dropped.sort()).toEqual(
    [
      `${LOST},image files there,image file missing`,
      's50000021,has a report,"no findings, an impression only"',
      's50000023,has a report,text without a header of findings or impression',
      's50000024,has a report,neither findings nor impression',
      's50000025,has a report,text without a header of findings or impression',
      's50000027,has a report,only de-identification marks',
      's50000028,has a report,neither findings nor impression',
      's50000033,has a split,not in the split table',
      's50000034,read,images without a report',
      's50000035,has a split,not in the split table',
    ].sort(),
  );
  const byId = new Map(read().map((study) => [study.id, study]));
  expect(byId.get('s50000012')).toEqual({
    id: 's50000012',
    report: 'Second film.',
    image_path: [`p10/p10000001/s50000012/${dicomId(50000012, 1)}.jpg`],
    split: 'train',
    views: ['PA'],
    image_ids: [dicomId(50000012, 1)],
    subject_id: '10000001',
    indication: 'Follow-up.',
    impression: 'Same.',
    study_id: 50000012,
    day: 0.16667, // four hours
    prior_study: 's50000011', // 6:30 comes before 10:30 on the same day
    chexpert: { Atelectasis: 1, Cardiomegaly: -1 },
  });
  expect(byId.get('s50000011')).not.toHaveProperty('prior_study');
  expect(byId.get('s50000013')).toMatchObject({
    report: 'Chest one. Chest two.',
    views: ['AP'],
    prior_study: 's50000012',
  });
  expect(byId.get('s50000022')).toMatchObject({ report: 'Both.', views: ['PA'] });
  expect(byId.get('s50000026')).toMatchObject({ report: '___ clear.', addendum: 'Added later.' });
  expect(byId.get('s50000036')).toMatchObject({ views: ['LATERAL'] }); // the frontal image is lost
});

it('takes all views, other sections, drops marks', async () => {
  make();
  const { manifest } = await importMimicCxr({
    from: [from],
    out,
    perStudy: 'all',
    section: 'findings-or-impression',
    marks: 'drop',
  });
  expect(rows(manifest).slice(-3)).toEqual([
    ['train', 8, 12], // all of A and B but 24, 27 and 28: 2 1 3, 1 2 1 1 1
    ['val', 1, 2],
    ['test', 2, 2],
  ]);
  const byId = new Map(read().map((study) => [study.id, study]));
  expect(byId.get('s50000013')!.views).toEqual(['AP', null, 'LL']);
  expect(byId.get('s50000022')!.views).toEqual(['PA', 'LATERAL']);
  expect(byId.get('s50000021')!.report).toBe('Only this.');
  expect(byId.get('s50000023')!.report).toBe('No header here.');
  expect(byId.get('s50000025')!.report).toBe('Wet words.');
  expect(byId.get('s50000026')!.report).toBe('clear.');
});

it.each(['one', 'each'] as const)(
  'gives a model what may enter it, images of a study: %s',
  async (perStudy) => {
    make();
    await importMimicCxr({ from: [from], out, perStudy });
    const { annotation } = openDataset(out);
    const lookup = studyLookup(annotation);
    const of = (report: string) => contextOf(read().find((study) => study.report === report)!, lookup);
    expect(of('Second film.')).toEqual({ indication: 'follow-up .', priorReport: 'first film .' });
    expect(of('First film.')).toEqual({});
    expect(of('Chest one. Chest two.')).toEqual({ priorReport: 'second film .' });
    // two studies of patient B are of one moment
    expect(contextCounts(annotation).faults).toMatchObject({ 'of another patient': 0, 'not earlier': 1 });
  },
);

it('makes a study of each image, and selects views', async () => {
  make();
  const { manifest } = await importMimicCxr({
    from: [from],
    out,
    perStudy: 'each',
    views: ['pa', 'AP', 'unknown'],
  });
  expect(rows(manifest).slice(-3)).toEqual([
    ['train', 5, 6],
    ['val', 1, 2],
    ['test', 0, 0], // 32 and what is left of 36 are lateral
  ]);
  const studies = read();
  expect(studies).toHaveLength(8);
  expect(studies.filter(({ report }) => report === 'For validation.').map(({ id }) => id)).toEqual([
    dicomId(50000031, 0),
    dicomId(50000031, 1),
  ]);
  const images = manifest.published.find(({ name, unit }) => /R2Gen/.test(name) && unit === 'images');
  expect(images!.ours).toEqual({ train: 6, val: 2, test: 0 });
  expect(images!.note).toBeUndefined();
});

it("reads a zip of reports with a separate image tree, and R2Gen's split", async () => {
  const files: Record<string, Uint8Array> = {};
  mimicTree(from, STUDIES, {
    reports: (path, text) => void Object.assign(files, { [path]: Buffer.from(text) }),
    image,
  });
  writeFileSync(join(from, 'mimic-cxr-reports.zip'), zipSync(files));
  const entry = (study: MadeStudy, n: number, split: string, report: string) => ({
    id: dicomId(study.study, n),
    study_id: study.study,
    subject_id: study.subject,
    report,
    image_path: [`${folderOf(study).slice('files/'.length)}/${dicomId(study.study, n)}.jpg`],
    split,
  });
  const split = join(dir, 'annotation.json');
  const annotation = {
    train: [entry(STUDIES[0], 0, 'train', 'Second film.'), entry(STUDIES[0], 1, 'train', 'Second film.')],
    val: [entry(STUDIES[11], 1, 'val', 'Other words.')],
    test: [entry(STUDIES[3], 0, 'test', '')],
  };
  writeFileSync(split, JSON.stringify(annotation));
  const { manifest } = await importMimicCxr({ from: [from], out, split });
  expect(rows(manifest).slice(-3)).toEqual([
    ['train', 1, 2],
    ['val', 1, 1],
    ['test', 0, 0],
  ]);
  expect(manifest.agreement).toMatchObject({
    expected: 4,
    imported: 3,
    sameText: 2,
    otherText: [dicomId(50000031, 1)],
  });
  expect(Object.keys(manifest.inputs!).sort()).toEqual([
    'mimic-cxr-2.0.0-chexpert.csv.gz',
    'mimic-cxr-2.0.0-metadata.csv.gz',
    'mimic-cxr-2.0.0-split.csv.gz',
    'mimic-cxr-reports.zip',
    'split: annotation.json',
  ]);
  // R2Gen's archive itself: its annotation and the images it names
  writeFileSync(join(from, 'annotation.json'), readFileSync(split));
  const again = await importMimicCxr({ from: [from], out: `${out}2`, form: 'r2gen' });
  expect(rows(again.manifest).slice(-3)).toEqual([
    ['train', 2, 2],
    ['val', 1, 1],
    ['test', 0, 0], // its report is empty
  ]);
  expect(read(`${out}2`)[0]).toMatchObject({ subject_id: '10000001', study_id: 50000012 });
  await expect(importMimicCxr({ from: [from], out: `${out}3` })).rejects.toThrow('found physionet and r2gen');
});

it('names faults and goes on', async () => {
  make();
  const [first, second] = STUDIES;
  put(join(from, 'copy', `${folderOf(first)}.txt`), readFileSync(join(from, `${folderOf(first)}.txt`)));
  put(join(from, 'other', `${folderOf(second)}.txt`), 'FINDINGS: Other.');
  put(join(from, 'files/p99/p99000000/s50000031.txt'), 'FINDINGS: Whose?');
  put(join(from, `${folderOf(STUDIES[12])}/${dicomId(50000032, 0)}.jpg`), 'no image');
  put(join(from, 'mimic-cxr-2.0.0-split.csv'), 'dicom_id,study_id,subject_id\n');
  const { manifest } = await importMimicCxr({ from: [from], out, perStudy: 'all' });
  const reasons = manifest.counts!.flatMap(({ dropped }) =>
    (dropped as { reason: string; studies: number }[]).map(({ reason, studies }) => `${studies} ${reason}`),
  );
  expect(reasons).toEqual(
    expect.arrayContaining([
      '1 the same report again',
      '2 another report of the same study',
      '1 too few readable images',
    ]),
  );
  expect(read().some(({ id }) => id === 's50000032')).toBe(false);
});

it('stops in one line where tables are broken', async () => {
  make();
  const split = join(from, 'mimic-cxr-2.0.0-split.csv.gz');
  const whole = readFileSync(split);
  writeFileSync(split, whole.subarray(0, whole.length - 9));
  await expect(importMimicCxr({ from: [from], out })).rejects.toThrow(
    /split\.csv\.gz: expected CSV, found: [^\n]+$/,
  );
  rmSync(split);
  put(join(from, 'mimic-cxr-2.0.0-split.csv'), 'dicom,study_id,subject_id,split\na,b,c,d\n');
  await expect(importMimicCxr({ from: [from], out })).rejects.toThrow(
    'split.csv: line 2: expected a column dicom_id, found dicom, study_id',
  );
  put(join(from, 'mimic-cxr-2.0.0-split.csv'), 'dicom_id,study_id,subject_id,split\na,1,2,d\n');
  await expect(importMimicCxr({ from: [from], out })).rejects.toThrow(
    'split: expected train, validate or test, found "d"',
  );
});

it.each([
  ['dicom_id', '../../x'],
  ['dicom_id', 'x/../../../../etc/passwd'],
  ['subject_id', '1/../../x'],
  ['study_id', '-1'],
  ['study_id', '1\n2'],
  ['subject_id', ''],
])('takes no %s of %j', async (column, value) => {
  make();
  const row = {
    dicom_id: 'd',
    study_id: '50000011',
    subject_id: '10000001',
    split: 'train',
    [column]: value,
  };
  const cells = Object.values(row).map((cell) => JSON.stringify(cell).replaceAll('\\n', '\n'));
  rmSync(join(from, 'mimic-cxr-2.0.0-split.csv.gz'));
  put(join(from, 'mimic-cxr-2.0.0-split.csv'), `${Object.keys(row).join()}\n${cells.join()}\n`);
  await expect(importMimicCxr({ from: [from], out })).rejects.toThrow(`split.csv: ${column}: expected `);
  expect(existsSync(out)).toBe(false);
});

it('splits by patient where there is no table', async () => {
  make();
  for (const name of ['split', 'metadata', 'chexpert']) rmSync(join(from, `mimic-cxr-2.0.0-${name}.csv.gz`));
  await importMimicCxr({ from: [from], out, perStudy: 'all', shares: [1, 1, 1] });
  const { annotation } = openDataset(out);
  const patients = SPLITS.map((split) => [...new Set(annotation[split].map(({ subject_id }) => subject_id))]);
  expect(patients.map((list) => list.length)).toEqual([1, 1, 1]);
  expect(
    read()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['11', '12', '13', '22', '26', '31', '32', '33', '36'].map((n) => `s500000${n}`));
});
