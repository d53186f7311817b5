import * as tf from '@tensorflow/tfjs-core';

/** One batch of decisions. A row of logits is one patch of one sample; its r columns are the regions. */
export interface Decisions {
  /** `[rows, r]`, each 0 or 1. */
  readonly actions: Float32Array;
  /** Log-probability of each action when it was sampled, `[rows, r]`. */
  readonly old: Float32Array;
  /** `[rows / rowsPerDecision, r]` */
  readonly advantages: Float32Array;
  /** Rows whose actions are one decision: 1, or p when all patches of a visit decide together. */
  readonly rowsPerDecision: number;
  /** `[rows]`: 0 for rows that are left out, entropy and all; with one row a decision only. Absent: all count. */
  readonly counted?: Float32Array;
}

/** Weights of {@link policyLoss}. */
export interface PolicyLossOptions {
  readonly clip: number;
  readonly entropyWeight: number;
}

/** What {@link policyLoss} saw on its way. */
export interface PolicyNumbers {
  actorLoss: number;
  /** Mean, in nats. */
  entropy: number;
  /** Share of decisions without gradient, because clipping acts. */
  clipped: number;
}

/**
 * `clippedSurrogate − entropyWeight · meanEntropy` of Bernoulli actions with its gradient in one pass over the
 * logits: the same numbers as the functions of ppo.ts, without some forty kernels an epoch.
 *
 * @param logits `[rows, r]`
 * @param report receives the parts of the loss
 */
export function policyLoss(
  logits: tf.Tensor2D,
  decisions: Decisions,
  options: PolicyLossOptions,
  report: PolicyNumbers,
): tf.Scalar {
  const op = tf.customGrad((x) => {
    const values = (x as tf.Tensor).dataSync() as Float32Array;
    const { loss, gradient } = lossAndGradient(values, logits.shape, decisions, options, report);
    return { value: tf.scalar(loss), gradFunc: (dy) => tf.mul(tf.tensor2d(gradient, logits.shape), dy) };
  });
  return op(logits) as tf.Scalar;
}

function lossAndGradient(
  logits: Float32Array,
  [rows, r]: readonly [number, number],
  { actions, old, advantages, rowsPerDecision, counted }: Decisions,
  { clip, entropyWeight }: PolicyLossOptions,
  report: PolicyNumbers,
): { loss: number; gradient: Float32Array } {
  if (counted && rowsPerDecision !== 1) {
    throw new RangeError('policyLoss: rows can be left out only where each row is a decision');
  }
  const n = advantages.length;
  const decisionOf = (row: number, k: number): number => Math.floor(row / rowsPerDecision) * r + k;
  const change = new Float64Array(n); // log-probability now minus then
  const gradient = new Float32Array(rows * r); // first dln p/dlogit, then the loss's
  let entropy = 0;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let k = 0; k < r; k++, i++) {
      const x = logits[i];
      const small = Math.exp(-Math.abs(x)); // never overflows
      const softplus = Math.max(x, 0) + Math.log1p(small);
      const chance = x >= 0 ? 1 / (1 + small) : small / (1 + small);
      change[decisionOf(row, k)] += actions[i] * x - softplus - old[i];
      gradient[i] = actions[i] - chance;
      entropy += (counted?.[row] ?? 1) * (softplus - x * chance);
    }
  }
  let surrogate = 0;
  let clipped = 0;
  const weight = new Float64Array(n); // dloss/dln p
  for (let k = 0; k < n; k++) {
    if (counted?.[Math.floor(k / r)] === 0) continue;
    const ratio = Math.exp(change[k]);
    const A = advantages[k];
    const stopped = (A > 0 && ratio > 1 + clip) || (A < 0 && ratio < 1 - clip);
    if (stopped) clipped++;
    else weight[k] = (-A * ratio) / n;
    surrogate += Math.min(ratio * A, Math.min(Math.max(ratio, 1 - clip), 1 + clip) * A);
  }
  const scale = entropyWeight / logits.length;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let k = 0; k < r; k++, i++) {
      const chance = actions[i] - gradient[i];
      const calm = (counted?.[row] ?? 1) * scale * logits[i] * chance * (1 - chance);
      gradient[i] = weight[decisionOf(row, k)] * gradient[i] + calm;
    }
  }
  report.actorLoss = -surrogate / n;
  report.entropy = entropy / logits.length;
  report.clipped = clipped / n;
  return { loss: report.actorLoss - entropyWeight * report.entropy, gradient };
}
