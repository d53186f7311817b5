import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@raca/core/random';
import type { RegionName } from '@raca/core/regions';
import { expect, it } from 'vitest';
import { parseAnnotation, SPLITS } from '../dataset';
import { sampleStudy, writeReport } from '../phantom';
import { cleanIu, splitSentences } from '../text/clean';
import drawn from './iu-300.json';
import rare from './iu-rare-100.json';
import { lexiconAnnotator } from './lexicon';

/** Micro-F1 of the lexicon over sentences whose regions are known. */
class Score {
  private hit = 0;
  private wrong = 0;
  add(sentence: string, truth: readonly string[]): void {
    const [found] = lexiconAnnotator.annotate([sentence]);
    const hit = found.filter((region) => truth.includes(region)).length;
    this.hit += hit;
    this.wrong += found.length + truth.length - 2 * hit;
  }
  get f1(): number {
    return (2 * this.hit) / (2 * this.hit + this.wrong);
  }
}

it('finds the regions that the phantom knows of its sentences', () => {
  const score = new Score();
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const { report, sentence_regions } = writeReport(sampleStudy(random), random);
    splitSentences(cleanIu(report)).forEach((sentence, s) => {
      score.add(sentence, sentence_regions[`S${s + 1}`]);
    });
  }
  expect(score.f1).toBeGreaterThanOrEqual(0.95);
});

const shared = (path: string) =>
  fileURLToPath(new URL(`../../../../../shared/data/${path}`, import.meta.url));
const silver = shared('iu_regions/regions.jsonl');
const reports = shared('iu_xray/annotation.json');

/** Sentences of each IU study, cleaned. */
function iuSentences(): Map<string, string[]> {
  const annotation = parseAnnotation(JSON.parse(readFileSync(reports, 'utf8')));
  const studies = SPLITS.flatMap((split) => annotation[split]);
  return new Map(studies.map(({ id, report }) => [id, splitSentences(cleanIu(report))]));
}

it.skipIf(!existsSync(reports)).each([
  ['300 drawn as they come', drawn, 300, 0.85],
  ['100 rare ones', rare, 100, 0.85],
] as const)('finds what a reader found in IU sentences: %s (needs ../shared/data)', (_, file, n, least) => {
  const sentences = iuSentences();
  const score = new Score();
  const texts = new Set<string>();
  for (const { id, sentence, regions } of file.labels) {
    const text = sentences.get(id)?.[sentence - 1];
    expect(text, `${id} S${sentence}`).toBeTruthy();
    texts.add(text!);
    score.add(text!, regions);
  }
  expect(texts.size).toBe(n);
  expect(score.f1).toBeGreaterThanOrEqual(least);
});

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
    const sentences = iuSentences();
    let [hit, wrong] = [0, 0];
    for (const line of readFileSync(silver, 'utf8').trim().split('\n')) {
      const { id, regions } = JSON.parse(line) as { id: string; regions: Record<string, string> };
      const sorted = Object.entries(regions).map(
        ([name, text]) => [name, splitSentences(cleanIu(text))] as const,
      );
      for (const sentence of sentences.get(id) ?? []) {
        const truth = sorted.filter(([, list]) => sentence && list.includes(sentence)).map(([name]) => name);
        if (truth.length === 0 || truth.includes('others')) continue;
        const [found] = lexiconAnnotator.annotate([sentence]);
        const coarse = new Set(found.map((region) => COARSE[region]).filter((name) => name !== undefined));
        const both = truth.filter((name) => coarse.has(name)).length;
        hit += both;
        wrong += truth.length + coarse.size - 2 * both;
      }
    }
    expect(hit).toBeGreaterThan(5000);
    expect((2 * hit) / (2 * hit + wrong)).toBeGreaterThan(0.95);
  },
);
