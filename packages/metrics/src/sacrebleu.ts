import { type BleuCounts, bleuCountsAt, bleuCountsOfAll, bleuRow } from './bleu';
import { referencesOf } from './pairs';
import { countNgrams, splitTokens } from './tokens';
import type { PairMetric, Texts } from './types';

const ORDER = 4;
const KEY = 'sacreBLEU';

/**
 * Tokens of mteval-v13a, sacreBLEU's default: marks stand alone, full stops and commas too unless between digits, a hyphen
 * after a digit stands alone. Letter case stays.
 */
export function tokens13a(text: string): string[] {
  const marked = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return splitTokens(
    ` ${marked} `
      .replace(/[!-&(-+/:-@[-`{-~]/g, ' $& ')
      .replace(/([^0-9])([.,])/g, '$1 $2 ')
      .replace(/([.,])([^0-9])/g, ' $1 $2')
      .replace(/([0-9])(-)/g, '$1 $2 '),
  );
}

/**
 * BLEU of counts as sacreBLEU prints it, 0 to 100: a length without a match counts as 1 / 2, 1 / 4, … of one match
 * (smoothing `exp`), no matches at all as 0.
 * @param effectiveOrder whether lengths that the text is too short for are left out (sentences)
 */
export function sacreBleuFromCounts(counts: BleuCounts, effectiveOrder = false): number {
  const { matches, guesses, hypothesisLength, referenceLength } = counts;
  if (!matches.some((match) => match > 0)) return 0;
  let logs = 0;
  let order = 0;
  let smooth = 1;
  for (; order < ORDER && guesses[order]! > 0; order++) {
    if (matches[order] === 0) smooth *= 2;
    logs += Math.log(100 * ((matches[order] || 1 / smooth) / guesses[order]!));
  }
  if (order < ORDER && !effectiveOrder) return 0; // a length that the whole text lacks has precision 0
  const brevity = hypothesisLength < referenceLength ? Math.exp(1 - referenceLength / hypothesisLength) : 1;
  return brevity * Math.exp(logs / order);
}

/**
 * sacreBLEU with its default settings (`nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp`), key `sacreBLEU`, 0 to 100; per report
 * its sentence score (`eff:yes`). It is another number than {@link bleu}: other tokens, other smoothing, letter case counts.
 * @see Post, A call for clarity in reporting BLEU scores, WMT 2018
 */
export const sacreBleu = (): PairMetric => ({
  name: 'sacrebleu',
  keys: [KEY],
  direction: 'higher',
  range: [0, 100],
  references: 'all',
  sums: (pair) => bleuRow(countsOfPair(pair)),
  value: (sums) => [sacreBleuFromCounts(bleuCountsAt(sums, ORDER))],
  perReport: { keys: [KEY], value: (sums) => [sacreBleuFromCounts(bleuCountsAt(sums, ORDER), true)] },
});

function countsOfPair(pair: Texts): BleuCounts {
  const counted = (text: string) => {
    const tokens = tokens13a(text.trimEnd());
    return { length: tokens.length, ngrams: countNgrams(tokens, ORDER) };
  };
  return bleuCountsOfAll(referencesOf(pair).map(counted), counted(pair.hypothesis));
}
