import type { SentenceAnnotator } from '@raca/core';
import { REGIONS, type RegionName } from '@raca/core/regions';
import type { Annotation, Study } from '../dataset';
import { type Cleaning, cleanReport, splitSentences } from '../text/clean';
import { BONES, ELSEWHERE, FRACTURES, IMPLIED, type LexiconRule, NAMED, NODES } from './lexicon-rules';

/** What Open-i's de-identification left of `Port-A-Cath`. */
const MASKED_PORT = /\bxxxx-a-xxxx\b/g;

const SINGLE_BONES: readonly RegionName[] = ['Spine', 'Shoulders', 'Ribs', 'Clavicles'];

/** A {@link SentenceAnnotator} that answers at once. */
export interface LexiconAnnotator extends SentenceAnnotator {
  annotate(sentences: readonly string[]): RegionName[][];
}

/**
 * Regions by the words of a sentence, offline and always the same. A sentence gets every region that one of its
 * words names, said to be normal or not; findings that name no place count for where they usually lie.
 */
export const lexiconAnnotator: LexiconAnnotator = {
  annotate: (sentences) => sentences.map(regionsOf),
};

/**
 * `sentence_regions` of a cleaned report: `{S1: [...], S2: [...]}`, sentences that name no region left out.
 * The numbers are those of {@link splitSentences}.
 */
export function annotateReport(cleanedReport: string): Record<string, RegionName[]> {
  const entries = lexiconAnnotator
    .annotate(splitSentences(cleanedReport))
    .map((regions, s) => [`S${s + 1}`, regions] as const);
  return Object.fromEntries(entries.filter(([, regions]) => regions.length > 0));
}

/** The same annotation with `sentence_regions` from {@link annotateReport} where a study has none. */
export function annotateMissing(annotation: Annotation, cleaning: Cleaning): Annotation {
  const complete = (study: Study): Study =>
    study.sentence_regions
      ? study
      : { ...study, sentence_regions: annotateReport(cleanReport(study.report, cleaning)) };
  const { train, val, test } = annotation;
  return { train: train.map(complete), val: val.map(complete), test: test.map(complete) };
}

const named = NAMED.map(compile);
const bones = compile(BONES);
const fractures = compile(FRACTURES);
const nodes = compile(NODES);
const implied = IMPLIED.map(compile);
const elsewhere = compile({ words: ELSEWHERE, regions: [] });

interface CompiledRule {
  readonly pattern: RegExp;
  readonly regions: readonly RegionName[];
}

function regionsOf(sentence: string): RegionName[] {
  const text = sentence
    .toLowerCase()
    .replace(MASKED_PORT, 'portacath')
    .replace(/[^a-z0-9]+/g, ' ');
  const found = new Set<RegionName>();
  const has = (region: RegionName): boolean => found.has(region);
  collect(named, text, found);
  if (!SINGLE_BONES.some(has)) collect([bones], text, found);
  const limbs = elsewhere.pattern.test(text);
  if (!limbs && !SINGLE_BONES.some(has)) collect([fractures], text, found);
  if (!has('Pulmonary vasculature') && !has('Mediastinum')) collect([nodes], text, found);
  if (!limbs && found.size === 0) collect(implied, text, found);
  return REGIONS.filter((region) => found.has(region));
}

function collect(rules: readonly CompiledRule[], text: string, found: Set<RegionName>): void {
  for (const { pattern, regions } of rules) {
    if (pattern.test(text)) for (const region of regions) found.add(region);
  }
}

/** `*` at the end of a word becomes any further letters; the whole must stand between word boundaries. */
function compile({ words, regions }: LexiconRule): CompiledRule {
  return { pattern: new RegExp(`\\b(?:${words.replace(/(?<=[a-z)])\*/g, '[a-z]*')})\\b`), regions };
}
