import type { Metric, ReportPair } from './types';

/** What pycocoevalcap drops after tokenising; `-lrb-` and `-rrb-` stay, since it drops only the capital forms. */
const DROPPED = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Abbreviations that keep their full stop; at the end of a text a full stop is cut off all the same. */
const ABBREVIATIONS =
  /^(?:(?:[a-z]\.)+[a-z]?|dr|mr|mrs|ms|prof|jr|sr|vs|etc|approx|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$/;

const CLITICS = ["'s", "'re", "'ve", "'ll", "'d", "'m", "n't"];

/** After a quote these are clitics, not quoted words. */
const BARE_CLITICS = new Set(['s', 're', 've', 'll', 'd', 'm', 't']);

/**
 * Tokens as pycocoevalcap's `PTBTokenizer` gives them on report text: Penn Treebank words in lower case, punctuation
 * dropped. `heart's` is `heart 's`, `isn't` is `is n't`, brackets become `-lrb-` and `-rrb-`, a slash inside a word
 * is written `\/`, hyphenated words, decimal numbers and common abbreviations stay whole. Its source is a Java
 * program with many more rules (addresses, currencies, emoticons); where those matter the two differ.
 */
export function ptbTokens(text: string): string[] {
  const spaced = text
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/[“”"]/g, ' " ')
    .replace(/\.{3,}|…/g, ' ... ')
    .replace(/-{2,}|[–—]/g, ' -- ')
    .replace(/[()]/g, (bracket) => (bracket === '(' ? ' -lrb- ' : ' -rrb- '))
    .replace(/[[\]]/g, (bracket) => (bracket === '[' ? ' -lsb- ' : ' -rsb- '))
    .replace(/[{}]/g, (bracket) => (bracket === '{' ? ' -lcb- ' : ' -rcb- '))
    .replace(/([;!?%$#&@=<>*+~^|])/g, ' $1 ')
    .replace(/,(?!\d)|(?<!\d),/g, ' , ')
    .replace(/:(?!\d)|(?<!\d):/g, ' : ');
  const pieces = spaced.split(/\s+/).filter((piece) => piece !== '');
  return pieces
    .flatMap((piece, i) => splitPiece(piece, i === pieces.length - 1))
    .filter((token) => !DROPPED.has(token) && token !== '"')
    .map((token) => token.replaceAll('/', '\\/'));
}

/** Tokens of a piece without white space; time grows with its length, whatever quotes and clitics it holds. */
function splitPiece(piece: string, last: boolean): string[] {
  if (/^-(?:[lr][rsc]b)-$/.test(piece) || DROPPED.has(piece)) return [piece];
  const quoted = withoutOpeningQuotes(piece);
  const body = quoted.slice(0, bodyEnd(quoted));
  const keeps = `${body}.` === quoted && !last && ABBREVIATIONS.test(quoted);
  let rest = withoutOuterHyphens(keeps ? quoted : body);
  if (rest === '') return [];
  const clitics: string[] = [];
  for (let found = cliticOf(rest); found; found = cliticOf(rest)) {
    clitics.push(found);
    rest = rest.slice(0, -found.length);
  }
  return [...(rest === 'cannot' ? ['can', 'not'] : [rest]), ...clitics.reverse()];
}

const cliticOf = (word: string): string | undefined =>
  CLITICS.find((clitic) => word.length > clitic.length && word.endsWith(clitic));

function withoutOpeningQuotes(piece: string): string {
  let start = 0;
  while (piece[start] === "'") start++;
  const rest = piece.slice(start);
  return start > 0 && BARE_CLITICS.has(rest) ? `'${rest}` : rest;
}

/** Where the quotes and the full stop at the end of a piece begin. */
function bodyEnd(piece: string): number {
  let end = piece.length;
  while (piece[end - 1] === "'") end--;
  if (piece[end - 1] === '.') end--;
  while (piece[end - 1] === "'") end--;
  return end;
}

function withoutOuterHyphens(word: string): string {
  if (word === '-') return word;
  let start = 0;
  let end = word.length;
  while (word[start] === '-') start++;
  while (end > start && word[end - 1] === '-') end--;
  return word.slice(start, end);
}

/**
 * A metric on {@link ptbTokens} of both texts. Its keys end in `/ptb`, since the numbers differ from those of text
 * scored as given: punctuation is dropped, so BLEU has other n-grams.
 */
export function withPtbTokens<M extends Metric>(metric: M): M;
export function withPtbTokens(metric: Metric): Metric {
  const renamed = <T extends { readonly keys: readonly string[] }>(of: T): T => ({
    ...of,
    keys: of.keys.map(behind),
  });
  const own = { ...renamed(metric), name: `${metric.name}+ptb` };
  if ('over' in metric) {
    return { ...own, over: (pairs) => withPtbTokens(metric.over(pairs.map(tokenised))) };
  }
  const { perReport, resampled } = metric;
  return {
    ...own,
    sums: (pair) => metric.sums(tokenised(pair)),
    value: (sums, count) => metric.value(sums, count),
    ...(perReport && { perReport: renamed(perReport) }),
    ...(resampled && {
      resampled: {
        ...renamed(resampled),
        ...(resampled.tested && { tested: resampled.tested.map(behind) }),
      },
    }),
  };
}

const behind = (key: string): string => `${key}/ptb`;
const clean = (text: string): string => ptbTokens(text).join(' ');
const tokenised = (pair: ReportPair): ReportPair => ({
  ...pair,
  reference: clean(pair.reference),
  hypothesis: clean(pair.hypothesis),
  ...(pair.references && { references: pair.references.map(clean) }),
});
