import type { ReportPair, Texts } from './types';

/** Every reference of a study, the first one first. */
export const referencesOf = ({ reference, references }: Texts): readonly string[] =>
  references ?? [reference];

/** @throws Error naming the first pair that is not usable: no pairs, a field that is no string, an id twice. */
export function checkPairs(pairs: readonly ReportPair[]): void {
  if (pairs.length === 0) throw new Error('score: expected at least one pair of reports, got none');
  const seen = new Map<string, number>();
  pairs.forEach((pair, i) => {
    for (const field of ['id', 'reference', 'hypothesis'] as const) {
      if (typeof pair?.[field] !== 'string') {
        throw new Error(`score: pair ${i}: ${field} must be a string, got ${describe(pair?.[field])}`);
      }
    }
    if (pair.references && pair.references[0] !== pair.reference) {
      throw new Error(`score: pair ${i}: references must begin with reference`);
    }
    const before = seen.get(pair.id);
    if (before !== undefined) {
      throw new Error(`score: ids must be unique, got "${pair.id}" in pairs ${before} and ${i}`);
    }
    seen.set(pair.id, i);
  });
}

/**
 * Pairs two lists by position.
 * @param ids names of the studies; their positions when left out
 * @throws Error if the lists differ in length or an id comes twice
 */
export function pairReports(
  references: readonly string[],
  hypotheses: readonly string[],
  ids: readonly string[] = references.map((_, i) => String(i)),
): ReportPair[] {
  if (references.length !== hypotheses.length || ids.length !== references.length) {
    throw new Error(
      `pairReports: counts must match, got ${references.length} references, ` +
        `${hypotheses.length} hypotheses, ${ids.length} ids`,
    );
  }
  const pairs = references.map((reference, i) => ({ id: ids[i]!, reference, hypothesis: hypotheses[i]! }));
  if (pairs.length > 0) checkPairs(pairs);
  return pairs;
}

/**
 * Pairs two tables by id, in the order of the references. `all` holds every reference of a study that has several.
 * @throws Error naming an id that only one of the tables has, or has twice
 */
export function pairById(
  references: readonly { readonly id: string; readonly text: string; readonly all?: readonly string[] }[],
  hypotheses: readonly { readonly id: string; readonly text: string }[],
): ReportPair[] {
  if (references.length !== hypotheses.length) {
    throw new Error(
      `pairById: counts must match, got ${references.length} references and ${hypotheses.length} hypotheses`,
    );
  }
  const generated = new Map<string, string>();
  for (const { id, text } of hypotheses) {
    if (generated.has(id))
      throw new Error(`pairById: ids must be unique, got "${id}" twice in the hypotheses`);
    generated.set(id, text);
  }
  const pairs = references.map(({ id, text, all }): ReportPair => {
    const hypothesis = generated.get(id);
    if (hypothesis === undefined) throw new Error(`pairById: reference "${id}" has no hypothesis`);
    return { id, reference: text, hypothesis, ...(all && { references: all }) };
  });
  if (pairs.length > 0) checkPairs(pairs);
  return pairs;
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
