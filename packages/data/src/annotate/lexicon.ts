import type { SentenceAnnotator } from '@raca/core';
import { REGIONS, type RegionName } from '@raca/core/regions';
import { BONES, ELSEWHERE, FRACTURES, IMPLIED, type LexiconRule, NAMED, NODES } from './lexicon-rules';

/** What Open-i's de-identification left of `Port-A-Cath`. */
const MASKED_PORT = /\bxxxx-a-xxxx\b/g;

const SINGLE_BONES: readonly RegionName[] = ['Spine', 'Shoulders', 'Ribs', 'Clavicles'];

/** A {@link SentenceAnnotator} that answers at once. */
export interface LexiconAnnotator<Name extends string = RegionName> extends SentenceAnnotator<Name> {
  annotate(sentences: readonly string[]): Name[][];
}

/**
 * Regions by the words of a sentence, offline and always the same. A sentence gets every region that one of its
 * words names, said to be normal or not; findings that name no place count for where they usually lie.
 */
export const lexiconAnnotator: LexiconAnnotator = {
  annotate: (sentences) => sentences.map(regionsOf),
};

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
