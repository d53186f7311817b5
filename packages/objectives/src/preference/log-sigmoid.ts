import * as tf from '@tensorflow/tfjs-core';

/** ln σ(x). tfjs's own reads x again in its gradient without saving it, and fails where `tidy` has freed x by then. */
export const logSigmoid = <T extends tf.Tensor>(x: T): T => tf.neg(tf.softplus(tf.neg(x)));
