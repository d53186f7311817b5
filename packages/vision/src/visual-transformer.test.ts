import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { assignValues, EVALUATION, type PatchGrid, Random, type VisionEncoder } from '@raca/core';
import { checkVisionEncoder, largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { publishedName } from './published-name';
import { smallCnn } from './small-cnn';
import { goldenPath, goldenTensor, readGolden, transposed } from './testing/golden';
import { type VisualTransformerConfig, visualTransformer } from './visual-transformer';

const grid: PatchGrid = { views: 2, rows: 2, cols: 3 };
const tiny: VisualTransformerConfig = {
  width: 8,
  heads: 2,
  feedForward: 12,
  layers: 2,
  inputWidth: 6,
  grid,
};
const features = (shape: [number, number, number], g: PatchGrid) => ({
  features: { patches: tf.randomNormal(shape, 0, 1, 'float32', 3) as tf.Tensor3D, grid: g },
});

/** Sets the module's weights from the published model's. */
function loadPublished(encoder: VisionEncoder, folder: string): void {
  const file = readGolden(`${folder}/weights.safetensors`);
  for (const [name, variable] of encoder.parameters) {
    const published = publishedName(name);
    const { shape, data } = goldenTensor(file, published.name);
    assignValues(variable, published.transpose ? transposed(data, shape[0], shape[1]) : data);
  }
}

describe.each(['raca-iu', 'raca-mimic'])('the published visual encoder, %s', (folder) => {
  const path = goldenPath(`${folder}/case.json`);

  it.skipIf(!path)(`agrees with the reference (${path ? 'found' : 'golden values absent'})`, () => {
    const { config: c } = JSON.parse(readFileSync(path!, 'utf8'));
    const encoder = visualTransformer(
      {
        variant: 'published',
        width: c.d_model,
        heads: c.heads,
        feedForward: c.d_ff,
        layers: c.layers,
        inputWidth: c.d_vf,
      },
      new Random(1),
    );
    loadPublished(encoder, folder);
    const io = readGolden(`${folder}/io.safetensors`);
    const input = goldenTensor(io, 'att_feats');
    const g = { views: c.patches / 49, rows: 7, cols: 7 };
    const patches = tf.tensor3d(input.data, input.shape as [number, number, number]);
    const out = encoder.encode({ features: { patches, grid: g } }, EVALUATION);
    expect(out.grid).toEqual(g);
    expect(largestError(out.patches.dataSync(), goldenTensor(io, 'encoder_out').data)).toBeLessThan(1e-4);
    tf.dispose([patches, out.patches]);
    encoder.dispose();
  });
});

it.each(['raca', 'published'] as const)('keeps the contract, variant %s', (variant) => {
  const passed = checkVisionEncoder((random) => visualTransformer({ ...tiny, variant }, random), 6);
  expect(passed).toContain('gradients equal central differences');
});

it('without layers embeds patches and no more', () => {
  const encoder = visualTransformer({ ...tiny, layers: 0, variant: 'published', dropout: 0 }, new Random(3));
  expect([...encoder.parameters.keys()]).toEqual(['embed.weight', 'embed.bias']);
  const input = features([2, 12, 6], grid);
  const [whole, embedded] = [encoder.encode(input, EVALUATION), encoder.embedPatches(input, EVALUATION)];
  expect(largestError(whole.patches.dataSync(), embedded.patches.dataSync())).toBe(0);
  const passed = checkVisionEncoder((random) => visualTransformer({ ...tiny, layers: 0 }, random), 6);
  expect(passed).toContain('gradients equal central differences');
});

it('tells places and views apart with learned positions only', () => {
  // the same vector in every patch: without positions all outputs are equal
  const same = { features: { patches: tf.ones([1, 12, 6]) as tf.Tensor3D, grid } };
  const spread = (positions: 'none' | 'learned'): number => {
    const encoder = visualTransformer({ ...tiny, positions }, new Random(2));
    const { patches } = encoder.encode(same, EVALUATION);
    const { variance } = tf.moments(patches, 1);
    return tf.sum(variance).dataSync()[0];
  };
  expect(spread('none')).toBeLessThan(1e-8);
  expect(spread('learned')).toBeGreaterThan(1e-2);
});

it('knows the positions of fewer views than it was made for', () => {
  const encoder = visualTransformer({ ...tiny, layers: 1 }, new Random(3));
  const one = features([1, 6, 6], { ...grid, views: 1 });
  expect(encoder.encode(one, EVALUATION).patches.shape).toEqual([1, 6, 8]);
});

it('drops patches in training with a mask that moves', () => {
  const encoder = visualTransformer({ ...tiny, dropout: 0 }, new Random(4));
  const input = features([1, 12, 6], grid);
  const random = new Random(5);
  const [a, b] = [0, 1].map(() => encoder.encode(input, { training: true, random }).patches.dataSync());
  expect(largestError(a, b)).toBeGreaterThan(0.1);
});

it('reads images through its backbone, whose weights it saves and frees', () => {
  const backbone = smallCnn({ channels: [4, 6], inputSize: 8 }, new Random(6));
  const grid22 = { views: 2, rows: 2, cols: 2 };
  const encoder = visualTransformer({ ...tiny, grid: grid22 }, new Random(6), backbone);
  expect([...encoder.parameters.keys()]).toContain('backbone.stages.0.filter');
  const images = tf.randomNormal([2, 2, 8, 8, 3], 0, 1, 'float32', 3) as tf.Tensor5D;
  const raw = backbone.extract(images, EVALUATION);
  const [whole, parts] = [{ images }, { features: raw }].map((input) => encoder.encode(input, EVALUATION));
  expect(largestError(whole.patches.dataSync(), parts.patches.dataSync())).toBeLessThan(1e-6);
  encoder.dispose();
  expect([...backbone.parameters.values()].every((v) => v.isDisposed)).toBe(true);
});

describe('errors', () => {
  const encoder = visualTransformer(tiny, new Random(7));

  it('wants a backbone for images', () => {
    const images = tf.zeros([1, 1, 8, 8, 3]) as tf.Tensor5D;
    expect(() => encoder.encode({ images }, EVALUATION)).toThrow(/images need a backbone/);
  });

  it('names the expected and the found shape', () => {
    expect(() => encoder.encode(features([1, 12, 5], grid), EVALUATION)).toThrow(
      'visualTransformer: features of the grid 2 × 2 × 3 must have shape [b, 12, 6], got [1,12,5]',
    );
    expect(() => encoder.encode(features([1, 11, 6], grid), EVALUATION)).toThrow('got [1,11,6]');
  });

  it('names a grid that its positions do not know', () => {
    const other = { views: 1, rows: 3, cols: 4 };
    expect(() => encoder.encode(features([1, 12, 6], other), EVALUATION)).toThrow(
      'positions were made for the grid 2 × 2 × 3, got 1 × 3 × 4',
    );
  });

  it('refuses a backbone of another width, an unknown field and published positions', () => {
    const backbone = smallCnn({ channels: [4], inputSize: 8 }, new Random(8));
    expect(() => visualTransformer(tiny, new Random(8), backbone)).toThrow(/backbone's width 4, got 6/);
    expect(() => visualTransformer({ ...tiny, depth: 3 } as object, new Random(8))).toThrow(/depth/);
    expect(() =>
      visualTransformer({ ...tiny, variant: 'published', positions: 'learned' }, new Random(8)),
    ).toThrow(/no positions/);
  });
});
