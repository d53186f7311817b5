import * as tf from '@tensorflow/tfjs-core';

/*
 * Kernels beyond those of tfjs that a backend may register under these names; the native backend of @raca/backend
 * does. Where they are missing, plain operations give the same values. Rows n, width d.
 */

/** x `[n, d]`, scale `[d]`, shift `[d]`; epsilon → y `[n, d]`, unit `[n, d]`, inverse `[n, 1]`, factor `[n, 1]` */
export const NORM = 'RacaLayerNorm';
/** dy `[n, d]`, scale, unit, inverse, factor → dx `[n, d]`, dscale `[d]`, dshift `[d]` */
export const NORM_GRADIENT = 'RacaLayerNormGrad';
/** dy, y of one shape → dx = y·(dy − Σ dy·y) over the last axis */
export const SOFTMAX_GRADIENT = 'RacaSoftmaxGrad';
/** Tensors whose first axes are multiples of n; {f, n, free, bind} → f of them, recorded as one program (see BatchProgram) */
export const RECORDED = 'RacaRecorded';
/**
 * q `[n, s, d]`; keys, values `[n, l, d]` or by head `[n, h, l, w]`; optional bias `[n or 1, h or 1, s, m + l]`,
 * pastKeys, pastValues `[n, h, m, w]`, which come before the keys; {heads} → `[n, s, d]`
 */
export const ATTENTION = 'RacaAttention';
/** Whether the backend in use has a kernel of that name. */
export const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) != null;

/** Runs a kernel by name. No gradient of its own. */
export function runKernel(name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  const made = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(made) ? made : [made];
}
