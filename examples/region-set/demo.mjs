// What a set of regions does: it is drawn, found by the prior, learnt by an agent, and read in sentences.
import { Random, unknownViews } from '@raca/core';
import { regionsBySentence } from '@raca/data';
import { priorAgent, racaAgent } from '@raca/region-agent';
import * as tf from '@tensorflow/tfjs-core';
import LOBES from './lobes.mjs';

const GRID = { views: 1, rows: 10, cols: 10 };
const [WIDTH, SHIFT] = [8, 2];
const R = LOBES.names.length;
const views = ['frontal'];

/** What an agent looks at: patches `[b, p, d]` of one view. */
function inputOf(patches) {
  const kinds = unknownViews(patches.shape[0], 1);
  const features = { patches, grid: GRID, kinds, present: null };
  return { features, views: { input: { features }, kinds } };
}

/** The drawn lobes `[r, p]`. */
export function drawnLobes() {
  const agent = priorAgent({ regions: LOBES, views });
  const { masks, probabilities } = agent.locate(inputOf(tf.zeros([1, GRID.rows * GRID.cols, 1])));
  probabilities.dispose();
  return masks.dataSync();
}

/** Made-up patients who stand up to two patches to a side: where their lobes lie, and patches that look like lobes. */
function patients(b, lobes, looks, random) {
  const [n, cols] = [GRID.rows * GRID.cols, GRID.cols];
  const truth = new Float32Array(b * R * n);
  const values = Float32Array.from({ length: b * n * WIDTH }, () => 0.3 * random.normal());
  for (let i = 0; i < b; i++) {
    const shift = random.int(2 * SHIFT + 1) - SHIFT;
    for (let r = 0; r < R; r++) {
      for (let p = 0; p < n; p++) {
        const from = (p % cols) - shift;
        if (from < 0 || from >= cols || !lobes[r * n + p - shift]) continue;
        truth[(i * R + r) * n + p] = 1;
        for (let d = 0; d < WIDTH; d++) values[(i * n + p) * WIDTH + d] += looks[r * WIDTH + d];
      }
    }
  }
  return { truth, input: inputOf(tf.tensor3d(values, [b, n, WIDTH])) };
}

function iou(masks, truth) {
  let [both, either] = [0, 0];
  truth.forEach((t, i) => {
    both += t * masks[i % masks.length];
    either += Math.max(t, masks[i % masks.length]);
  });
  return both / either;
}

/** Trains an agent by the drawn lobes alone, and measures both on patients who do not stand straight. */
export function train({ steps = 80, batch = 4, seed = 1 } = {}) {
  const random = new Random(seed);
  const lobes = drawnLobes();
  const looks = Float32Array.from({ length: R * WIDTH }, () => random.normal());
  const config = { regions: LOBES, views, width: WIDTH, hidden: 16, positionJitter: 0.5, actorRate: 1e-2 };
  const agent = racaAgent(config, random.split('agent'));
  for (let step = 0; step < steps; step++) {
    const { input } = patients(batch, lobes, looks, random);
    const episode = agent.act(input, random);
    agent.learn(episode, { quality: new Float32Array(batch) });
    episode.dispose();
    input.features.patches.dispose();
  }
  const { input, truth } = patients(50, lobes, looks, random);
  const { masks, probabilities } = agent.locate(input);
  const found = { prior: iou(lobes, truth), agent: iou(masks.dataSync(), truth) };
  tf.dispose([input.features.patches, masks, probabilities]);
  agent.dispose();
  return found;
}

/** The lobes that a sentence speaks of. */
export const lobesOf = (sentence) => regionsBySentence(LOBES)(sentence).map((r) => LOBES.names[r]);

/** The drawn lobes as text: a digit for the last lobe of each patch, from 1. */
export function picture(lobes = drawnLobes()) {
  const n = GRID.rows * GRID.cols;
  const digit = (p) => LOBES.names.findLastIndex((_, r) => lobes[r * n + p]) + 1 || '.';
  return Array.from({ length: GRID.rows }, (_, row) =>
    Array.from({ length: GRID.cols }, (_, col) => digit(row * GRID.cols + col)).join(''),
  ).join('\n');
}
