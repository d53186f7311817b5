import {
  type BleuCounts,
  bleuCounts,
  bleuFromCounts,
  CHEXPERT_14,
  cider,
  countAgreement,
  labelReport,
  positives,
  precisionRecallF1,
  type ReportPair,
  rougeL,
} from '@raca/metrics';

/**
 * A score of a set of studies as a function of numbers that add up over studies, so that resampled sets cost a sum.
 * Axes: n studies, w numbers a study.
 */
export interface StudyScore {
  /** As in `raca evaluate`. */
  readonly key: string;
  /** w */
  readonly width: number;
  /** Each study's numbers, `[n, w]`. */
  readonly table: (pairs: readonly ReportPair[]) => Float64Array;
  /** The score of a set from the sums of its studies' numbers. @param count studies in the set */
  readonly value: (sums: Float64Array, count: number) => number;
}

const ORDER = 4;
const CLASSES = CHEXPERT_14.length;

/** The scores that an ablation tests: of corpora, and means over reports. */
export const STUDY_SCORES: readonly StudyScore[] = [
  bleuScore(1),
  bleuScore(4),
  meanScore('ROUGE_L', (pairs) =>
    rougeL()
      .score(pairs)
      .perReport.map((scores) => scores.ROUGE_L),
  ),
  meanScore('CIDEr', (pairs) =>
    cider()
      .score(pairs)
      .perReport.map((scores) => scores.CIDEr),
  ),
  {
    key: 'clinical/micro/f1/14',
    width: 3 * CLASSES,
    table: agreementTable,
    value: (sums) => f1(sums, range(CLASSES)),
  },
  {
    key: 'clinical/macro/f1/14',
    width: 3 * CLASSES,
    table: agreementTable,
    value: (sums) => range(CLASSES).reduce((sum, c) => sum + f1(sums, [c]), 0) / CLASSES,
  },
  meanScore('clinical/example/f1/14', (pairs) => {
    const all = agreementTable(pairs);
    return pairs.map((_, i) => f1(all.subarray(i * 3 * CLASSES, (i + 1) * 3 * CLASSES), range(CLASSES)));
  }),
];

/** Corpus BLEU-k. The n-gram counts of all lengths add up. */
function bleuScore(k: number): StudyScore {
  const width = 2 + 2 * ORDER;
  return {
    key: `BLEU_${k}`,
    width,
    table: (pairs) => {
      const out = new Float64Array(pairs.length * width);
      pairs.forEach(({ reference, hypothesis }, i) => {
        const { hypothesisLength, referenceLength, matches, guesses } = bleuCounts(
          reference,
          hypothesis,
          ORDER,
        );
        out.set([hypothesisLength, referenceLength, ...matches, ...guesses], i * width);
      });
      return out;
    },
    value: (sums) => {
      const counts: BleuCounts = {
        hypothesisLength: sums[0],
        referenceLength: sums[1],
        matches: [...sums.subarray(2, 2 + ORDER)],
        guesses: [...sums.subarray(2 + ORDER)],
      };
      return bleuFromCounts(counts)[k - 1];
    },
  };
}

/** A score whose corpus value is the mean over reports. */
function meanScore(key: string, each: (pairs: readonly ReportPair[]) => number[]): StudyScore {
  return {
    key,
    width: 1,
    table: (pairs) => Float64Array.from(each(pairs)),
    value: ([sum], count) => sum / count,
  };
}

/** True positives, false positives and false negatives a class: `[n, 14 · 3]`. */
function agreementTable(pairs: readonly ReportPair[]): Float64Array {
  const out = new Float64Array(pairs.length * 3 * CLASSES);
  const known = new Map<string, boolean[]>();
  const labelsOf = (text: string): boolean[] => {
    const labels = known.get(text) ?? positives(labelReport(text));
    known.set(text, labels);
    return labels;
  };
  pairs.forEach(({ reference, hypothesis }, i) => {
    const [truth, said] = [labelsOf(reference), labelsOf(hypothesis)];
    for (let c = 0; c < CLASSES; c++) {
      const { truePositives, falsePositives, falseNegatives } = countAgreement([truth[c]], [said[c]]);
      out.set([truePositives, falsePositives, falseNegatives], (i * CLASSES + c) * 3);
    }
  });
  return out;
}

/** F1 over the counts of some classes. */
function f1(sums: Float64Array, classes: readonly number[]): number {
  const total = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
  for (const c of classes) {
    total.truePositives += sums[3 * c];
    total.falsePositives += sums[3 * c + 1];
    total.falseNegatives += sums[3 * c + 2];
  }
  return precisionRecallF1(total).f1;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
