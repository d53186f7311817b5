import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@raca/core/random';
import type { RegionName } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { parseAnnotation, type Study } from '../dataset';
import { sampleStudy, writeReport } from '../phantom';
import { cleanIu, splitSentences } from '../text/clean';
import { annotateMissing, annotateReport, lexiconAnnotator } from './lexicon';

/** Sentences made up for this test, with the regions a reader would give them. */
const cases: [string, RegionName[]][] = [
  ['heart size is normal', ['Heart']],
  ['the cardiomediastinal silhouette is unremarkable', ['Heart', 'Mediastinum']],
  ['no pleural effusion or pneumothorax', ['Lung fields', 'Costophrenic angles']],
  ['the pulmonary vasculature is normal', ['Pulmonary vasculature']],
  ['mild pulmonary edema', ['Lung fields', 'Pulmonary vasculature']],
  ['trachea is midline', ['Airways']],
  ['calcified right paratracheal node', ['Mediastinum']],
  ['retrocardiac opacity', ['Lung fields']],
  ['the cardiac apex points left', ['Heart']],
  ['bony structures are intact', ['Spine', 'Ribs', 'Clavicles']],
  ['bony structures show a healed clavicle fracture', ['Clavicles']],
  ['old fracture of a left rib', ['Ribs']],
  ['mild degenerative changes', ['Spine']],
  ['the right hemidiaphragm is elevated', ['Diaphragm']],
  ['low lung volumes', ['Lung fields', 'Diaphragm']],
  ['clips in the right upper quadrant', ['Abdomen']],
  ['arthritis of both shoulders', ['Shoulders']],
  ['there is a small nodule', ['Lung fields']],
  ['a nodule over the spine', ['Spine']],
  ['blunted left costophrenic angle', ['Costophrenic angles']],
  ['pa and lateral views were obtained', []],
  ['', []],
  ['portable film', []],
];

describe('lexiconAnnotator', () => {
  it.each(cases)('%s', (sentence, regions) => {
    expect(lexiconAnnotator.annotate([sentence])).toEqual([regions]);
  });

  it('reads sentences before and after cleaning alike', () => {
    const [raw, cleaned] = lexiconAnnotator.annotate(['Port-A-Cath tip: SVC.', 'portacath tip svc']);
    expect([raw, cleaned]).toEqual([['Mediastinum'], ['Mediastinum']]);
  });
});

describe('annotateReport', () => {
  it('numbers the sentences and leaves out those without a region', () => {
    expect(annotateReport('heart normal . two views . lungs clear .')).toEqual({
      S1: ['Heart'],
      S3: ['Lung fields'],
    });
  });

  it('fills in only what is missing', () => {
    const study = (id: string, extra: Partial<Study> = {}): Study => ({
      id,
      report: 'Lungs clear.',
      image_path: ['0.png'],
      split: 'train',
      ...extra,
    });
    const given = { S1: ['Ribs'] };
    const { train } = annotateMissing(
      { train: [study('a'), study('b', { sentence_regions: given })], val: [], test: [] },
      'iu_xray',
    );
    expect(train.map((s) => s.sentence_regions)).toEqual([{ S1: ['Lung fields'] }, given]);
  });
});

it('finds the regions that the phantom knows of its sentences', () => {
  let [hit, wrong] = [0, 0];
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const { report, sentence_regions } = writeReport(sampleStudy(random), random);
    const found = lexiconAnnotator.annotate(splitSentences(cleanIu(report)));
    found.forEach((regions, s) => {
      const truth = sentence_regions[`S${s + 1}`];
      hit += regions.filter((region) => truth.includes(region)).length;
      wrong += regions.filter((region) => !truth.includes(region)).length;
      wrong += truth.filter((region) => !regions.includes(region)).length;
    });
  }
  const f1 = (2 * hit) / (2 * hit + wrong);
  console.log(`lexicon on phantom sentences, micro-F1: ${f1.toFixed(3)}`);
  expect(hit).toBeGreaterThan(1500);
  expect(f1).toBeGreaterThan(0.95);
});

const shared = (path: string) =>
  fileURLToPath(new URL(`../../../../../shared/data/${path}`, import.meta.url));
const silver = shared('iu_regions/regions.jsonl');
const reports = shared('iu_xray/annotation.json');

/** The coarser classes of the silver labels; abdomen, diaphragm and vessels have no settled place there. */
const COARSE: Partial<Record<RegionName, string>> = {
  'Lung fields': 'lung',
  'Costophrenic angles': 'lung',
  Heart: 'heart',
  Mediastinum: 'mediastinal',
  Spine: 'bone',
  Ribs: 'bone',
  Clavicles: 'bone',
  Shoulders: 'bone',
};

it.skipIf(!existsSync(silver) || !existsSync(reports))(
  'agrees with the silver regions of IU sentences that stand there word for word (needs ../shared/data)',
  () => {
    const { train, test } = parseAnnotation(JSON.parse(readFileSync(reports, 'utf8')));
    const texts = new Map([...train, ...test].map(({ id, report }) => [id, report]));
    const counts = new Map<string, number[]>(); // hits, extra, missed
    for (const line of readFileSync(silver, 'utf8').trim().split('\n')) {
      const { id, regions } = JSON.parse(line) as { id: string; regions: Record<string, string> };
      const sorted = Object.entries(regions).map(
        ([name, text]) => [name, splitSentences(cleanIu(text))] as const,
      );
      for (const sentence of splitSentences(cleanIu(texts.get(id) ?? ''))) {
        const truth = sorted
          .filter(([, sentences]) => sentence && sentences.includes(sentence))
          .map(([name]) => name);
        if (truth.length === 0 || truth.includes('others')) continue;
        const [found] = lexiconAnnotator.annotate([sentence]);
        const coarse = new Set(found.map((region) => COARSE[region]).filter((name) => name !== undefined));
        for (const name of new Set([...truth, ...coarse])) {
          const entry = counts.get(name) ?? [0, 0, 0];
          entry[truth.includes(name) ? (coarse.has(name) ? 0 : 2) : 1]++;
          counts.set(name, entry);
        }
      }
    }
    const f1 = ([hit, extra, missed]: number[]) => (2 * hit) / (2 * hit + extra + missed);
    const total = [...counts.values()].reduce((sum, entry) => sum.map((x, i) => x + entry[i]), [0, 0, 0]);
    const table = [...counts, ['micro', total] as [string, number[]]].map(
      ([name, entry]) => `${name} ${f1(entry).toFixed(3)}`,
    );
    console.log(`lexicon against silver IU regions, F1: ${table.join(', ')}`);
    expect(f1(total)).toBeGreaterThan(0.85);
  },
);
