import { Adam, stepLr } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/** Learning rate of each group, as the reference program was run. */
const RATES = { p1: 4e-3, p2: 6e-2 };
const OPTIONS = { amsgrad: true, weightDecay: 8e-3, clipValue: 0.1, schedule: stepLr(2, 0.9) };

/**
 * Parameters after every step of Adam; the schedule moves with each step.
 * @param {import('../comparison.mjs').Comparison} steps
 */
export function compareOptimizer(steps) {
  const variables = Object.keys(RATES).map((name) => {
    const { data, shape } = steps.input(`${name}.0`);
    return /** @type {const} */ ([name, tf.variable(tf.tensor(data, shape))]);
  });
  const adam = new Adam(
    variables.map(([name, variable]) => ({
      name,
      parameters: new Map([[name, variable]]),
      learningRate: RATES[/** @type {keyof typeof RATES} */ (name)],
    })),
    OPTIONS,
  );
  for (let k = 1; steps.has(`p1.${k}`); k++) {
    const gradients = new Map(
      variables.map(([name]) => {
        const { data, shape } = steps.input(`${name.replace('p', 'g')}.${k}`);
        return [name, tf.tensor(data, shape)];
      }),
    );
    adam.epoch = k - 1;
    adam.step(gradients);
    for (const gradient of gradients.values()) gradient.dispose();
    for (const [name, variable] of variables) steps.check(`${name}.${k}`, tf.clone(variable));
  }
  for (const [, variable] of variables) variable.dispose();
}
