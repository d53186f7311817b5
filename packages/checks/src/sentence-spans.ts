import type { Span } from './report-check';

/**
 * Sentences of a report, each with its end mark and the blanks after it, so that they follow one another without gaps. A point between
 * digits ends none.
 */
export function sentenceSpans(report: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (let i = 0; i < report.length; i++) {
    if (!/[.!?]/.test(report[i])) continue;
    if (/\d/.test(report[i - 1] ?? '') && /\d/.test(report[i + 1] ?? '')) continue;
    let to = i + 1;
    while (to < report.length && /[\s.!?]/.test(report[to])) to++;
    spans.push({ from, to });
    from = to;
    i = to - 1;
  }
  return from < report.length ? [...spans, { from, to: report.length }] : spans;
}
