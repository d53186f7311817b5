import { splitTokens } from './tokens';
import type { ReportPair } from './types';

/** How many different texts there are, white space at the ends aside. */
export const distinctTexts = (texts: readonly string[]): number => new Set(texts.map((t) => t.trim())).size;

/** Tokens of all hypotheses over tokens of all references; NaN when the references are empty. */
export function lengthRatio(pairs: readonly ReportPair[]): number {
  let hypothesis = 0;
  let reference = 0;
  for (const pair of pairs) {
    hypothesis += splitTokens(pair.hypothesis).length;
    reference += splitTokens(pair.reference).length;
  }
  return reference === 0 ? Number.NaN : hypothesis / reference;
}
