import type { Scalar, Tensor3D } from '@tensorflow/tfjs-core';
import type { LossInput } from './losses';
import type { Module, Pass } from './module';

/** Text and image features drawn together: named losses to add to the token cross-entropy. */
export interface Alignment extends Module {
  /** Such as `{global, local}`; each a scalar ≥ 0 up to rounding. */
  losses(input: LossInput, pass: Pass): Record<string, Scalar>;
  /** Cosine of every sentence with every region `[b, s, r]`, s the largest sentence count, 0 where none. */
  similarity(input: LossInput): Tensor3D;
}
