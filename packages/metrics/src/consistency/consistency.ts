/** What is compared of one study. */
export interface StudyWords {
  /** Findings that the reference has, in doubt or not, without No Finding. */
  readonly findings: ReadonlySet<string>;
  /** Attribute words of the reference's positive sentences. */
  readonly reference: ReadonlySet<string>;
  /** The same of the generated report. */
  readonly generated: ReadonlySet<string>;
}

/** How much a study's report agrees with those of studies like it. */
export interface StudyConsistency {
  readonly partners: number;
  /** Mean overlap with the partners' generated words, 0 to 1. */
  readonly consistency: number;
  /** Overlap of generated and own reference words, 0 to 1. */
  readonly own: number;
}

/** From where on two studies are alike. */
const FINDINGS = 0.75;
const ATTRIBUTES = 0.5;

/** |A ∩ B| over the smaller size; 0 where one is empty. */
export function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  if (small.size === 0) return 0;
  let common = 0;
  for (const item of small) if (large.has(item)) common++;
  return common / small.size;
}

/** Whether two studies show the same: findings overlap by 0.75 at least, attribute words of the references by 0.5. */
export const alike = (a: StudyWords, b: StudyWords): boolean =>
  overlap(a.findings, b.findings) >= FINDINGS && overlap(a.reference, b.reference) >= ATTRIBUTES;

/**
 * Consistency of every study with the studies like it; null for those without any. Time grows with the square of the number
 * of studies that have findings.
 * @see Hou et al., ICON: Improving inter-report consistency in radiology report generation, EMNLP Findings 2024
 */
export function studyConsistency(studies: readonly StudyWords[]): (StudyConsistency | null)[] {
  const sums = new Float64Array(studies.length);
  const partners = new Int32Array(studies.length);
  const positive = [...studies.keys()].filter((i) => studies[i]!.findings.size > 0);
  positive.forEach((i, n) => {
    for (const j of positive.slice(n + 1)) {
      const [a, b] = [studies[i]!, studies[j]!];
      if (!alike(a, b)) continue;
      const shared = overlap(a.generated, b.generated);
      for (const k of [i, j]) {
        sums[k]! += shared;
        partners[k]!++;
      }
    }
  });
  return studies.map(({ reference, generated }, i) =>
    partners[i] === 0
      ? null
      : {
          partners: partners[i]!,
          consistency: sums[i]! / partners[i]!,
          own: overlap(generated, reference),
        },
  );
}
