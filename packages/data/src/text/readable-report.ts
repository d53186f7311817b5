import { UNKNOWN } from './tokenizer';

/** Stands for a word that the model does not have, or that de-identification took away. */
export const MISSING_WORD = '[…]';

const DE_IDENTIFIED = /^(?:x{3,}|_{2,})$/i;
const NUMBER = /^\d+$/;
/** What may follow a decimal number; without one of these, `2 . 5` is the end of a sentence and a number. */
const AFTER_DECIMAL = /^(?:[cm]m|m|ml|cc|k?g|mg|%|percent|x|by|centimet\w*|millimet\w*)(?:[.,;:)]|$)/i;
const STOP = /^[.?!]$/;
/** Marks that stand at the word before them, and marks that take the word after them. */
const CLOSING = /^(?:[.,;:?!)\]%]|'s|n't|'ll)$/;
const OPENING = /^[([]$/;
const JOINING = /^[/-]$/;

/** Written in capitals wherever they stand. */
const CAPITALS = new Set(
  (
    'ap pa ct mri pet icd aicd picc copd chf cabg svc ivc ards tavr tb gi ecg ekg ivp tips hiv icu ' +
    'ii iii iv vi vii viii ix xi xii'
  ).split(' '),
);
const NAMES = new Map(
  ['Kerley', 'Swan-Ganz', 'Swan', 'Ganz', 'Dobbhoff', 'Hickman', 'Harrington', 'Bochdalek', 'Morgagni'].map(
    (name) => [name.toLowerCase(), name] as const,
  ),
);
/** `t8`, `c5-c6`, `l1`: vertebrae; `t-spine`. */
const VERTEBRAE = /^(?:[ctl]\d{1,2}(?:-[ctl]?\d{1,2})?|[ctl]-spine)$/;
/** `et tube`, `ng tube`. */
const TUBES = new Set(['et', 'ng', 'og', 'ett', 'ngt']);
const BEFORE_B = new Set(['kerley']);

/**
 * The sentences of a tokenised report as people write them: a capital at the beginning, no blanks before punctuation, a
 * full stop at the end, decimal numbers, fractions and hyphens closed up (`2 . 5 cm` → `2.5 cm`), common abbreviations
 * in capitals, and {@link MISSING_WORD} for `<unk>` and de-identification marks, once for a run of them. Nothing else is
 * changed: a decimal point that cleaning removed (`35 cm`) cannot be brought back. Text that is readable already stays.
 */
export function readableSentences(report: string): string[] {
  return sentencesOf(closeNumbers(wordsOf(report))).map(({ words }) => written(words));
}

/** Words `[from, to)` of a tokenised report, blanks apart, that each of its {@link readableSentences} was made of. */
export function readableSpans(report: string): { readonly from: number; readonly to: number }[] {
  let from = 0;
  return sentencesOf(closeNumbers(wordsOf(report))).map(({ to }) => {
    const span = { from, to };
    from = to;
    return span;
  });
}

/** {@link readableSentences} in one line; empty for a report without words. */
export const readableReport = (report: string): string => readableSentences(report).join(' ');

const wordsOf = (report: string): string[] => report.split(/\s+/).filter(Boolean);

/** A word, and where it ends in the report, in words. */
interface Placed {
  readonly word: string;
  readonly to: number;
}

/** `2 . 5 cm` → `2.5 cm`, also in `2 . 5 x 3 . 1 cm`. */
function closeNumbers(tokens: readonly string[]): Placed[] {
  const out: Placed[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const [point, fraction, after] = tokens.slice(i + 1, i + 4);
    const isDecimal =
      NUMBER.test(tokens[i]) &&
      point === '.' &&
      NUMBER.test(fraction ?? '') &&
      AFTER_DECIMAL.test(after ?? '');
    const word = isDecimal ? `${tokens[i]}.${fraction}` : tokens[i];
    if (isDecimal) i += 2;
    out.push({ word, to: i + 1 });
  }
  return out;
}

/** Words of each sentence that has one, its stop included where it has one, and where it ends in the report. */
function sentencesOf(tokens: readonly Placed[]): { readonly words: string[]; readonly to: number }[] {
  const sentences: { words: string[]; to: number }[] = [];
  let sentence: string[] = [];
  const end = (to: number): void => {
    if (sentence.length > 0) sentences.push({ words: sentence, to });
    sentence = [];
  };
  for (const { word: token, to } of tokens) {
    const word = token === UNKNOWN || DE_IDENTIFIED.test(token) ? MISSING_WORD : token;
    if (word === MISSING_WORD && sentence.at(-1) === MISSING_WORD) continue;
    if (sentence.length === 0 && CLOSING.test(word)) continue; // no word to stand at
    sentence.push(word);
    if (STOP.test(word) || /[^.][.?!]$/.test(word)) end(to);
  }
  end(tokens.at(-1)?.to ?? 0);
  return sentences;
}

function written(tokens: readonly string[]): string {
  let text = '';
  let joins = true;
  tokens.forEach((token, i) => {
    const previous = tokens[i - 1] ?? '';
    const isJoining = JOINING.test(token) && i > 0 && i < tokens.length - 1;
    if (!joins && !CLOSING.test(token) && !isJoining) text += ' ';
    text += withCapitals(token, previous, tokens[i + 1] ?? '');
    joins = OPENING.test(token) || isJoining;
  });
  const ended = /[.?!]$/.test(text) ? text : `${text.replace(/[,;:]$/, '')}.`;
  return capitalised(ended);
}

function withCapitals(token: string, previous: string, next: string): string {
  const [, word, rest] = /^(.*?)([.,;:?!)]*)$/s.exec(token)!;
  const isAbbreviation =
    CAPITALS.has(word) ||
    VERTEBRAE.test(word) ||
    (TUBES.has(word) && /^tubes?\b/.test(next)) ||
    (word === 'b' && BEFORE_B.has(previous.toLowerCase()));
  if (word.endsWith('-spine') && isAbbreviation) return `${word[0].toUpperCase()}${token.slice(1)}`;
  return isAbbreviation ? `${word.toUpperCase()}${rest}` : `${NAMES.get(word) ?? word}${rest}`;
}

/** The first letter made a capital, unless a number or a missing word comes before it. */
function capitalised(text: string): string {
  const first = text.search(/[\p{L}\d…]/u);
  if (first < 0) return text;
  const letter = String.fromCodePoint(text.codePointAt(first)!);
  return text.slice(0, first) + letter.toUpperCase() + text.slice(first + letter.length);
}
