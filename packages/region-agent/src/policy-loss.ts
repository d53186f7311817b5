import * as tf from '@tensorflow/tfjs-core';
import { countOf } from './presence';

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
  /** `[rows]`: 0 for rows that are not there, as if cut off: no mean is over them either. Null: all are there. */
  readonly present?: Float32Array | null;
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

/** {@link Decisions} as tensors in one row each, which stay the same over all epochs. */
export interface DecisionTensors {
  /** 1 for each action that was taken, −1 for each that was not, `[rows · r]`. */
  readonly signs: tf.Tensor1D;
  /** `[rows · r]` */
  readonly old: tf.Tensor1D;
  /** `[decisions · r]`, 0 where a row that decides alone does not count. */
  readonly advantages: tf.Tensor1D;
  /** Weight of each action in the means over all, `[rows · r]`. */
  readonly counted?: tf.Tensor1D;
}

/** Keeps the ratio of probabilities within float32. */
const LARGEST_CHANGE = 60;
/** ln of an even chance. */
const COIN = -Math.LN2;

/**
 * `clippedSurrogate − entropyWeight · meanEntropy` of Bernoulli actions.
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
  const numbers = policyNumbers(logits, decisionTensors(decisions), options);
  const [, actorLoss, entropy, clipped] = numbers.dataSync();
  Object.assign(report, { actorLoss, entropy, clipped });
  return first(numbers);
}

/** @throws RangeError if rows are left out and a decision has several */
export function decisionTensors(decisions: Decisions): DecisionTensors {
  const { actions, old, advantages, rowsPerDecision, counted, present } = decisions;
  if (counted && rowsPerDecision !== 1) {
    throw new RangeError('policyLoss: rows can be left out only where each row is a decision');
  }
  const signs = new Float32Array(actions.length);
  for (let i = 0; i < signs.length; i++) signs[i] = 2 * actions[i] - 1;
  const rows = (counted ?? present)?.length;
  if (rows === undefined) {
    return { signs: tf.tensor1d(signs), old: tf.tensor1d(old), advantages: tf.tensor1d(advantages) };
  }
  const r = actions.length / rows;
  // the means are over all rows: those that are there weigh more where others are not
  const share = present ? rows / countOf(present, rows) : 1;
  const before = old.slice();
  const weights = new Float32Array(actions.length);
  for (let i = 0; i < weights.length; i++) {
    const row = Math.floor(i / r);
    // a coin that nobody tosses: its probability stays, so its ratio is 1
    if (present && !present[row]) [signs[i], before[i]] = [0, COIN];
    else weights[i] = share * (counted?.[row] ?? 1);
  }
  const shown = rowsPerDecision === 1 ? advantages.map((x, i) => x * weights[i]) : advantages;
  const [counts, all] = [tf.tensor1d(weights), tf.tensor1d(before)];
  return { signs: tf.tensor1d(signs), old: all, advantages: tf.tensor1d(shown), counted: counts };
}

/**
 * The loss of {@link policyLoss}, actor loss, entropy and clipped share, `[4]`; only the loss has a gradient. The same
 * numbers as the functions of ppo.ts, with the gradient written out to save a dozen kernels.
 *
 * With z the logit of the action taken, q = σ(z) and A the advantage, dloss/dz = (1 − q)(w + βqz/N), where
 * w = −ρA/n unless clipping acts, β is the entropy's weight, and n and N count decisions and actions.
 */
export function policyNumbers(
  logits: tf.Tensor2D,
  { signs, old, advantages, counted }: DecisionTensors,
  { clip, entropyWeight }: PolicyLossOptions,
): tf.Tensor1D {
  const { size: N, shape } = logits;
  const n = advantages.size;
  const r = shape[1];
  const alone = n === N; // each action is a decision
  const op = tf.customGrad((x, save) => {
    const z = tf.mul(tf.reshape(x as tf.Tensor2D, [N]), signs);
    const beyond = tf.log(tf.add(tf.exp(tf.neg(tf.abs(z))), 1));
    const log = tf.sub(tf.minimum(z, 0), beyond); // ln q
    const q = tf.exp(log);
    const rest = tf.sub(1, q);
    const entropies = tf.sub(tf.mul(z, rest), log);
    const each = tf.sub(log, old);
    const change = alone ? each : tf.reshape(tf.sum(tf.reshape(each, [n / r, -1, r]), 1), [n]);
    const ratio = tf.exp(tf.minimum(change, LARGEST_CHANGE));
    const free = tf.mul(ratio, advantages);
    const bounded = tf.mul(tf.clipByValue(ratio, 1 - clip, 1 + clip), advantages);
    const stopped = tf.step(tf.sub(free, bounded));

    const w = tf.mul(tf.sub(free, tf.mul(free, stopped)), -1 / n);
    const moving = alone ? w : tf.reshape(tf.tile(tf.reshape(w, [n / r, 1, r]), [1, N / n, 1]), [N]);
    const calm = tf.mul(tf.mul(q, z), entropyWeight / N);
    const pull = tf.add(moving, counted ? tf.mul(calm, counted) : calm);
    const gradient = tf.reshape(tf.mul(tf.mul(pull, rest), signs), shape);
    (save as tf.GradSaveFunc)([gradient]);

    const actorLoss = tf.neg(tf.mean(tf.minimum(free, bounded)));
    const entropy = tf.mean(counted ? tf.mul(entropies, counted) : entropies);
    const loss = tf.sub(actorLoss, tf.mul(entropy, entropyWeight));
    const value = joined([
      loss,
      actorLoss,
      entropy,
      tf.mean(alone && counted ? tf.mul(stopped, counted) : stopped),
    ]);
    const gradFunc = (dy: tf.Tensor, [gradient]: tf.Tensor[]) => tf.mul(gradient, first(dy));
    return { value, gradFunc };
  });
  return op(logits) as tf.Tensor1D;
}

/** The first of some numbers. Not a slice, which as a part of a value's memory could not be recorded. */
export function first(numbers: tf.Tensor): tf.Scalar {
  const at = Float32Array.from({ length: numbers.size }, (_, i) => (i === 0 ? 1 : 0));
  return tf.sum(tf.mul(numbers, at));
}

/** The loss, then numbers of any shapes, in one vector; only the loss has a gradient. */
export function withNumbers(loss: tf.Scalar, numbers: readonly tf.Tensor[]): tf.Tensor1D {
  const op = tf.customGrad((x) => ({
    value: joined([x as tf.Tensor, ...numbers]),
    gradFunc: (dy: tf.Tensor) => first(dy),
  }));
  return op(loss) as tf.Tensor1D;
}

const joined = (numbers: readonly tf.Tensor[]): tf.Tensor1D =>
  tf.concat(numbers.map((x) => tf.reshape(x, [-1]) as tf.Tensor1D));
