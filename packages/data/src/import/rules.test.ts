import { describe, expect, it } from 'vitest';
import { iuXray } from '../node/import/sources/iu-xray';
import { mimicCxr } from '../node/import/sources/mimic-cxr';
import { viewKind } from '../views';
import { chooseImages } from './image-choice';
import { parseOpenIReport } from './openi';
import { imageKey, placeKey, studyId, uidOf } from './openi-names';
import { comparePublished } from './published';
import { chooseText, withoutMarks } from './sections';
import { splitByPatient } from './split';

describe('marks of de-identification', () => {
  it.each([
    ['Normal chest x-XXXX.', 'Normal chest.'],
    ['XXXX seen. XXXX. Clear, XXXX.', 'seen. Clear.'],
    ['___F with cough, ___ years.', 'with cough, years.'],
    ['There are no XXXX of a pleural effusion.', 'There are no of a pleural effusion.'],
    ['XXXX.', ''],
    ['Size 3.5 cm (stable).', 'Size 3.5 cm (stable).'],
    ['T8-XXXX, XXXX-year-old; fine', 'fine'],
  ])('%s', (text, expected) => expect(withoutMarks(text)).toBe(expected));
});

describe('chooseText', () => {
  const policy = { section: 'findings', marks: 'keep', untitled: false } as const;
  it('takes one section or both', () => {
    const sections = { findings: 'A.', impression: 'B.' };
    expect(chooseText(sections, policy)).toEqual({ text: 'A.' });
    expect(chooseText(sections, { ...policy, section: 'impression' })).toEqual({ text: 'B.' });
    expect(chooseText(sections, { ...policy, section: 'both' })).toEqual({ text: 'A. B.' });
    const impression = { impression: 'B.' };
    expect(chooseText(impression, { ...policy, section: 'findings-or-impression' })).toEqual({ text: 'B.' });
    expect(chooseText({ untitled: 'C.' }, { ...policy, untitled: true })).toEqual({ text: 'C.' });
  });
  it('says why there is none', () => {
    expect(chooseText({ impression: 'B.' }, policy)).toEqual({ reason: 'no findings, an impression only' });
    expect(chooseText({}, policy)).toEqual({ reason: 'neither findings nor impression' });
    expect(chooseText({ findings: 'XXXX.' }, policy)).toEqual({ reason: 'only de-identification marks' });
  });
});

describe('images', () => {
  const image = (id: string, view?: string) => ({ id, view });
  const ids = (result: ReturnType<typeof chooseImages>) =>
    'images' in result ? result.images.map(({ id }) => id).join('') : result.reason;
  it('knows views', () => {
    expect(['PA', 'AP', 'AP AXIAL', 'Frontal', 'postero-anterior'].map(viewKind)).toEqual(
      Array(5).fill('frontal'),
    );
    expect(['LL', 'LATERAL', 'XTABLE LATERAL', 'left lateral'].map(viewKind)).toEqual(
      Array(4).fill('lateral'),
    );
    expect(['', undefined, 'SWIMMERS', 'LAO'].map(viewKind)).toEqual([
      'unknown',
      'unknown',
      'other',
      'other',
    ]);
  });
  it('are chosen and ordered', () => {
    const list = [image('l', 'LATERAL'), image('a', 'AP'), image('u'), image('p', 'PA')];
    expect(ids(chooseImages(list, 'two'))).toBe('la');
    expect(ids(chooseImages(list, 'pair'))).toBe('pl');
    expect(ids(chooseImages(list, 'one'))).toBe('p');
    expect(ids(chooseImages(list, 'all'))).toBe('paul');
    expect(ids(chooseImages(list.slice(0, 1), 'pair'))).toBe('no frontal view');
    expect(ids(chooseImages(list.slice(0, 1), 'two'))).toBe('one image only');
    expect(ids(chooseImages([], 'all'))).toBe('no image');
  });
  it('have one name in all forms of IU X-ray', () => {
    expect(imageKey('png/CXR4_IM-2050-1001.png')).toBe('CXR4_IM-2050-1001');
    expect(imageKey('images_normalized/4_IM-2050-1001.dcm.png')).toBe('CXR4_IM-2050-1001');
    expect(imageKey('4/4_IM-2050-1001.dcm')).toBe('CXR4_IM-2050-1001');
    expect(imageKey('CXR1_1_IM-0001-3001.png')).toBe(imageKey('1_IM-0001-3001.dcm.png'));
    expect(placeKey('images/CXR4_IM-2050/0.png')).toBe('CXR4_IM-2050/0');
    expect(placeKey('png/CXR4_IM-2050-1001.png')).toBeUndefined();
    expect(studyId('CXR212', ['CXR212_IM-0746-1001-0001', 'CXR212_IM-0746-2001'])).toBe(
      'CXR212_IM-0746-1001',
    );
    expect(studyId('CXR9', [])).toBe('CXR9');
    expect(uidOf('CXR1_1_IM-0001')).toBe('CXR1');
  });
});

describe('parseOpenIReport', () => {
  const report = (text: string) =>
    `<eCitation><uId id="CXR1"/><MedlineCitation><Article><Abstract>${text}</Abstract></Article></MedlineCitation></eCitation>`;
  const findings = (text: string) => `<AbstractText Label="FINDINGS">${text}</AbstractText>`;
  it('keeps text as it stands', () => {
    const { sections } = parseOpenIReport(report(findings('10 &lt; 12, 007 &amp; x&#8217;s')), 'a.xml');
    expect(sections).toEqual({ findings: '10 < 12, 007 & x’s' });
    expect(parseOpenIReport(report(findings('0012')), 'a.xml').sections).toEqual({ findings: '0012' });
  });
  it.each([
    ['', 'a.xml: expected XML, found: '],
    ['<eCitation>', 'a.xml: expected XML, found: '],
    [report(''), 'Abstract: expected object'],
    [
      report('<AbstractText>x</AbstractText>').replace('id="CXR1"', 'id="../x"'),
      'expected an id such as CXR1',
    ],
    [`<!DOCTYPE a [<!ENTITY x "y">]>${report(findings('&x;'))}`, 'without a document type'],
  ])('refuses %s', (xml, message) => {
    expect(() => parseOpenIReport(xml, 'a.xml')).toThrow(message);
    expect(() => parseOpenIReport(xml, 'a.xml')).toThrow(/^[^\n]+$/);
  });
});

describe('splitByPatient', () => {
  const patients = Array.from({ length: 100 }, (_, i) => `p${i}`);
  it('deals patients out by shares, whatever their order', () => {
    const split = splitByPatient(patients, 5);
    const count = (name: string) => [...split.values()].filter((value) => value === name).length;
    expect(['train', 'val', 'test'].map(count)).toEqual([70, 10, 20]);
    expect(splitByPatient([...patients].reverse(), 5)).toEqual(split);
    expect(splitByPatient(patients, 6)).not.toEqual(split);
    expect(new Set(splitByPatient(patients, 5, [1, 0, 0]).values())).toEqual(new Set(['train']));
  });
  it('refuses shares that are none', () => {
    expect(() => splitByPatient(patients, 5, [0, 0, 0])).toThrow('shares: must be');
    expect(() => splitByPatient(patients, 5, [1, -1, 0])).toThrow('shares: must be');
  });
});

it('compares with published counts, and says what is counted', () => {
  const mimic = mimicCxr().published!;
  // all of MIMIC-CXR has 377,110 images in 227,835 studies, by its documentation
  const sum = (unit: string) => {
    const { counts } = mimic.find((p) => /all/.test(p.name) && p.unit === unit)!;
    return counts.train + counts.val + counts.test;
  };
  expect([sum('images'), sum('studies')]).toEqual([377_110, 227_835]);
  const counts = {
    train: { studies: 2000, images: 4000 },
    val: { studies: 296, images: 592 },
    test: { studies: 590, images: 1180 },
  };
  const [iu] = comparePublished(iuXray().published!, counts, 'two');
  expect(iu).toMatchObject({ unit: 'studies', difference: { train: -69, val: 0, test: 0 }, note: undefined });
  expect(comparePublished(mimic, counts, 'one')[0].note).toMatch(/counts images/);
  expect(comparePublished(mimic, counts, 'each')[0].note).toBeUndefined();
});
