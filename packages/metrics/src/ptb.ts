import type { ReportPair, Scorer, Scores } from './types';

/** What pycocoevalcap drops after tokenising; `-lrb-` and `-rrb-` stay, since it drops only the capital forms. */
const DROPPED = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Abbreviations that keep their full stop; at the end of a text a full stop is cut off all the same. */
const ABBREVIATIONS =
  /^(?:(?:[a-z]\.)+[a-z]?|dr|mr|mrs|ms|prof|jr|sr|vs|etc|approx|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$/;

const CLITICS = /^(.+?)('(?:s|re|ve|ll|d|m)|n't)$/;

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

function splitPiece(piece: string, last: boolean): string[] {
  if (/^-(?:[lr][rsc]b)-$/.test(piece) || DROPPED.has(piece)) return [piece];
  const quoted = /^'+(?!(?:s|re|ve|ll|d|m|t)$)(.+)$/.exec(piece)?.[1] ?? piece;
  const [, body = '', stops = ''] = /^(.*?)('*\.?'*)$/.exec(quoted)!;
  const keeps = stops === '.' && !last && ABBREVIATIONS.test(`${body}.`);
  const word = (keeps ? `${body}.` : body).replace(/^-+(?=.)|(?<=.)-+$/g, '');
  if (word === '') return [];
  const tokens: string[] = [];
  let rest = word;
  for (let match = CLITICS.exec(rest); match; match = CLITICS.exec(rest)) {
    tokens.unshift(match[2]!);
    rest = match[1]!;
  }
  return [rest === 'cannot' ? ['can', 'not'] : [rest], tokens].flat();
}

/**
 * A metric on {@link ptbTokens} of both texts. Its keys end in `/ptb`, since the numbers differ from those of text
 * scored as given: punctuation is dropped, so BLEU has other n-grams.
 */
export function withPtbTokens<T extends Scorer>(metric: T): T {
  const clean = (text: string) => ptbTokens(text).join(' ');
  const tokenised = <P extends Pick<ReportPair, 'reference' | 'hypothesis'>>(pair: P): P => ({
    ...pair,
    reference: clean(pair.reference),
    hypothesis: clean(pair.hypothesis),
  });
  const named = (scores: Scores): Scores =>
    Object.fromEntries(Object.entries(scores).map(([key, value]) => [`${key}/ptb`, value]));
  const { accumulate } = metric;
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
  };
}
