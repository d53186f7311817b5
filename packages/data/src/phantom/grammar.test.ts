import { Random } from '@raca/core/random';
import { isRegionName } from '@raca/core/regions';
import { expect, it } from 'vitest';
import { cleanIu, splitSentences, words } from '../text/clean';
import type { Finding } from './findings';
import { writeReport } from './grammar';
import { CLASSES, type ClassName, labelsOf } from './labels';
import { sampleStudy } from './study';

const COUNT = 500;
const cases = Array.from({ length: COUNT }, (_, k) => {
  const random = new Random(11).split(k);
  const study = sampleStudy(random);
  return { study, labels: labelsOf(study.findings), ...writeReport(study, random.split('report')) };
});

/** Mention phrases, written for this test and apart from the grammar's templates. */
const MENTIONS: Readonly<Record<Exclude<ClassName, 'No Finding'>, RegExp>> = {
  'Enlarged Cardiomediastinum': /(widen|enlarged)[a-z ]*mediasti|mediastin[a-z]* (is )?widen/,
  Cardiomegaly: /cardiomegaly|(heart|heart size) is [a-z]+ enlarged|enlargement of the cardiac/,
  'Lung Lesion': /nodule|\bmass\b/,
  'Lung Opacity': /opacity/,
  Edema: /edema/,
  Consolidation: /consolidation/,
  Pneumonia: /pneumonia/,
  Atelectasis: /atelectasis/,
  Pneumothorax: /pneumothorax/,
  'Pleural Effusion': /effusion/,
  'Pleural Other': /pleural thickening/,
  Fracture: /fracture/,
  'Support Devices': /pacemaker|catheter|tube|valve/,
};
const negated = (sentence: string): boolean => /\bno\b/.test(sentence);

it('mentions every positive class, and none that is absent, in 500 studies', () => {
  for (const { report, labels } of cases) {
    const sentences = splitSentences(cleanIu(report));
    CLASSES.forEach((name, k) => {
      if (name === 'No Finding') return;
      const hits = sentences.filter((sentence) => MENTIONS[name].test(sentence));
      expect(
        hits.some((sentence) => !negated(sentence)),
        `${name} in: ${report}`,
      ).toBe(labels[k] === 1);
      if (labels[k] === 1) expect(hits.some(negated), `${name} denied in: ${report}`).toBe(false);
    });
  }
});

it('never says that all is well where it is not', () => {
  for (const { report, study, labels } of cases) {
    const text = report.toLowerCase();
    const has = (kind: Finding['kind']): boolean => study.findings.some((f) => f.kind === kind);
    if (has('cardiomegaly')) expect(text).not.toMatch(/heart (size )?is (normal|within)|normal cardio/);
    if (/lungs are clear/.test(text)) expect(labels.slice(3, 12)).toEqual(new Array(9).fill(0));
    if (has('scoliosis')) expect(text).not.toMatch(/spine (is|alignment)|intact\. .*bony/);
    if (/angles are/.test(text)) expect(has('effusion')).toBe(false);
    if (/lung volumes/.test(text)) expect(study.inspiration).toBeLessThan(-0.5);
    if (/gas in the stomach|gastric air/.test(text)) expect(study.habitus.gastricAir).toBe(true);
  }
});

it('names the side of every finding that has one', () => {
  for (const { report, study } of cases) {
    const text = report.toLowerCase();
    for (const { kind, side } of study.findings) {
      if (side === undefined || ['scoliosis', 'tortuous aorta', 'hyperinflation', 'device'].includes(kind))
        continue;
      expect(text, `${kind} ${side}`).toMatch(
        new RegExp(`${side}|bilateral|both|${side === 'left' ? 'lingula' : '^$'}`),
      );
    }
  }
});

it('gives each sentence known regions, numbered as the cleaned text is split', () => {
  for (const { report, sentence_regions } of cases) {
    const sentences = splitSentences(cleanIu(report));
    expect(Object.keys(sentence_regions)).toEqual(sentences.map((_, s) => `S${s + 1}`));
    for (const regions of Object.values(sentence_regions)) {
      expect(regions.length).toBeGreaterThan(0);
      expect(regions.every(isRegionName)).toBe(true);
    }
    sentences.forEach((sentence, s) => {
      const regions = sentence_regions[`S${s + 1}`];
      if (/\bheart size|cardiomegaly|cardiac size/.test(sentence)) expect(regions).toEqual(['Heart']);
      if (/\beffusion/.test(sentence)) expect(regions).toContain('Costophrenic angles');
    });
  }
});

it('writes four to eight sentences of at most 59 tokens, hardly two reports alike', () => {
  const sizes = cases.map(({ report }) => splitSentences(cleanIu(report)).length);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  const fitting = cases.filter(({ report }) => words(cleanIu(report)).length <= 59).length;
  expect(fitting / COUNT).toBeGreaterThanOrEqual(0.98);
  expect(new Set(cases.map(({ report }) => report)).size).toBeGreaterThan(0.97 * COUNT);
});

it('keeps the documented share of each class', () => {
  const share = (name: ClassName): number =>
    cases.reduce((sum, { labels }) => sum + labels[CLASSES.indexOf(name)], 0) / COUNT;
  expect(share('No Finding')).toBeGreaterThan(0.2);
  expect(share('No Finding')).toBeLessThan(0.32);
  for (const name of [
    'Cardiomegaly',
    'Pleural Effusion',
    'Consolidation',
    'Pneumothorax',
    'Edema',
    'Atelectasis',
  ] as const) {
    expect(share(name), name).toBeGreaterThan(0.09);
    expect(share(name), name).toBeLessThan(0.24);
  }
});

it('labels a device alone and clips as "No Finding"', () => {
  const at = (name: ClassName, findings: Finding[]): number => labelsOf(findings)[CLASSES.indexOf(name)];
  const tube: Finding = { kind: 'device', device: 'chest tube', side: 'left', degree: 2 };
  expect([at('No Finding', [tube]), at('Support Devices', [tube])]).toEqual([1, 1]);
  const clips: Finding = { ...tube, device: 'clips' };
  expect([at('No Finding', [clips]), at('Support Devices', [clips])]).toEqual([1, 0]);
  expect(at('No Finding', [{ kind: 'scoliosis', degree: 2 }])).toBe(0);
});
