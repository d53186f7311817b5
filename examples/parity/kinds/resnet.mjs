import { join } from 'node:path';
import { EVALUATION, Random } from '@raca/core';
import { loadTorchvision, resnet, resnetSchema } from '@raca/vision';
import * as tf from '@tensorflow/tfjs-core';
import { Comparison } from '../comparison.mjs';
import { listFolder, readTensors } from '../folder.mjs';
import { formulaImage, formulaWeights, parseImageFormula } from '../torchvision-formula.mjs';

const FILE = /^resnet(\d+)\.safetensors$/;
const TOLERANCE = 1e-3;

/**
 * Torchvision's ResNets: `resnet<depth>.safetensors`, weights and image from formulas.
 * @type {import('../parity.mjs').Kind}
 */
export const resnets = {
  name: 'ResNets (resnet<depth>.safetensors)',
  reads: FILE,
  backend: () => 'wasm',
  fits: (folder) => listFolder(folder).some((name) => FILE.test(name)),
  async compare(folder, emit) {
    for (const name of listFolder(folder)) {
      const [, depth] = FILE.exec(name) ?? [];
      if (depth === undefined) continue;
      if (!resnetSchema.safeParse({ depth: Number(depth) }).success) {
        throw new Error(`${join(folder, name)}: there is no ResNet of depth ${depth} here`);
      }
      const { tensors, metadata } = readTensors(folder, name);
      const comparison = new Comparison(tensors, emit, `resnet${depth}/`);
      compareResnet(/** @type {18 | 34 | 50 | 101} */ (Number(depth)), metadata, comparison);
      comparison.finish();
    }
  },
};

/**
 * @param {18 | 34 | 50 | 101} depth
 * @param {Readonly<Record<string, string>>} metadata
 * @param {Comparison} comparison
 */
function compareResnet(depth, metadata, comparison) {
  const { size, step } = parseImageFormula(metadata);
  const backbone = resnet({ depth }, new Random(1));
  loadTorchvision(backbone, { tensors: formulaWeights(backbone.parameters), metadata: {} });
  const images = tf.tensor5d(formulaImage(size, step), [1, 1, size, size, 3]);
  const { patches } = backbone.extract(images, EVALUATION);
  const [, p, d] = patches.shape;
  const channels = comparison.input('patch_slice', [null, null]).shape[1];
  comparison.check(
    'pooled',
    tf.tidy(() => tf.reshape(tf.mean(patches, 1), [d])),
    TOLERANCE,
  );
  const slice = tf.tidy(() => tf.reshape(tf.slice(patches, [0, 0, 0], [1, p, channels]), [p, channels]));
  comparison.check('patch_slice', slice, TOLERANCE);
  tf.dispose([images, patches]);
  backbone.dispose();
}
