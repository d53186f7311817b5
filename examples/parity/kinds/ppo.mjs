import { applyLinear, assignValues, linear, Parameters, Random, valueAndGradients } from '@raca/core';
import {
  clippedSurrogate,
  discountedReturns,
  generalisedAdvantages,
  logProbabilities,
  valueLoss,
} from '@raca/region-agent';
import * as tf from '@tensorflow/tfjs-core';

/** As the reference program was run. */
const DISCOUNT = { gamma: 0.98, lambda: 0.95 };
const CLIP = 0.2;

/**
 * Advantages and returns of one sequence, and the clipped losses of a small actor and critic.
 * @param {import('../comparison.mjs').Comparison} ppo
 */
export function comparePpo(ppo) {
  const series = (/** @type {string} */ name) => ppo.input(name).data;
  const rewards = series('rewards');
  const advantages = generalisedAdvantages(
    rewards,
    series('values'),
    series('next_values'),
    series('dones'),
    DISCOUNT,
  );
  ppo.check('advantages', advantages);
  ppo.check('returns', discountedReturns(rewards, DISCOUNT.gamma));
  tf.tidy(() => compareLosses(ppo));
}

/** @param {import('../comparison.mjs').Comparison} ppo */
function compareLosses(ppo) {
  const states = tensor(ppo, 'states');
  const actions = tensor(ppo, 'actions');
  const old = tensor(ppo, 'old_logprob');
  const adv = tensor(ppo, 'adv');
  const targets = tensor(ppo, 'returns_target');
  const weights = Parameters.create(new Random(1));
  const actor = twoLayers(ppo, weights, 'actor');
  const critic = twoLayers(ppo, weights, 'critic');
  const current = () => tf.sum(logProbabilities(actor(states), actions), 1);

  ppo.check('ratio', tf.exp(tf.sub(current(), old)));
  const losses = {
    actor: () => clippedSurrogate(current(), old, adv, CLIP),
    critic: () => valueLoss(critic(states), targets),
  };
  for (const [network, loss] of Object.entries(losses)) {
    const own = new Map([...weights.all].filter(([name]) => name.startsWith(network)));
    const { value, gradients } = valueAndGradients(loss, own);
    ppo.check(`${network}_loss`, value);
    for (const [name, gradient] of gradients) {
      ppo.check(`grad.${name}`, name.endsWith('weight') ? tf.transpose(gradient) : gradient);
    }
  }
  for (const variable of weights.all.values()) variable.dispose();
}

/**
 * linear, ReLU, linear in the sizes and with the weights of the file.
 * @param {import('../comparison.mjs').Comparison} ppo
 * @param {Parameters} weights
 * @param {'actor' | 'critic'} name
 */
function twoLayers(ppo, weights, name) {
  const layer = (/** @type {0 | 2} */ k) => {
    const weight = ppo.input(`before.${name}.${k}.weight`, [null, null]);
    const [output, input] = weight.shape;
    const made = linear(weights.scope(name).scope(k), input, output);
    made.weight.assign(tf.transpose(tf.tensor2d(weight.data, [output, input])));
    assignValues(made.bias, ppo.input(`before.${name}.${k}.bias`, [output]).data);
    return made;
  };
  const [inner, outer] = [layer(0), layer(2)];
  return (/** @type {import('@tensorflow/tfjs-core').Tensor} */ x) =>
    applyLinear(outer, tf.relu(applyLinear(inner, x)));
}

/** @param {import('../comparison.mjs').Comparison} ppo @param {string} name */
function tensor(ppo, name) {
  const { data, shape } = ppo.input(name);
  return tf.tensor(data, shape);
}
