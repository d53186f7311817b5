// Run by install-check.mjs where the packed packages are installed: a tiny model trains a step and writes a report.
import { createRequire } from 'node:module';
import { useBackend } from '@raca/backend/node';
import { buildModel, parseRunConfig, Trainer, writeReports } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';

await import('@raca/pipeline/node'); // loads file access too
const required = createRequire(import.meta.url)('@raca/pipeline'); // and CommonJS
if (required.Trainer !== Trainer) throw new Error('import and require give two copies of @raca/pipeline');

const backend = await useBackend();
const layers = { heads: 2, feedForward: 6, layers: 1 };
const { model: config, training } = parseRunConfig({
  model: {
    width: 8,
    imageSize: 16,
    views: 1,
    grid: { rows: 2, cols: 2 },
    maxLength: 9,
    backbone: { use: 'small-cnn', config: { channels: [2, 3, 4], residuals: 0 } },
    vision: { use: 'visual-transformer', config: layers },
    agent: { use: 'raca', config: { hidden: 4 } },
    alignment: { use: 'contrastive', config: { ...layers, projection: 4 } },
    fusion: { use: 'bca', config: { attentionWidth: 3 } },
    decoder: { use: 'transformer', config: layers },
  },
  training: { batchSize: 2 },
});
const model = buildModel(config, { vocabularySize: 7, separator: 1, seed: 5 });
const batch = {
  vision: { images: tf.randomNormal([2, 1, 16, 16, 3], 0, 1, 'float32', 1) },
  tokens: { ids: Int32Array.from([0, 6, 4, 1, 5, 3, 1, 0, 0, 0, 5, 3, 3, 1, 6, 4, 1, 0]), shape: [2, 9] },
  sentenceRegions: [
    [[0], [2]],
    [[2], [3]],
  ],
};
const { loss } = new Trainer(model, training, (ids) => [...ids].join(' ')).trainStep(batch, 0);
const options = { search: 'beam', beam: 3, trigramPenalty: false, maxLength: 9 };
const { tokens } = await writeReports(model, batch.vision, options);
const words = tokens.reduce((n, report) => n + report.length, 0);
console.log(
  JSON.stringify({ backend: backend.name, notice: backend.notice, loss: Number(loss.toFixed(3)), words }),
);
