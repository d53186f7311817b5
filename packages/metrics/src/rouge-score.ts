import { meanMetric } from './measure';
import { porterStem } from './meteor/porter';
import { referencesOf } from './pairs';
import { longestCommonSubsequence } from './rouge';
import { countNgrams, type NgramCounts } from './tokens';
import type { PairMetric, Texts } from './types';

const NAMES = ['rouge1', 'rouge2', 'rougeL'] as const;
type Rouge = Record<(typeof NAMES)[number], number>;

/**
 * Words as Google's `rouge_score` cuts them: lower case, runs of letters a–z and digits; with `stem` words of more than
 * three letters go through Porter's stemmer (NLTK's).
 */
export function rougeScoreTokens(text: string, stem = false): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stem ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

/** F1 of 1-grams, 2-grams and the longest common subsequence of one pair, as `rouge_score` computes them. */
export function rougeScoreOf(reference: string, hypothesis: string, stem = false): Rouge {
  const [r, h] = [rougeScoreTokens(reference, stem), rougeScoreTokens(hypothesis, stem)];
  const [ofR, ofH] = [countNgrams(r, 2), countNgrams(h, 2)];
  const ngrams = (k: number) =>
    f1(overlap(ofR[k]!, ofH[k]!), Math.max(0, h.length - k), Math.max(0, r.length - k));
  return {
    rouge1: ngrams(0),
    rouge2: ngrams(1),
    rougeL: f1(longestCommonSubsequence(r, h), h.length, r.length),
  };
}

/**
 * ROUGE-1, ROUGE-2 and ROUGE-L of the other line of work, equal to Google's `rouge_score` (also Hugging Face's `rouge`): F1,
 * punctuation dropped, sentence breaks ignored. Keys `rouge_score/{rouge1,rouge2,rougeL}`, `+stem` behind them with the
 * stemmer; the corpus value is the mean over reports, several references count by the best one of each kind.
 * It is another number than {@link rougeL}, which weighs recall and keeps punctuation.
 * @see Lin, ROUGE: A package for automatic evaluation of summaries, ACL workshop 2004
 */
export function rougeScore({ stem = false }: { readonly stem?: boolean } = {}): PairMetric {
  const suffix = stem ? '+stem' : '';
  return meanMetric(
    {
      name: `rouge-score${suffix}`,
      keys: NAMES.map((name) => `rouge_score/${name}${suffix}`),
      direction: 'higher',
      range: [0, 1],
      references: 'all',
    },
    (pair) => {
      const value = best(pair, stem);
      return NAMES.map((name) => value[name]);
    },
  );
}

function best(pair: Texts, stem: boolean): Rouge {
  const all = referencesOf(pair).map((reference) => rougeScoreOf(reference, pair.hypothesis, stem));
  const most = (name: keyof Rouge) => Math.max(...all.map((value) => value[name]));
  return { rouge1: most('rouge1'), rouge2: most('rouge2'), rougeL: most('rougeL') };
}

function overlap(a: NgramCounts, b: NgramCounts): number {
  let sum = 0;
  for (const [gram, count] of a) sum += Math.min(count, b.get(gram) ?? 0);
  return sum;
}

/** F1 of `common` among what was said and what was there; 0 of nothing. */
const f1 = (common: number, said: number, there: number): number =>
  said + there === 0 ? 0 : (2 * common) / (said + there);
