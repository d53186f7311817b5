import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters } from '../contracts/module';

/**
 * Value and gradients of a scalar function of trainable parameters. The caller disposes both.
 * Parameters that do not take part have no entry.
 */
export function valueAndGradients(
  loss: () => tf.Scalar,
  parameters: NamedParameters,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const trainable = [...parameters].filter(([, variable]) => variable.trainable);
  const { value, grads } = tf.variableGrads(
    loss,
    trainable.map(([, variable]) => variable),
  );
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of trainable) {
    const gradient = grads[variable.name];
    if (gradient) gradients.set(name, gradient);
  }
  return { value, gradients };
}
