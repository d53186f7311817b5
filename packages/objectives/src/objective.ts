import type * as tf from '@tensorflow/tfjs-core';

/** What training lowers: a pure function of reports' log-probabilities and of what is known about the reports. */
export type Objective<Input> = (input: Input) => tf.Scalar;

/**
 * Reports as rows of token log-probabilities. Axes: t tokens; a row is a sample (b studies × n) or a side of a pair.
 * Nothing depends on values where the mask is 0, and a row without counted tokens is left out.
 */
export interface ScoredReports {
  /** ln p of each token under the model that learns, `[rows, t]`. */
  readonly policy: tf.Tensor2D;
  /** ln p under a frozen model, `[rows, t]`; a constant. */
  readonly reference?: tf.Tensor2D;
  /** `[rows, t]`: 1 where a token counts, 0 at padding and in sentences that are left out; or weights ≥ 0. */
  readonly mask: tf.Tensor2D;
}

/** Reports drawn from the model, the n samples of a study side by side, and what they earned. */
export interface SampledReports extends ScoredReports {
  /** ln p under the model that drew them, `[b·n, t]`; a constant. Absent: the model as it stands, so all ratios are 1. */
  readonly old?: tf.Tensor2D;
  /** `[b·n]` */
  readonly rewards: ArrayLike<number>;
  /** n, samples a study. */
  readonly samples: number;
  /** Reward of each study's greedy report, `[b]`; for {@link scst}. */
  readonly greedyRewards?: ArrayLike<number>;
}

/** Row i of `chosen` is preferred to row i of `rejected`; `[m, t]` each, and t may differ. */
export interface PreferencePairs {
  readonly chosen: ScoredReports;
  readonly rejected: ScoredReports;
}
