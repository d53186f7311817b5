import { meanMetric } from './measure';
import { referencesOf } from './pairs';
import type { PairMetric } from './types';

/** Places of one token, 32 to a word: `bits[i]` are those of word `words[i]`. */
interface Places {
  readonly words: number[];
  readonly bits: number[];
}

/**
 * Length of the longest common subsequence, 32 places at a time; a token of `b` costs the words of `a` where it stands, so
 * texts of many different tokens cost little more than their length, and the worst (one token repeated) n·m/32.
 * @see Hyyrö, Bit-parallel LCS-length computation revisited, AWOCA 2004
 */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const places = new Map<string, Places>();
  a.forEach((token, i) => {
    const at = places.get(token) ?? { words: [], bits: [] };
    if (at.words.length === 0) places.set(token, at);
    const word = i >>> 5;
    if (at.words[at.words.length - 1] !== word) {
      at.words.push(word);
      at.bits.push(0);
    }
    at.bits[at.bits.length - 1]! |= 1 << (i & 31);
  });
  const rows = new Uint32Array((a.length + 31) >>> 5).fill(0xffffffff);
  for (const token of b) {
    const at = places.get(token);
    if (at) advance(rows, at);
  }
  let common = 0;
  for (let i = 0; i < a.length; i++) if (((rows[i >>> 5]! >>> (i & 31)) & 1) === 0) common++;
  return common;
}

/** One step: V ← (V + (V & M)) | (V & ~M), the carry going from word to word. */
function advance(rows: Uint32Array, { words, bits }: Places): void {
  let carry = 0;
  for (let p = 0, word = words[0]!; word < rows.length; word++) {
    if (carry === 0) {
      if (p === words.length) return;
      word = words[p]!;
    }
    const mask = words[p] === word ? bits[p++]! : 0;
    const old = rows[word]!;
    const sum = old + ((old & mask) >>> 0) + carry;
    carry = sum > 0xffffffff ? 1 : 0;
    rows[word] = sum | (old & ~mask);
  }
}

/** ROUGE-L of one pair: F of the longest common subsequence, recall weighted by `beta`. Cut at single spaces. */
export const rougeLOf = (reference: string, hypothesis: string, beta = 1.2): number =>
  rougeLOfAll([reference], hypothesis, beta);

/** {@link rougeLOf} against several references: the highest precision and the highest recall, as pycocoevalcap. */
export function rougeLOfAll(references: readonly string[], hypothesis: string, beta = 1.2): number {
  const hypothesisTokens = hypothesis.split(' ');
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const referenceTokens = reference.split(' ');
    const common = longestCommonSubsequence(referenceTokens, hypothesisTokens);
    precision = Math.max(precision, common / hypothesisTokens.length);
    recall = Math.max(recall, common / referenceTokens.length);
  }
  if (precision === 0) return 0;
  return ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
}

/** ROUGE-L (`ROUGE_L`) equal to pycocoevalcap: beta 1.2; the corpus value is the mean over reports. */
export const rougeL = (beta = 1.2): PairMetric =>
  meanMetric(
    { name: 'rouge-l', keys: ['ROUGE_L'], direction: 'higher', range: [0, 1], references: 'all' },
    (pair) => [rougeLOfAll(referencesOf(pair), pair.hypothesis, beta)],
  );
