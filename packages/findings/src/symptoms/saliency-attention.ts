import { applyLinear, type Linear, linear, type Parameters, presenceBias, softmax } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Weights `query`, `key`, `value`, `output`; one head. */
export interface SaliencyAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
}

export const saliencyAttention = (p: Parameters, d: number): SaliencyAttention => {
  const make = (name: string): Linear => linear(p.scope(name), d, d);
  return { query: make('query'), key: make('key'), value: make('value'), output: make('output') };
};

/** A patch without saliency counts as this salient: a symptom without any looks at all patches alike. */
const LEAST = 1e-6;

/**
 * Symptoms with what they see added: C + out(softmax(QKᵀ/√d + ln(S + 1e-6)) V), so that a patch weighs by its saliency times
 * exp(score). A symptom without saliency falls back to plain attention.
 *
 * @param symptoms C `[b, n, d]`
 * @param patches `[b, p, d]`
 * @param saliency S `[b, n, p]`, ≥ 0; null: plain attention
 * @param present `[b, p]`; null: all patches are there
 * @see FITA, arXiv:2405.00962; how saliency enters is a reconstruction
 */
export function refineBySaliency(
  a: SaliencyAttention,
  symptoms: tf.Tensor3D,
  patches: tf.Tensor3D,
  saliency: tf.Tensor3D | null,
  present: tf.Tensor2D | null = null,
): tf.Tensor3D {
  const [b, p, d] = patches.shape;
  const asked = tf.matMul(applyLinear(a.query, symptoms), applyLinear(a.key, patches), false, true);
  const scores = tf.div(asked, Math.sqrt(d));
  const salient = saliency ? tf.add(scores, tf.log(tf.add(saliency, LEAST))) : scores;
  const absent = presenceBias(present);
  const weights = softmax(absent ? tf.add(salient, tf.reshape(absent, [b, 1, p])) : salient) as tf.Tensor3D;
  return tf.add(symptoms, applyLinear(a.output, tf.matMul(weights, applyLinear(a.value, patches))));
}
