import { sentenceSpans } from './sentence-spans';

/** Characters `[from, to)` of a report. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the evidence says of a statement; `unknown`: nothing. */
export type Verdict = 'supported' | 'contradicted' | 'unknown';

/** What a check says of one statement. */
export interface Remark {
  readonly span: Span;
  /** Name of the check, such as `measurement`. */
  readonly kind: string;
  readonly verdict: Verdict;
  /** One line for people: what was said, and what is known. */
  readonly evidence: string;
  /** What could stand in place of the span; empty: nothing, the span goes; null: no repair is known. */
  readonly repair: string | null;
}

/** Looks at a written report beside what is known of its study. Nothing that a report or a plan says is run as code. */
export interface ReportCheck<Study> {
  readonly kind: string;
  check(report: string, study: Study): readonly Remark[];
}

/** What all checks say of a report, in its order. */
export function checkReport<Study>(
  report: string,
  study: Study,
  checks: readonly ReportCheck<NoInfer<Study>>[],
): Remark[] {
  const remarks = checks.flatMap((check) => check.check(report, study));
  return remarks.sort((a, b) => a.span.from - b.span.from || a.span.to - b.span.to);
}

/**
 * The report with the repairs of everything that is contradicted. Of remarks on overlapping spans one that takes the span out goes first,
 * then the earlier one; the others wait for the next look, as their spans have moved.
 */
export function repaired(report: string, remarks: readonly Remark[]): string {
  const wanted = remarks.filter(({ verdict, repair }) => verdict === 'contradicted' && repair !== null);
  const order = [...wanted].sort(
    (a, b) => Number(b.repair === '') - Number(a.repair === '') || a.span.from - b.span.from,
  );
  const taken: Remark[] = [];
  for (const remark of order) {
    const { from, to } = remark.span;
    if (taken.every(({ span }) => to <= span.from || from >= span.to)) taken.push(remark);
  }
  taken.sort((a, b) => b.span.from - a.span.from);
  let text = report;
  for (const { span, repair } of taken) text = text.slice(0, span.from) + repair + text.slice(span.to);
  return text.trim();
}

/** A check of every sentence for itself. The span of a remark counts from the beginning of the sentence; absent: all of it. */
export const sentenceCheck = <Study>(
  kind: string,
  check: (
    sentence: string,
    study: Study,
  ) => readonly (Omit<Remark, 'span' | 'kind'> & { readonly span?: Span })[],
): ReportCheck<Study> => ({
  kind,
  check: (report, study) =>
    sentenceSpans(report).flatMap(({ from, to }) =>
      check(report.slice(from, to), study).map(({ span, ...remark }): Remark => {
        const place = span ? { from: from + span.from, to: from + span.to } : { from, to };
        return { ...remark, kind, span: place };
      }),
    ),
});
