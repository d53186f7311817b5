import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over i of max(0, m − c_ii + max_j c_ij) + max(0, m − c_ii + max_j c_ji): every image has to be nearer to its own
 * report than to the nearest of the others', and every report to its image. Rows without a rival count as 0.
 *
 * @param cosines c `[b, b]`, images × reports
 * @param rivals `[b, b]`, 1 where i and j are no pair, else 0; the diagonal is never a rival
 * @see UAR, ICCV 2023, equation 10; hardest negatives: Faghri et al. 2018, arXiv:1707.05612
 */
export function hardestTripletLoss(cosines: tf.Tensor2D, rivals: tf.Tensor2D, margin: number): tf.Scalar {
  const b = cosines.shape[0];
  const own = tf.sum(tf.mul(cosines, tf.eye(b)), 1);
  const open = tf.mul(rivals, tf.sub(1, tf.eye(b)));
  const direction = (c: tf.Tensor, r: tf.Tensor): tf.Tensor => {
    const hardest = tf.max(tf.add(c, tf.mul(tf.sub(r, 1), 1e9)), 1); // −1e9 where there is none: the hinge closes
    return tf.relu(tf.add(tf.sub(hardest, own), margin));
  };
  const both = tf.add(direction(cosines, open), direction(tf.transpose(cosines), tf.transpose(open)));
  return tf.mean(both) as tf.Scalar;
}
