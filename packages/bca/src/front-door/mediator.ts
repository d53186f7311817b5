import {
  type Attention,
  applyLinear,
  applyNorm,
  attend,
  attention,
  EVALUATION,
  keysValues,
  type Linear,
  linear,
  type Norm,
  norm,
  orthogonal,
  type Parameters,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Weights `local` and `global` (attentions), `norms.{local,global,both}`, `projection` 2d → d, `inner` d → 4d, `outer`. */
export interface Mediator {
  readonly local: Attention;
  readonly global: Attention;
  readonly norms: { readonly local: Norm; readonly global: Norm; readonly both: Norm };
  readonly projection: Linear;
  readonly inner: Linear;
  readonly outer: Linear;
}

export function mediator(p: Parameters, d: number, heads: number): Mediator {
  const [norms, make] = [p.scope('norms'), (name: string) => norm(norms.scope(name), d)];
  return {
    local: attention(p.scope('local'), d, heads, orthogonal),
    global: attention(p.scope('global'), d, heads, orthogonal),
    norms: { local: make('local'), global: make('global'), both: make('both') },
    projection: linear(p.scope('projection'), 2 * d, d, orthogonal),
    inner: linear(p.scope('inner'), d, 4 * d, orthogonal),
    outer: linear(p.scope('outer'), 4 * d, d, orthogonal),
  };
}

/** Score biases `[b, 1, 1, n]` of local and global tokens; null: all are there. */
export interface Absent {
  readonly local: tf.Tensor4D | null;
  readonly global: tf.Tensor4D | null;
}

/**
 * Local tokens that have looked at each other and at the global ones: with L, G normed,
 * y = norm(W [L + MHA(L, L); L + MHA(L, G)]), and y + W₂(W₁ y), without an activation between.
 *
 * @param local `[b, k, d]`
 * @param global `[b, g, d]`
 * @returns `[b, k, d]`
 */
export function mediate(m: Mediator, local: tf.Tensor3D, global: tf.Tensor3D, absent: Absent): tf.Tensor3D {
  const [near, far] = [applyNorm(m.norms.local, local), applyNorm(m.norms.global, global)];
  const looked = (a: Attention, at: tf.Tensor3D, bias: tf.Tensor4D | null): tf.Tensor =>
    tf.add(near, attend(a, near, keysValues(a, at), bias, 0, EVALUATION));
  const both = tf.concat([looked(m.local, near, absent.local), looked(m.global, far, absent.global)], 2);
  const y = applyNorm(m.norms.both, applyLinear(m.projection, both)) as tf.Tensor3D;
  return tf.add(y, applyLinear(m.outer, applyLinear(m.inner, y)));
}
