import { meanOf, type StreamingScorer, streaming } from './streaming';

/** Length of the longest common subsequence. Time O(n·m), memory O(m). */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const codes = new Map<string, number>();
  const encode = (tokens: readonly string[]) =>
    Int32Array.from(tokens, (token) => {
      let code = codes.get(token);
      if (code === undefined) {
        code = codes.size;
        codes.set(token, code);
      }
      return code;
    });
  const rows = encode(a);
  const columns = encode(b);
  const lengths = new Int32Array(columns.length + 1);
  for (const row of rows) {
    let diagonal = 0;
    for (let j = 1; j <= columns.length; j++) {
      const above = lengths[j]!;
      lengths[j] = row === columns[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1]!);
      diagonal = above;
    }
  }
  return lengths[columns.length]!;
}

/** ROUGE-L of one pair: F of the longest common subsequence, recall weighted by `beta`. Cut at single spaces. */
export function rougeLOf(reference: string, hypothesis: string, beta = 1.2): number {
  const referenceTokens = reference.split(' ');
  const hypothesisTokens = hypothesis.split(' ');
  const common = longestCommonSubsequence(referenceTokens, hypothesisTokens);
  if (common === 0) return 0;
  const precision = common / hypothesisTokens.length;
  const recall = common / referenceTokens.length;
  return ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
}

/** ROUGE-L (`ROUGE_L`) equal to pycocoevalcap: beta 1.2; the corpus value is the mean over reports. */
export function rougeL(beta = 1.2): StreamingScorer {
  return streaming({
    id: 'rouge-l',
    direction: 'higher',
    range: [0, 1],
    accumulate: () => meanOf('ROUGE_L', (pair) => rougeLOf(pair.reference, pair.hypothesis, beta)),
  });
}
