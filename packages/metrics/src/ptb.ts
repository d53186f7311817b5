import type { ReportPair, Scorer, Scores, Texts } from './types';

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
export function withPtbTokens<T extends Scorer>(metric: T): T {
  const clean = (text: string) => ptbTokens(text).join(' ');
  const tokenised = <P extends Texts>(pair: P): P => ({
    ...pair,
    reference: clean(pair.reference),
    hypothesis: clean(pair.hypothesis),
    ...(pair.references && { references: pair.references.map(clean) }),
  });
  const renamed = (key: string) => `${key}/ptb`;
  const named = (scores: Scores): Scores =>
    Object.fromEntries(Object.entries(scores).map(([key, value]) => [renamed(key), value]));
  const { accumulate, additive } = metric;
  return {
    ...metric,
    id: `${metric.id}+ptb`,
    score(pairs: readonly ReportPair[]) {
      const { corpus, perReport } = metric.score(pairs.map(tokenised));
      return { corpus: named(corpus), perReport: perReport.map(named) };
    },
    ...(accumulate && {
      accumulate() {
        const inner = accumulate.call(metric);
        return {
          update: (pair: Parameters<typeof inner.update>[0]) => named(inner.update(tokenised(pair))),
          compute: () => named(inner.compute()),
        };
      },
    }),
    ...(additive && {
      additive(pairs: readonly ReportPair[]) {
        const { keys, tested, ...rest } = additive.call(metric, pairs.map(tokenised));
        return { ...rest, keys: keys.map(renamed), ...(tested && { tested: tested.map(renamed) }) };
      },
    }),
  };
}
