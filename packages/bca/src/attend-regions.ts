import * as tf from '@tensorflow/tfjs-core';

/** Scores further below the largest of their row count as this far below: keeps every sum above 0 in float32. */
const FLOOR = -60;

/**
 * Attention to every patch and, at once, to r masked copies of the patches mixed by weights: all from one
 * score matrix. Axes: b batch, n keys, r regions, h width.
 *
 * With E = exp(q kᵀ − row maximum) `[n, n]` and the count c_kj of key j in region k,
 * region k's softmax has the numerator E_ij c_kj and the denominator D_ik = Σ_j E_ij c_kj. The mix over regions
 * is linear in the values, so it may be taken over the weights first:
 *
 *     Σ_k w_k Σ_j (E_ij c_kj / D_ik) v_j  =  Σ_j E_ij (Σ_k (w_k / D_ik) c_kj) v_j  =  ((E ⊙ (w/D) c) v)_i
 *
 * Two products with r columns replace r attentions: no tensor is larger than `[b, n, n]`. A row's maximum
 * cancels between E and D, whatever the counts. Should a region hold only keys more than 60 below the
 * maximum (a softmax weight under 1e-26 among all keys), its weights become even instead of 0/0.
 *
 * @param q queries `[b, n, h]`, scaled
 * @param k keys `[b, n, h]`
 * @param v values `[b, n, h]`
 * @param mix w, `[r]`
 * @param counts c, `[b, r, n]`, ≥ 0 and not all 0 in any region
 * @param whole counts of the plain attention, `[n]` or `[b, n]`, such as 1 for each patch; no gradient
 * @param countsGradient whether the counts get a gradient (two more products backwards); 0 otherwise
 * @returns `[b, n, 2h]`: the mix of the r attentions, then the plain attention
 */
export function attendRegions(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  mix: tf.Tensor1D,
  counts: tf.Tensor3D,
  whole: tf.Tensor1D | tf.Tensor2D,
  countsGradient = false,
): tf.Tensor3D {
  const [b, r, n] = counts.shape;
  // The plain attention is one more region, of weight 0 in the mix.
  const shared = whole.rank === 1;
  const row = shared ? tf.tile(tf.reshape(whole, [1, 1, n]), [b, 1, 1]) : tf.reshape(whole, [b, 1, n]);
  const all = tf.concat([counts, row], 1);
  const wholeColumn = tf.reshape(whole, shared ? [n, 1] : [b, n, 1]);
  const last = tf.oneHot(tf.tensor1d([r], 'int32'), r + 1); // [1, r + 1]
  const op = tf.customGrad((...inputs) => {
    const [q, k, v, w] = inputs as tf.Tensor[];
    const save = inputs[inputs.length - 1] as unknown as tf.GradSaveFunc;
    const scores = tf.matMul(q, swap(k));
    const e = tf.exp(tf.maximum(tf.sub(scores, tf.max(scores, -1, true)), FLOOR)); // [b, n, n]
    const inverse = tf.div(1, tf.matMul(e, swap(all))); // 1/D, [b, n, r + 1]
    const weights = tf.matMul(tf.mul(inverse, w), all); // [b, n, n]
    const mixed = tf.matMul(tf.mul(e, weights), v);
    const plain = tf.mul(tf.matMul(e, tf.mul(v, wholeColumn)), column(inverse, r));
    save([q, k, v, w, e, inverse, weights, plain, all, last, wholeColumn]);
    return { value: tf.concat([mixed, plain], 2), gradFunc: countsGradient ? withCounts : gradFunc };
  });
  const weighted = tf.concat([mix, tf.zeros([1])]);
  return (countsGradient ? op(q, k, v, weighted, all) : op(q, k, v, weighted)) as tf.Tensor3D;
}

/** Gradients of q, k, v and w. */
const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => gradients(dy, saved, false);

/** Gradients of q, k, v, w and of the counts. */
const withCounts = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => gradients(dy, saved, true);

/** Large products are never transposed, only their thin factors. */
function gradients(dy: tf.Tensor, saved: tf.Tensor[], ofCounts: boolean): tf.Tensor[] {
  const [q, k, v, w, e, inverse, weights, plain, all, last, whole] = saved;
  const [dMixed, dPlain] = tf.split(dy, 2, 2);
  const dRaw = tf.mul(dPlain, column(inverse, inverse.shape[2]! - 1));
  const dAttention = tf.matMul(dMixed, swap(v)); // of e ⊙ weights
  // 1/D: once through the mix, once through the plain attention
  const dWeights = tf.mul(dAttention, e);
  const dInverse = tf.mul(tf.matMul(dWeights, swap(all)), inverse); // times 1/D
  const dPlainSum = tf.mul(tf.sum(tf.mul(dPlain, plain), 2, true), last);
  const dD = tf.mul(tf.add(tf.mul(dInverse, w), dPlainSum), inverse); // minus the gradient of D
  const dE = tf.sub(
    tf.add(tf.mul(dAttention, weights), tf.matMul(dRaw, swap(tf.mul(v, whole)))),
    tf.matMul(dD, all),
  );
  const dScores = tf.mul(dE, e);
  const dMixedV = swap(tf.matMul(swap(dMixed), tf.mul(e, weights)));
  const dPlainV = tf.mul(swap(tf.matMul(swap(dRaw), e)), whole);
  const first = [
    tf.matMul(dScores, k),
    swap(tf.matMul(swap(q), dScores)),
    tf.add(dMixedV, dPlainV),
    tf.sum(dInverse, [0, 1]),
  ];
  if (!ofCounts) return first;
  // c stands in the mix of weights and in D
  const dMix = tf.matMul(swap(tf.mul(inverse, w)), dWeights);
  return [...first, tf.sub(dMix, tf.matMul(swap(dD), e))];
}

const swap = (x: tf.Tensor): tf.Tensor3D => tf.transpose(x, [0, 2, 1]) as tf.Tensor3D;

/** `[b, n, m]` → column i as `[b, n, 1]` */
const column = (x: tf.Tensor, i: number): tf.Tensor => tf.slice(x, [0, 0, i], [x.shape[0], x.shape[1]!, 1]);
