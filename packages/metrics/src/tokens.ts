/** What Python's `str.split()` cuts at; JavaScript's `\s` differs in U+FEFF, U+0085 and U+001C–U+001F. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts them as white space.
const PYTHON_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Tokens between white space, as the published scorers cut them. */
export function splitTokens(text: string): string[] {
  const tokens = text.split(PYTHON_SPACE);
  if (tokens[0] === '') tokens.shift();
  if (tokens[tokens.length - 1] === '') tokens.pop();
  return tokens;
}

/** Counts of the n-grams of one length; the key is the n-gram joined by spaces. */
export type NgramCounts = Map<string, number>;

/** Counts for n = 1 … `order`: element k holds the n-grams of k + 1 tokens. */
export function countNgrams(tokens: readonly string[], order: number): NgramCounts[] {
  const counts: NgramCounts[] = Array.from({ length: order }, () => new Map());
  for (let start = 0; start < tokens.length; start++) {
    let gram = '';
    for (let k = 0; k < order && start + k < tokens.length; k++) {
      gram = k === 0 ? tokens[start]! : `${gram} ${tokens[start + k]!}`;
      const count = counts[k]!;
      count.set(gram, (count.get(gram) ?? 0) + 1);
    }
  }
  return counts;
}

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
