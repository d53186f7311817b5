/**
 * Area under the ROC curve by ranks: how often a case that is true has the higher score than one that is not, ties counted half.
 * Null where all or none are true.
 *
 * @param scores `[n]`, higher: more likely
 * @throws RangeError if the lists differ in length or a score is no number
 * @see Hanley and McNeil, Radiology 143, 1982 (the Wilcoxon statistic)
 */
export function auc(scores: ArrayLike<number>, truth: readonly boolean[]): number | null {
  const n = truth.length;
  if (scores.length !== n)
    throw new RangeError(`auc: lengths must match, got ${scores.length} scores and ${n} truths`);
  for (let i = 0; i < n; i++)
    if (Number.isNaN(scores[i])) throw new RangeError(`auc: expected numbers, found NaN at ${i}`);
  const order = truth.map((_, i) => i).sort((i, j) => scores[i]! - scores[j]!);
  let [positives, ranks] = [0, 0];
  for (let from = 0; from < n; ) {
    let to = from;
    let found = 0;
    for (; to < n && scores[order[to]!] === scores[order[from]!]; to++) if (truth[order[to]!]) found++;
    positives += found;
    ranks += (found * (from + to + 1)) / 2; // mean rank from 1 of the equal ones
    from = to;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0) return null;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
