// The agent with eyes of its own: made, trained on images alone, asked for masks.
import { unknownViews } from '@raca/core';
import { Random } from '@raca/core/random';
import { adaptiveAgent } from '@raca/region-agent';
import { smallCnn } from '@raca/vision';
import * as tf from '@tensorflow/tfjs-core';
import { imagesOf, SIZE } from './phantom.mjs';

export function makeAgent({ seed, views, steps, ...config }) {
  const random = new Random(seed);
  const eyes = smallCnn({ stem: 4, channels: [32, 64, 128], inputSize: SIZE }, random.split('eyes'));
  // the rate falls to a tenth
  const options = { views, hidden: 64, rateHalfLife: steps / 3.3, ...config };
  return adaptiveAgent(options, random.split('agent'), eyes);
}

/** Practises on random images of a set. No report, label or mask is looked at. */
export function train(agent, set, grid, { steps, batch, seed, log = () => {} }) {
  const random = new Random(seed).split('training');
  let reward = 0;
  const start = Date.now();
  for (let step = 1; step <= steps; step++) {
    const images = imagesOf(
      set,
      Array.from({ length: batch }, () => random.int(set.count)),
    );
    const views = { input: { images }, kinds: unknownViews(batch, grid.views) };
    const numbers = agent.practise(views, grid, random.split(step));
    images.dispose();
    reward += numbers.reward;
    if (step % 100 === 0) {
      const seconds = ((Date.now() - start) / 1000).toFixed(0);
      log(`step ${step}, reward ${(reward / 100).toFixed(3)}, ${seconds} s`);
      reward = 0;
    }
  }
}

/** Masks of every study of a set, each `[r · views · n]`, as located and before they were fitted to gray. */
export function masksOf(agent, set, grid, batch = 25) {
  const out = { located: [], raw: [] };
  for (let i = 0; i < set.count; i += batch) {
    const indices = Array.from({ length: Math.min(batch, set.count - i) }, (_, k) => i + k);
    const images = imagesOf(set, indices);
    const patches = tf.zeros([indices.length, grid.views * grid.rows * grid.cols, 1]);
    const kinds = unknownViews(indices.length, grid.views);
    const { masks, probabilities } = agent.locate({
      features: { patches, grid, kinds, present: null },
      views: { input: { images }, kinds },
    });
    const [values, chances] = [masks.dataSync(), probabilities.dataSync()];
    const size = values.length / indices.length;
    indices.forEach((_, k) => {
      out.located.push(values.slice(k * size, (k + 1) * size));
      out.raw.push(chances.slice(k * size, (k + 1) * size));
    });
    tf.dispose([images, patches, masks, probabilities]);
  }
  return out;
}
