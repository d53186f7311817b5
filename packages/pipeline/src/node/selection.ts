import {
  bleu,
  CHEXPERT_14,
  clinicalF1,
  type Metric,
  measure,
  type ReportPair,
  type Reward,
  type Scores,
} from '@raca/metrics';
import { textCounts } from '../same-text';
import type { SelectedScore } from '../training-scores';

/** What validation measures beside what it measures in any case. */
export interface FurtherScores {
  readonly reward?: Reward | null;
  readonly metrics?: readonly Metric[];
  readonly selected?: SelectedScore | null;
}

/**
 * What validation measures on written reports (r2gen references; labels by the rules of `@raca/metrics`), under the names that
 * `training.selection` takes; counts of texts; further: the mean reward, the corpus scores of metrics by their keys, and
 * `selection`, higher is better, where a metric's score chooses the weights.
 */
export function selectionScore(
  pairs: readonly ReportPair[],
  { reward, metrics = [], selected }: FurtherScores = {},
): Record<string, number> {
  const clinical = measure(clinicalF1(), pairs).corpus;
  const bleu4 = measure(bleu(), pairs).corpus.BLEU_4;
  const findingsMacroF1 = macroF1OfFindings(clinical);
  return {
    ...Object.assign({}, ...metrics.map((metric) => measure(metric, pairs).corpus)),
    bleu4,
    clinicalMicroF1: clinical['clinical/micro/f1/14'],
    findingsMacroF1,
    findingsAndBleu4: (findingsMacroF1 + bleu4) / 2,
    ...textCounts(pairs.map(({ hypothesis }) => hypothesis)),
    ...(reward && { reward: meanReward(pairs, reward) }),
    ...(selected && { selection: signed(selected, pairs) }),
  };
}

/** The score by which weights are chosen, negative where lower is better. */
function signed({ metric, key }: SelectedScore, pairs: readonly ReportPair[]): number {
  const value = measure(metric, pairs).corpus[key];
  return metric.direction === 'higher' ? value : -value;
}

/**
 * Mean F1 of the classes other than No Finding that some reference has, 0 where none has any. A text that says nothing is
 * right about No Finding in most studies; it has no part in this number.
 */
function macroF1OfFindings(clinical: Scores): number {
  const there = CHEXPERT_14.filter(
    (name) => name !== 'No Finding' && clinical[`clinical/support/${name}`] > 0,
  );
  const sum = there.reduce((total, name) => total + clinical[`clinical/class/f1/${name}`], 0);
  return sum / Math.max(1, there.length);
}

/** A validation as far as the choice of weights goes. */
export interface Validated {
  readonly score: number;
  /** Null where it was not noted, as in runs of earlier versions. */
  readonly loss: number | null;
}

/** Whether a validation is better than the best so far: by the score; by the lower loss where scores are equal. */
export function isBetter({ score, loss }: Validated, best: Validated | null): boolean {
  if (best === null || score > best.score) return true;
  return score === best.score && loss !== null && loss < (best.loss ?? Number.POSITIVE_INFINITY);
}

function meanReward(pairs: readonly ReportPair[], reward: Reward): number {
  const rewards = reward(
    pairs.map(({ reference }) => reference),
    pairs.map(({ hypothesis }) => hypothesis),
  );
  return rewards.reduce((sum, x) => sum + x, 0) / rewards.length;
}
