import { closeItems } from '@raca/text';

/** Whitespace as Python's `str.split()` and `str.strip()` see it, which differs slightly from `\s`. */
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const IS_SPACE = new RegExp(SPACE);
const SPACES = new RegExp(`${SPACE}+`);

/** Marks that vanish from a sentence: quotes, slashes, punctuation. A hyphen stays; `: ; < = > ? @` go. */
const DROPPED = /["'/\\.,?;*!%^&_+():<=>@[\]{}]/g;
/** Quotes and slashes vanish before the ends are stripped, the rest after. */
const QUOTES = /["'/\\]/g;

/** Which data set's cleaning; they differ in line breaks, runs of blanks and de-identification marks. */
export type Cleaning = 'iu_xray' | 'mimic_cxr';

/**
 * Cleans a report as the R2Gen line does: lower case, list numbers and punctuation removed, sentences joined
 * by ` . ` with a final ` .`. Quirks are kept, since published vocabularies and references contain them: decimal
 * points vanish (`3.5` becomes `35`), and IU sentences that meet at a line break become one.
 *
 * One departure: list items without full stops (`- No effusion`), which the line would run together, become sentences.
 */
export function cleanReport(report: string, cleaning: Cleaning): string {
  const closed = closeItems(report);
  const text = cleaning === 'mimic_cxr' ? joinLines(closed) : closed;
  const sentences = strip(dropListNumbers(halve(text, '.', cleaning === 'mimic_cxr' ? 8 : 3))).toLowerCase();
  return sentences.split('. ').map(cleanSentence).join(' . ') + ' .';
}

export const cleanIu = (report: string): string => cleanReport(report, 'iu_xray');
export const cleanMimic = (report: string): string => cleanReport(report, 'mimic_cxr');

/** Words of a cleaned report, `.` among them. */
export function words(cleaned: string): string[] {
  return strip(cleaned).split(SPACES).filter(Boolean);
}

/**
 * The sentences of a cleaned report: the pieces between `.` tokens, so that sentence n (from 0) is `S(n+1)` of
 * `sentence_regions`. A piece may be empty; what follows the last `.` counts only if it has words.
 */
export function splitSentences(cleaned: string): string[] {
  const sentences: string[] = [];
  let piece: string[] = [];
  for (const word of words(cleaned)) {
    if (word === '.') {
      sentences.push(piece.join(' '));
      piece = [];
    } else {
      piece.push(word);
    }
  }
  if (piece.length > 0) sentences.push(piece.join(' '));
  return sentences;
}

function cleanSentence(sentence: string): string {
  return strip(sentence.replace(QUOTES, '')).replace(DROPPED, '');
}

function joinLines(report: string): string {
  return halve(halve(report.replaceAll('\n', ' '), '_', 7), ' ', 6);
}

/** Replaces each pair of `mark` by one, `times` times over: runs up to 2^times become one. */
function halve(text: string, mark: string, times: number): string {
  let shorter = text;
  for (let i = 0; i < times; i++) shorter = shorter.replaceAll(mark + mark, mark);
  return shorter;
}

/** Numbers 1 to 5 of a list; the order of the steps matters (`. 2. ` must not leave two stops). */
function dropListNumbers(text: string): string {
  let rest = text.replaceAll('1. ', '');
  for (const n of '2345') rest = rest.replaceAll(`. ${n}. `, '. ');
  for (const n of '2345') rest = rest.replaceAll(` ${n}. `, '. ');
  return rest;
}

/** Linear in the text, also where it is all blanks. */
function strip(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && IS_SPACE.test(text[from])) from++;
  while (to > from && IS_SPACE.test(text[to - 1])) to--;
  return text.slice(from, to);
}
