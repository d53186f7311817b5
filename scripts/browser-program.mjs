// The page of browser-check.mjs and install-check.mjs: the root entries of the packages, on the backend that starts unasked,
// then on each backend of a browser.
import '@tensorflow/tfjs-backend-webgpu';
import { useBackend } from '@raca/backend';
import { buildModel, parseRunConfig, Trainer, writeReports } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';

const layers = { heads: 2, feedForward: 6, layers: 1, dropout: 0 };
const { model: config, training } = parseRunConfig({
  model: {
    width: 8,
    imageSize: 16,
    views: 1,
    grid: { rows: 2, cols: 2 },
    maxLength: 9,
    backbone: { use: 'small-cnn', config: { channels: [2, 3, 4], residuals: 0 } },
    vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0 } },
    agent: { use: 'raca', config: { hidden: 4 } },
    alignment: { use: 'contrastive', config: { ...layers, projection: 4 } },
    fusion: { use: 'bca', config: { attentionWidth: 3 } },
    decoder: { use: 'transformer', config: layers },
  },
  training: { batchSize: 2, agentEvery: 1000 },
});

const results = [];
for (const asked of [null, 'cpu', 'wasm', 'webgpu']) results.push({ asked, ...(await run(asked)) });
await fetch('/result', { method: 'POST', body: JSON.stringify(results) });

async function run(name) {
  try {
    const { name: backend, notice } = await useBackend(name === null ? {} : { prefer: [name] });
    const model = buildModel(config, { vocabularySize: 7, separator: 1, seed: 5 });
    const pixels = Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => Math.sin(0.37 * i));
    const batch = {
      vision: { images: tf.tensor5d(pixels, [2, 1, 16, 16, 3]) },
      tokens: { ids: Int32Array.from([0, 6, 4, 1, 5, 3, 1, 0, 0, 0, 5, 3, 3, 1, 6, 4, 1, 0]), shape: [2, 9] },
      sentenceRegions: [
        [[0], [2]],
        [[2], [3]],
      ],
    };
    const trainer = new Trainer(model, training, (ids) => [...ids].join(' '));
    trainer.step = 1; // past the step in which the agent samples
    const { loss } = trainer.trainStep(batch, 0);
    const options = { search: 'beam', beam: 3, trigramPenalty: false, maxLength: 9 };
    const { tokens } = await writeReports(model, batch.vision, options);
    return { backend, notice, loss, reports: tokens };
  } catch (error) {
    return {
      error: String(error?.stack ?? error)
        .split('\n')
        .slice(0, 3)
        .join(' | '),
    };
  }
}
