/** Tokens `[from, to)` of one sentence, its "." included where it has one. */
export interface SentenceSpan {
  readonly from: number;
  readonly to: number;
}

/** Sentences of one row of ids: what lies between "." tokens, from position 1 on; empty ones keep their place. */
export function sentencesOf(row: Int32Array, separator: number): SentenceSpan[] {
  const spans: SentenceSpan[] = [];
  let from = 1;
  let end = row.length;
  while (end > 1 && row[end - 1] === 0) end--;
  for (let i = 1; i < end; i++) {
    if (row[i] !== separator) continue;
    spans.push({ from, to: i + 1 });
    from = i + 1;
  }
  if (from < end) spans.push({ from, to: end });
  return spans;
}
