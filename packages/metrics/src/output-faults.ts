import { splitTokens } from './tokens';

/** Something wrong with a set of generated texts that a score alone does not show. */
export interface OutputFault {
  readonly kind:
    | 'empty'
    | 'one text'
    | 'same text'
    | 'repetition'
    | 'unknown words'
    | 'no report'
    | 'cut off'
    | 'heading';
  /** Texts that have it. */
  readonly count: number;
  /** Of so many. */
  readonly of: number;
  /** The first of them, from 0. */
  readonly example: number;
  /** In words, to follow "… of … texts". */
  readonly what: string;
}

/** Shares of texts from which on a fault of the whole set is named. */
const MANY = 0.5;
const MOST = 0.9;
const SOME = 0.1;

/**
 * Signs of broken generation: empty texts, one text for every study (or for half of them where the references differ),
 * a phrase repeated without end, unknown-word marks, error messages and bare "nan" in place of reports, texts that stop in
 * mid-sentence where references do not, a heading that only one side has.
 */
export function outputFaults(references: readonly string[], texts: readonly string[]): OutputFault[] {
  const faults: OutputFault[] = [];
  const find = (kind: OutputFault['kind'], what: string, has: (text: string) => boolean, least = 1): void => {
    const found = texts.flatMap((text, i) => (has(text) ? [i] : []));
    if (found.length === 0 || found.length < least) return;
    faults.push({ kind, what, count: found.length, of: texts.length, example: found[0]! });
  };
  find('empty', 'are empty', isEmpty);
  const [most, times] = mostFrequent(texts);
  const [, inReferences] = mostFrequent(references);
  if (!isEmpty(most) && texts.length > 2) {
    const all = times === texts.length && inReferences < times;
    const many = times > 1 && times >= MANY * texts.length && inReferences <= times / 2;
    if (all) find('one text', 'are one and the same text', (text) => text.trim() === most);
    else if (many) find('same text', 'are one and the same text', (text) => text.trim() === most);
  }
  find('repetition', 'repeat the same words without end', repeats);
  const known = references.some((text) => UNKNOWN.test(text));
  if (!known)
    find('unknown words', 'hold marks of unknown words or padding, such as <unk> or [PAD]', (text) =>
      UNKNOWN.test(text),
    );
  find('no report', 'are an error message or a placeholder instead of a report', (text) =>
    NO_REPORT.test(text),
  );
  const whole = references.filter((text) => !stopsShort(text)).length >= MOST * references.length;
  if (whole) find('cut off', 'end in mid-sentence', stopsShort, Math.max(1, SOME * texts.length));
  const heads = (text: string) => HEADING.test(text);
  if (!references.some(heads)) {
    find(
      'heading',
      'begin with a heading such as "Findings:" that no reference has',
      heads,
      MANY * texts.length,
    );
  }
  return faults;
}

/** Sentences with full stops, the last one without; an item of a list needs none. */
function stopsShort(text: string): boolean {
  const trimmed = text.trimEnd();
  if (!/[.!?](?:\s|$)/.test(trimmed) || /[.!?:;)"'\]]$/.test(trimmed)) return false;
  const last = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  return !/^\s*(?:[-*•]|\d+[.)])/.test(last);
}

const isEmpty = (text: string): boolean => splitTokens(text).length === 0;

const UNKNOWN =
  /<\/?(?:unk|pad|s|eos|bos)>|\[(?:unk|pad|cls|sep|mask)\]|<\|(?:endoftext|im_end|eot_id)\|>|\uFFFD/i;
const NO_REPORT =
  /^\s*(?:nan|none|null|n\/a|undefined|error|failed)\s*\.?\s*$|out of memory|^\s*Traceback \(most|^\s*\w*(?:Error|Exception):|^\s*CUDA error/i;
const HEADING = /^\s*(?:findings?|impressions?|report|assistant)\s*:/i;

/** A phrase of up to this many words, said one after the other so often that no person would write it. */
const PHRASE = 8;
const TIMES = 4;

/** Whether some phrase of 1 to 8 words stands four times in a row (one word: six times). */
function repeats(text: string): boolean {
  const words = splitTokens(text.toLowerCase());
  for (let size = 1; size <= PHRASE; size++) {
    const enough = (size === 1 ? TIMES + 2 : TIMES) * size - size;
    let run = 0; // words that equal the word `size` places before
    for (let i = size; i < words.length; i++) {
      run = words[i] === words[i - size] ? run + 1 : 0;
      if (run >= enough && /[a-z]/.test(words.slice(i - size + 1, i + 1).join(''))) return true;
    }
  }
  return false;
}

function mostFrequent(texts: readonly string[]): [text: string, times: number] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text.trim(), (counts.get(text.trim()) ?? 0) + 1);
  let best: [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best;
}
