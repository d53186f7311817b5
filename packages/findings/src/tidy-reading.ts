import type { FindingReading } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** `tf.tidy` for readings. */
export function tidyReading(read: () => FindingReading): FindingReading {
  let reading: FindingReading | undefined;
  tf.tidy(() => {
    reading = read();
    const { logits, memory, prefix } = reading;
    return [logits, memory?.tokens, memory?.present, prefix].filter((x) => x instanceof tf.Tensor);
  });
  return reading!;
}
