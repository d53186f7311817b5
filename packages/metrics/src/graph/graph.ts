import { selectSections } from '@raca/text';
import type { LabelValue } from '../labels/classes';
import { splitClauses } from '../labels/clauses';
import { oneOf, type Phrase } from '../labels/phrases';
import { scopeReader } from '../labels/scopes';
import { splitSentences, splitWrittenSentences } from '../labels/sentences';
import { ANATOMY, OBSERVATIONS, SHAPES, SUGGESTIONS } from './lexicon';

/** RadGraph's labels: anatomy definitely present; observation definitely present, absent or uncertain. */
export type EntityLabel = 'ANAT-DP' | 'OBS-DP' | 'OBS-DA' | 'OBS-U';
export type RelationKind = 'located_at' | 'modify' | 'suggestive_of';

export interface GraphEntity {
  /** Words joined by a space. */
  readonly text: string;
  readonly label: EntityLabel;
}

/** `from` and `to` are places in the list of entities. */
export interface GraphRelation {
  readonly from: number;
  readonly to: number;
  readonly kind: RelationKind;
}

export interface ReportGraph {
  readonly entities: readonly GraphEntity[];
  readonly relations: readonly GraphRelation[];
}

const OBSERVATION_LABELS: Readonly<Record<LabelValue, EntityLabel>> = {
  1: 'OBS-DP',
  0: 'OBS-DA',
  [-1]: 'OBS-U',
};

const words = (phrases: readonly Phrase[], several: boolean) =>
  oneOf(phrases.filter((phrase) => phrase.includes(' ') === several));
// Longer phrases first, so that "airspace disease" is one entity. The "within" of "within normal limits" is an
// entity without relations.
const entityPattern = new RegExp(
  `(?<= )(?:(?<alone>within (?=normal ))|(?<o2>${words(OBSERVATIONS, true)})|(?<a2>${words(ANATOMY, true)})|(?<shape>${oneOf(SHAPES)})|(?<o1>${words(OBSERVATIONS, false)})|(?<a1>${words(ANATOMY, false)}))`,
  'g',
);
const scopes = scopeReader([]);

/** `keep` tells "Lungs" from "lungs", as the published scores of RadGraph do. */
export type LetterCase = 'ignore' | 'keep';

/** Entities that follow each other without another word: "small left pleural effusion". */
interface Chunk {
  /** Places in the list of entities. */
  readonly anatomy: number[];
  readonly observations: number[];
  /** What the others modify: the last structure that is no shape; the last observation. */
  structure?: number;
  observation?: number;
  /** Nothing but shapes: "size", "size and contour". */
  onlyShape: boolean;
  /** Words between this chunk and the one before, with a space on both sides. */
  readonly gap: string;
}

/**
 * Entities and relations of a report by rules, in RadGraph's schema: each word that the lexicon knows is an
 * entity; words of one noun phrase modify its head; observations lie where the phrase, the verb ("lungs are
 * clear") or the preposition ("opacity in the left base") puts them. Sections that report nothing (INDICATION,
 * COMPARISON) are left out.
 * @see Jain et al., RadGraph: Extracting Clinical Entities and Relations from Radiology Reports, 2021
 */
export function extractGraph(
  report: string,
  { letterCase = 'ignore' }: { readonly letterCase?: LetterCase } = {},
): ReportGraph {
  const entities: GraphEntity[] = [];
  const relations: GraphRelation[] = [];
  const text = selectSections(report);
  const asWritten = letterCase === 'keep' ? splitWrittenSentences(text) : undefined;
  splitSentences(text).forEach((sentence, s) => {
    let at = 0;
    for (const clause of splitClauses(sentence)) {
      at = sentence.indexOf(clause, at);
      const written = asWritten?.[s]?.slice(at, at + clause.length) ?? clause;
      relateChunks(readChunks(clause, written, entities), relations);
    }
  });
  return { entities, relations };
}

function readChunks(clause: string, written: string, entities: GraphEntity[]): Chunk[] {
  const chunks: Chunk[] = [];
  const found = scopes.read(clause);
  let end = 0;
  for (const match of clause.matchAll(entityPattern)) {
    const { a1, a2, shape, alone } = match.groups!;
    const isAnatomy = (a1 ?? a2 ?? shape) !== undefined;
    const start = match.index;
    const span = { start, end: start + match[0].length };
    const gap = clause.slice(Math.max(0, end - 1), start);
    if (gap !== ' ' || chunks.length === 0)
      chunks.push({ anatomy: [], observations: [], onlyShape: true, gap });
    const chunk = chunks[chunks.length - 1]!;
    const label: EntityLabel = isAnatomy
      ? 'ANAT-DP'
      : OBSERVATION_LABELS[scopes.statusAt(clause, span, found)];
    if (alone === undefined) {
      (isAnatomy ? chunk.anatomy : chunk.observations).push(entities.length);
      if (!isAnatomy) chunk.observation = entities.length;
      else if (shape === undefined || chunk.onlyShape) chunk.structure = entities.length;
      if (isAnatomy && shape === undefined) chunk.onlyShape = false;
    }
    entities.push({ text: written.slice(start, span.end).trim(), label });
    end = span.end;
  }
  return chunks;
}

const list = /^ (?:(?:and|or|,|\/|the|a|an|no) )*$/;
const copula = / (?:is|are|was|were|appears?|remains?|has|have|shows?|demonstrates?) /;
const place = / (?:in|of|at|within|over|overlying|involving|along|near|on|to|for|from|throughout) /;
const suggestion = new RegExp(` ${oneOf(SUGGESTIONS)}`);

type Add = (from: number, kind: RelationKind, to: number) => void;

function relateChunks(chunks: readonly Chunk[], relations: GraphRelation[]): void {
  const add: Add = (from, kind, to) => {
    if (from !== to) relations.push({ from, to, kind });
  };
  chunks.forEach((chunk, c) => {
    relateWithin(chunk, add);
    if (c === 0) return;
    const { structure, observation, gap } = chunk;
    if (observation === undefined) {
      if (place.test(gap) && !copula.test(gap)) relatePlace(chunks, c, add);
      return;
    }
    if (structure === undefined)
      for (const target of subjects(chunks, c)) add(observation, 'located_at', target);
    if (suggestion.test(gap)) {
      const sign = chunks.slice(0, c).findLast((earlier) => earlier.observation !== undefined);
      if (sign) add(sign.observation!, 'suggestive_of', observation);
    }
  });
}

/** "small left pleural effusion": words modify their head, the observation lies in the structure. */
function relateWithin({ anatomy, observations, structure, observation }: Chunk, add: Add): void {
  for (const word of anatomy) add(word, 'modify', structure!);
  for (const word of observations) add(word, 'modify', observation!);
  if (observation !== undefined && structure !== undefined) add(observation, 'located_at', structure);
}

/** "opacity in the left base"; a shape goes to the structure instead: "the heart is normal in size". */
function relatePlace(chunks: readonly Chunk[], c: number, add: Add): void {
  const { structure, onlyShape } = chunks[c]!;
  for (let k = c - 1; k >= 0; k--) {
    const { observation, structure: other, gap } = chunks[k]!;
    if (onlyShape) {
      if (other === undefined) continue;
      add(structure!, 'modify', other);
      return;
    }
    if (observation !== undefined) add(observation, 'located_at', structure!);
    if (!list.test(gap)) return;
  }
}

/** Structures that chunk `c` is said of: "heart size and mediastinal contours are normal". */
function subjects(chunks: readonly Chunk[], c: number): number[] {
  const { gap } = chunks[c]!;
  if (chunks[c - 1]!.observation !== undefined || !(copula.test(gap) || list.test(gap))) return [];
  const targets: number[] = [];
  for (let k = c - 1; k >= 0; k--) {
    const { structure, observation } = chunks[k]!;
    if (observation !== undefined) break;
    targets.push(structure!);
    if (!list.test(chunks[k]!.gap)) break;
  }
  return targets;
}
