import type { TokenBatch } from '@raca/core';
import { contradicts, type LabelledReport, tokenRows } from '../labelled-reports';

/** Reports of one side, and which of the predicted tokens count. */
export interface PairSide {
  /** `[m, t]` */
  readonly tokens: TokenBatch;
  /** 1 in sentences whose labels differ from the other side's, `[m, t − 1]`; no sentence has the end. */
  readonly sentenceMask: Float32Array;
}

/** What {@link pairsOf} makes. */
export interface MadePairs {
  readonly chosen: PairSide;
  readonly rejected: PairSide;
  /** Which of the given studies each pair is from, `[m]`. */
  readonly studies: readonly number[];
}

/**
 * Pairs by rule, without sampling: the reference report is chosen, another text rejected, such as a neighbour's report,
 * a trivial baseline's or the model's own. Studies whose reports say the same by their labels make no pair.
 *
 * A sentence differs where one of its labels is in no sentence of the other report. One side may have none, where it
 * leaves out what the other says: {@link dpo} and {@link kto} learn from the other side, losses by means leave the pair out.
 *
 * @param references,rejected one a study each
 * @throws RangeError if their numbers differ
 * @see the masks: https://github.com/ccarliu/RRG-DPO
 */
export function pairsOf(
  references: readonly LabelledReport[],
  rejected: readonly LabelledReport[],
): MadePairs {
  if (references.length !== rejected.length) {
    throw new RangeError(
      `pairsOf: expected a rejected text for each of ${references.length}, got ${rejected.length}`,
    );
  }
  const differs = (a: LabelledReport, b: LabelledReport): boolean =>
    a.some((sentence) => contradicts(sentence, b));
  const studies = [...references.keys()].filter(
    (i) => differs(references[i], rejected[i]) || differs(rejected[i], references[i]),
  );
  const [good, bad] = [references, rejected].map((reports) => studies.map((i) => reports[i]));
  return { chosen: sideOf(good, bad), rejected: sideOf(bad, good), studies };
}

function sideOf(reports: readonly LabelledReport[], others: readonly LabelledReport[]): PairSide {
  const tokens = tokenRows(reports);
  const steps = tokens.shape[1] - 1;
  const sentenceMask = new Float32Array(reports.length * steps);
  reports.forEach((report, i) => {
    let from = i * steps; // the first word is what the beginning has to predict
    for (const sentence of report) {
      const to = from + sentence.words.length;
      if (contradicts(sentence, others[i])) sentenceMask.fill(1, from, to);
      from = to;
    }
  });
  return { tokens, sentenceMask };
}
