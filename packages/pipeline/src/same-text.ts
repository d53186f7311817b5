/** How much a model's reports differ from study to study. */
export interface TextCounts {
  /** Reports written. */
  readonly texts: number;
  /** Different ones among them. */
  readonly distinct: number;
  /** Studies that get the most frequent one. */
  readonly mostFrequent: number;
}

/** Counts of the reports, blanks around them apart. */
export function textCounts(reports: readonly string[]): TextCounts {
  const counts = new Map<string, number>();
  for (const report of reports) counts.set(report.trim(), (counts.get(report.trim()) ?? 0) + 1);
  const mostFrequent = [...counts.values()].reduce((most, n) => Math.max(most, n), 0);
  return { texts: reports.length, distinct: counts.size, mostFrequent };
}

/** Share of the studies from which one text counts as written for all. */
const NEARLY_ALL = 0.95;

/**
 * What to tell people whose model writes one report for all studies, or for at least 95 % of them; null where it does not.
 * @param who of the sentence, such as `the model`
 * @param which kind of studies, such as `test`
 */
export function sameTextWarning(
  { texts, distinct, mostFrequent }: TextCounts,
  who: string,
  which: string,
): string | null {
  if (!(texts >= 2 && mostFrequent >= NEARLY_ALL * texts)) return null; // NaN: nobody counted
  const studies = distinct === 1 ? `all ${texts}` : `${mostFrequent} of ${texts}`;
  return (
    `${who} writes the same report for ${studies} ${which} studies: it does not tell them apart, and its scores ` +
    'are those of a constant report'
  );
}
