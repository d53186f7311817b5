import * as tf from '@tensorflow/tfjs-core';

/**
 * Softmax over the k largest values of the last axis, 0 elsewhere. Values that equal the k-th all take part, so
 * more than k do where there are ties; which values are among the k has no gradient. Reads the values (a backend's
 * `topk` takes a hundred times longer on thousands of rows) and so needs a backend that reads synchronously.
 */
export function topKSoftmax<T extends tf.Tensor>(x: T, k: number): T {
  const n = x.shape[x.rank - 1];
  if (k >= n) return tf.softmax(x);
  const op = tf.customGrad((input, save) => {
    const scores = input as tf.Tensor;
    const value = tf.tensor(sparseSoftmax(scores.dataSync() as Float32Array, n, k), scores.shape);
    (save as tf.GradSaveFunc)([value]);
    const gradFunc = (dy: tf.Tensor, [y]: tf.Tensor[]): tf.Tensor => {
      const weighted = tf.mul(dy, y);
      return tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)));
    };
    return { value, gradFunc };
  });
  return op(x) as T;
}

function sparseSoftmax(values: Float32Array, n: number, k: number): Float32Array {
  const out = new Float32Array(values.length);
  const heap = new Float32Array(k);
  for (let start = 0; start < values.length; start += n) {
    const row = values.subarray(start, start + n);
    const least = kthLargest(row, heap);
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) largest = Math.max(largest, row[i]);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (!(row[i] >= least)) continue;
      const weight = Math.exp(row[i] - largest);
      out[start + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < n; i++) if (out[start + i] > 0) out[start + i] /= sum;
  }
  return out;
}

/** The k-th largest value. @param heap of size k, overwritten: the k largest so far, the least of them first */
function kthLargest(row: Float32Array, heap: Float32Array): number {
  const k = heap.length;
  heap.set(row.subarray(0, k));
  heap.sort(); // a sorted list is a heap
  for (let i = k; i < row.length; i++) {
    if (row[i] <= heap[0]) continue;
    const value = row[i];
    let at = 0;
    for (let child = 1; child < k; child = 2 * at + 1) {
      if (child + 1 < k && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= value) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = value;
  }
  return heap[0];
}
