import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import {
  assignValues,
  EVALUATION,
  INFERENCE,
  type Pass,
  type PatchGrid,
  Random,
  sizeOfViews,
  unknownViews,
  type ViewKind,
  type VisionEncoder,
  type VisionInput,
} from '@raca/core';
import { checkVisionEncoder, gradientError, largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { publishedName } from './published-name';
import { resnet } from './resnet/resnet';
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

/** Views of which nobody says what they show. */
const encode = (encoder: VisionEncoder, input: VisionInput, pass: Pass = EVALUATION) =>
  encoder.encode({ input, kinds: unknownViews(...sizeOfViews(input)) }, pass);

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
    const out = encode(encoder, { features: { patches, grid: g } });
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
  const [whole, embedded] = [encode(encoder, input), encoder.embedPatches(input, EVALUATION)];
  expect(largestError(whole.patches.dataSync(), embedded.patches.dataSync())).toBe(0);
  const passed = checkVisionEncoder((random) => visualTransformer({ ...tiny, layers: 0 }, random), 6);
  expect(passed).toContain('gradients equal central differences');
});

it('tells places and views apart with learned positions only', () => {
  // the same vector in every patch: without positions all outputs are equal
  const same = { features: { patches: tf.ones([1, 12, 6]) as tf.Tensor3D, grid } };
  const spread = (positions: 'none' | 'learned'): number => {
    const encoder = visualTransformer({ ...tiny, positions }, new Random(2));
    const { patches } = encode(encoder, same);
    const { variance } = tf.moments(patches, 1);
    return tf.sum(variance).dataSync()[0];
  };
  expect(spread('none')).toBeLessThan(1e-8);
  expect(spread('learned')).toBeGreaterThan(1e-2);
});

it('knows the positions of fewer views than it was made for', () => {
  const encoder = visualTransformer({ ...tiny, layers: 1 }, new Random(3));
  const one = features([1, 6, 6], { ...grid, views: 1 });
  expect(encode(encoder, one).patches.shape).toEqual([1, 6, 8]);
});

it('drops patches in training with a mask that moves', () => {
  const encoder = visualTransformer({ ...tiny, dropout: 0 }, new Random(4));
  const input = features([1, 12, 6], grid);
  const random = new Random(5);
  const [a, b] = [0, 1].map(() => encode(encoder, input, { training: true, random }).patches.dataSync());
  expect(largestError(a, b)).toBeGreaterThan(0.1);
});

it('reads images through its backbone, whose weights it saves and frees', () => {
  const backbone = smallCnn({ channels: [4, 6], inputSize: 8 }, new Random(6));
  const grid22 = { views: 2, rows: 2, cols: 2 };
  const encoder = visualTransformer({ ...tiny, grid: grid22 }, new Random(6), backbone);
  expect([...encoder.parameters.keys()]).toContain('backbone.stages.0.filter');
  const images = tf.randomNormal([2, 2, 8, 8, 3], 0, 1, 'float32', 3) as tf.Tensor5D;
  const raw = backbone.extract(images, EVALUATION);
  const [whole, parts] = [{ images }, { features: raw }].map((input) => encode(encoder, input));
  expect(largestError(whole.patches.dataSync(), parts.patches.dataSync())).toBeLessThan(1e-6);
  encoder.dispose();
  expect([...backbone.parameters.values()].every((v) => v.isDisposed)).toBe(true);
});

describe('empty slots', () => {
  const kinds: (ViewKind | null)[][] = [
    ['frontal', null],
    ['frontal', 'lateral'],
  ];

  it.each([INFERENCE, EVALUATION])('give the same in every pass', (pass) => {
    const encoder = visualTransformer(tiny, new Random(3));
    const { features: all } = features([2, 12, 6], grid);
    const { patches } = encoder.encode({ input: { features: all }, kinds }, pass);
    const alone = encode(
      encoder,
      { features: { patches: tf.slice(all.patches, 0, [1, 6, 6]), grid: { ...grid, views: 1 } } },
      pass,
    );
    const first = tf.slice(patches, 0, [1, 6, 8]);
    expect(largestError(first.dataSync(), alone.patches.dataSync())).toBeLessThan(1e-5);
  });

  it('keep the position of the slot that is filled, also where one is empty in the whole batch', () => {
    const encoder = visualTransformer(tiny, new Random(3));
    const { features: all } = features([2, 12, 6], grid);
    const second = {
      input: { features: all },
      kinds: [
        [null, 'lateral'],
        [null, null],
      ] as const,
    };
    const both = {
      input: { features: all },
      kinds: [
        [null, 'lateral'],
        ['frontal', 'lateral'],
      ] as const,
    };
    const [cut, masked] = [second, both].map((views) => encoder.encode(views, EVALUATION));
    const lateral = ({ patches }: { patches: tf.Tensor }) =>
      tf.slice(patches, [0, 6, 0], [1, 6, 8]).dataSync();
    expect(largestError(lateral(cut), lateral(masked))).toBeLessThan(1e-5);
    expect(cut.patches.shape).toEqual([2, 12, 8]);
    expect([...cut.present!.dataSync()]).toEqual([0, 1, 0, 0].flatMap((x) => new Array(6).fill(x)));
    expect(tf.sum(tf.abs(tf.slice(cut.patches, 1, 1))).dataSync()[0]).toBe(0);
    const alone = encode(encoder, {
      features: { patches: tf.slice(all.patches, [0, 6, 0], [1, 6, 6]), grid: { ...grid, views: 1 } },
    }); // the first slot's position
    expect(largestError(lateral(cut), alone.patches.dataSync())).toBeGreaterThan(1e-3);
  });

  it('cost the backbone nothing and take no part in the statistics of its batch', () => {
    let seen: number[] = [];
    const inner = resnet({ depth: 18, frozen: false }, new Random(6));
    const backbone = {
      ...inner,
      width: inner.width,
      parameters: inner.parameters,
      extract(images: tf.Tensor5D, pass: Pass) {
        seen = images.shape;
        return inner.extract(images, pass);
      },
    } as typeof inner;
    const size = {
      ...tiny,
      inputWidth: 512,
      dropout: 0,
      patchDropout: 0,
      grid: { views: 2, rows: 1, cols: 1 },
    };
    const encoder = visualTransformer(size, new Random(6), backbone);
    const images = tf.randomNormal([2, 2, 32, 32, 3], 0, 1, 'float32', 3) as tf.Tensor5D;
    const dirty = tf.mul(images, tf.tensor5d([1, 1e3, 1, 1], [2, 2, 1, 1, 1])) as tf.Tensor5D;
    const [clean, garbage] = [images, dirty].map((x) => {
      const pass = { training: true, random: new Random(1) } as const;
      return encoder.encode({ input: { images: x }, kinds }, pass).patches.dataSync();
    });
    expect(seen).toEqual([3, 1, 32, 32, 3]);
    expect(largestError(garbage, clean)).toBeLessThan(1e-6);
  });

  it('pass the gradient on to a trained backbone', () => {
    const backbone = smallCnn({ channels: [4, 6], inputSize: 8 }, new Random(6));
    const encoder = visualTransformer(
      { ...tiny, grid: { views: 2, rows: 2, cols: 2 } },
      new Random(6),
      backbone,
    );
    const images = tf.randomNormal([2, 2, 8, 8, 3], 0, 1, 'float32', 3) as tf.Tensor5D;
    const target = tf.randomNormal([2, 8, 8], 0, 1, 'float32', 4);
    const loss = (): tf.Scalar =>
      tf.sum(tf.mul(encoder.encode({ input: { images }, kinds }, EVALUATION).patches, target));
    expect(gradientError(loss, encoder.parameters, new Random(2))).toBeLessThan(1e-2);
  });
});

describe('errors', () => {
  const encoder = visualTransformer(tiny, new Random(7));

  it('wants a backbone for images', () => {
    const images = tf.zeros([1, 1, 8, 8, 3]) as tf.Tensor5D;
    expect(() => encode(encoder, { images })).toThrow(/images need a backbone/);
  });

  it('names the expected and the found shape', () => {
    expect(() => encode(encoder, features([1, 12, 5], grid))).toThrow(
      'visualTransformer: features of the grid 2 × 2 × 3 must have shape [b, 12, 6], got [1,12,5]',
    );
    expect(() => encode(encoder, features([1, 11, 6], grid))).toThrow('got [1,11,6]');
  });

  it('wants a kind, or null, for every slot', () => {
    const input = features([1, 12, 6], grid);
    expect(() => encoder.encode({ input, kinds: [['frontal']] }, EVALUATION)).toThrow(
      'visualTransformer: expected kinds of 1 × 2 views, got 1 × 1',
    );
  });

  it('names a grid that its positions do not know', () => {
    const other = { views: 1, rows: 3, cols: 4 };
    expect(() => encode(encoder, features([1, 12, 6], other))).toThrow(
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
