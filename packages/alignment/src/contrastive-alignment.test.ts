import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type LossInput, Random, sinusoidalPositions, valueAndGradients } from '@raca/core';
import {
  checkAlignment,
  featuresOf,
  gradientError,
  largestError,
  leakedTensors,
  randomMask,
  randomTensor,
} from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from './golden-case';
import { type AlignmentConfig, contrastiveAlignment } from './index';

const SEPARATOR = 1;
const small: AlignmentConfig = { width: 8, projection: 6, layers: 1, heads: 2, feedForward: 10, dropout: 0 };

/** The reference program's batch; its "." has id 1. */
function goldenInput(golden: GoldenCase): LossInput {
  const ids = Int32Array.from(golden.values('seq'));
  const [b, t] = golden.shape('seq');
  const d = golden.config.d_model;
  const embedded = tf.tidy((): tf.Tensor3D => {
    const rows = tf.gather(
      golden.tensor<tf.Tensor2D>('model.tgt_embed.0.lut.weight'),
      tf.tensor1d(ids, 'int32'),
    );
    const scaled = tf.reshape(tf.mul(rows, Math.sqrt(d)), [b, t, d]);
    return tf.add(scaled, tf.tensor2d(sinusoidalPositions(t, d), [t, d])) as tf.Tensor3D;
  });
  return {
    tokens: { ids, shape: [b, t] },
    embedded,
    features: featuresOf(golden.tensor<tf.Tensor3D>('encoder_out')),
    masks: golden.tensor<tf.Tensor3D>('actions'),
    separator: SEPARATOR,
    sentenceRegions: golden.sentenceLabels.map((labels) =>
      [1, 2, 3].map((k) => (labels[`S${k}`] ?? []).map((name) => golden.organs.indexOf(name))),
    ),
  };
}

function goldenModule(golden: GoldenCase, variant: 'raca' | 'published') {
  const { d_model, d_dubi, d_ff, tlayers } = golden.config;
  const heads = 8; // of the published text encoder, whatever the other parts have
  const module = contrastiveAlignment(
    { variant, width: d_model, projection: d_dubi, layers: tlayers, heads, feedForward: d_ff, dropout: 0 },
    new Random(1),
  );
  golden.load(module.parameters);
  return module;
}

describe.each(['raca-iu', 'raca-mimic'])('golden %s (skipped where ../shared/golden is absent)', (name) => {
  it.skipIf(!hasGolden(name))('text features, sentences and losses as published', () => {
    const golden = new GoldenCase(name);
    const module = goldenModule(golden, 'published');
    const input = goldenInput(golden);
    const text = module.encodeText(input, EVALUATION);
    const errors: Record<string, number> = {
      tokens: largestError(text.tokens.dataSync(), golden.values('text_feats')),
      reports: largestError(text.reports.dataSync(), golden.values('text_pooled')),
    };
    const sentences = text.sentences.arraySync();
    sentences.forEach((ofReport, b) => {
      ofReport.forEach((vector, s) => {
        const key = `sentence_${b}_${s}`;
        // NaN: the mean of an empty sentence; absent: fewer sentences than in other reports
        const expected = golden.has(key) ? golden.values(key) : new Float32Array(vector.length);
        errors[key] = largestError(
          Float32Array.from(vector),
          expected.map((x) => (Number.isNaN(x) ? 0 : x)),
        );
      });
    });
    const losses = module.losses(input, EVALUATION);
    errors.global = largestError(losses.global.dataSync(), golden.values('global_loss'));
    errors.local = largestError(losses.local.dataSync(), golden.values('local_loss'));
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(1e-4);
    expect(Object.keys(errors).length).toBeGreaterThanOrEqual(12);
  });

  it.skipIf(!hasGolden(name))('gradients of the published losses', () => {
    const golden = new GoldenCase(name);
    const module = goldenModule(golden, 'published');
    const input = goldenInput(golden);
    const { gradients } = valueAndGradients(() => {
      const { global, local } = module.losses(input, EVALUATION);
      return tf.add(global, local) as tf.Scalar;
    }, module.parameters);
    // Text encoder and projection take part in these two losses only, so their gradients are those of the total.
    for (const parameter of module.parameters.keys()) {
      const error = largestError(gradients.get(parameter)!.dataSync(), golden.own(parameter, 'grad.'));
      expect(error, parameter).toBeLessThan(1e-4);
    }
  });
});

/** Three reports, the second shorter. */
function input(
  random: Random,
  rows = [
    [0, 2, 3, 1, 4, 5, 1, 0],
    [0, 5, 1, 6, 1, 0, 0, 0],
    [0, 3, 3, 1, 2, 4, 1, 0],
  ],
) {
  const [b, t, d, p] = [rows.length, rows[0].length, 8, 6];
  return {
    tokens: { ids: Int32Array.from(rows.flat()), shape: [b, t] as [number, number] },
    embedded: randomTensor<tf.Rank.R3>([b, t, d], random),
    features: featuresOf(randomTensor<tf.Rank.R3>([b, p, d], random)),
    masks: randomMask<tf.Rank.R3>([b, 12, p], 0.4, random),
    separator: SEPARATOR,
    sentenceRegions: [[[2], [0, 11]], [[4], [9]], [[7]]].slice(0, b),
  };
}

const row = (x: LossInput, i: number): LossInput => {
  const [, t] = x.tokens.shape;
  const cut = (y: tf.Tensor3D): tf.Tensor3D => tf.slice(y, [i, 0, 0], [1, -1, -1]);
  return {
    tokens: { ids: x.tokens.ids.slice(i * t, (i + 1) * t), shape: [1, t] },
    embedded: cut(x.embedded),
    features: featuresOf(cut(x.features.patches)),
    masks: cut(x.masks!),
    separator: x.separator,
    sentenceRegions: [x.sentenceRegions[i]],
  };
};

describe('contrastiveAlignment', () => {
  it.each(['raca', 'published'] as const)('%s satisfies the contract', (variant) => {
    const make = (width: number, random: Random) =>
      contrastiveAlignment({ ...small, variant, width }, random);
    expect(checkAlignment(make)).toContain('gradients equal central differences');
  });

  it('has zero global loss and gradient for a single study', () => {
    const module = contrastiveAlignment({ ...small, local: false }, new Random(2));
    const one = row(input(new Random(3)), 0);
    const { value, gradients } = valueAndGradients(
      () => module.losses(one, EVALUATION).global,
      module.parameters,
    );
    expect(value.dataSync()[0]).toBeCloseTo(0, 6);
    expect(gradients.size).toBe(module.parameters.size);
    for (const gradient of gradients.values())
      expect(Math.abs(tf.max(tf.abs(gradient)).dataSync()[0])).toBe(0);
  });

  it.each([
    ['raca', 'sentences'],
    ['raca', 'means'],
    ['published', 'means'],
  ] as const)('%s, %s: local loss of a batch is the mean of its reports', (variant, localLoss) => {
    const module = contrastiveAlignment({ ...small, variant, localLoss }, new Random(2));
    const batch = input(new Random(3));
    const local = (x: LossInput): number => module.losses(x, EVALUATION).local.dataSync()[0];
    const single = [0, 1, 2].map((i) => local(row(batch, i)));
    expect(single.every((x) => x > 0)).toBe(true);
    expect(local(batch)).toBeCloseTo((single[0] + single[1] + single[2]) / 3, 5);
  });

  it('learns which region a sentence speaks of, which the loss of means does not ask for', () => {
    const x = input(new Random(3));
    const found = (localLoss: 'sentences' | 'means'): number => {
      const config = { ...small, localLoss, global: false, acrossImages: false };
      const module = contrastiveAlignment(config, new Random(2));
      const loss = () => module.losses(x, EVALUATION).local;
      for (let k = 0; k < 60; k++) {
        const { gradients } = valueAndGradients(loss, module.parameters);
        for (const [name, g] of gradients) {
          const variable = module.parameters.get(name)!;
          variable.assign(tf.sub(variable, tf.mul(g, 0.2)));
        }
      }
      const cosines = module.similarity(x).arraySync();
      const best = (row: number[]): number => row.indexOf(Math.max(...row));
      const right = x.sentenceRegions.flatMap((of, i) =>
        of.map((named, j) => (named.includes(best(cosines[i][j])) ? 1 : 0) as number),
      );
      return right.reduce((sum, hit) => sum + hit, 0) / right.length;
    };
    expect(found('sentences')).toBe(1);
    expect(found('means')).toBeLessThan(1);
  });

  it('counts a report without labels as nothing, and an empty mask as all patches', () => {
    const module = contrastiveAlignment(small, new Random(2));
    const one = row(input(new Random(3)), 0);
    const none = module.losses({ ...one, sentenceRegions: [[]] }, EVALUATION);
    expect(none.local.dataSync()[0]).toBe(0);
    const [empty, full] = [tf.zerosLike(one.masks!), tf.onesLike(one.masks!)].map((masks) =>
      module.similarity({ ...one, masks }).dataSync(),
    );
    expect(largestError(empty, full)).toBeLessThan(1e-5);
  });

  it('leaves losses out that the config or missing masks leave out', () => {
    const x = input(new Random(3));
    const names = (config: AlignmentConfig, masks: tf.Tensor3D | null) =>
      Object.keys(
        contrastiveAlignment({ ...small, ...config }, new Random(2)).losses({ ...x, masks }, EVALUATION),
      );
    expect(names({}, x.masks)).toEqual(['global', 'local', 'matching']);
    expect(names({ variant: 'published' }, x.masks)).toEqual(['global', 'local']);
    expect(names({ acrossImages: false }, x.masks)).toEqual(['global', 'local']);
    expect(names({}, null)).toEqual(['global']);
    expect(names({ global: false }, x.masks)).toEqual(['local', 'matching']);
    expect(names({ local: false }, x.masks)).toEqual(['global', 'matching']);
  });

  it('gives no sentence, no similarity, no NaN for a report without words', () => {
    const module = contrastiveAlignment(small, new Random(2));
    const x = { ...input(new Random(3), [[0, 0, 0]]), sentenceRegions: [[]] };
    expect(module.similarity(x).shape).toEqual([1, 0, 12]);
    const losses = module.losses(x, EVALUATION);
    expect(losses.global.dataSync()[0] + losses.local.dataSync()[0]).toBe(0);
  });

  it('learns: a few steps along the gradient lower both losses', () => {
    const module = contrastiveAlignment(small, new Random(2));
    const x = input(new Random(3));
    const total = () => {
      const { global, local } = module.losses(x, EVALUATION);
      return tf.add(global, local) as tf.Scalar;
    };
    const before = total().dataSync()[0];
    for (let k = 0; k < 20; k++) {
      const { gradients } = valueAndGradients(total, module.parameters);
      for (const [name, g] of gradients) {
        const variable = module.parameters.get(name)!;
        variable.assign(tf.sub(variable, tf.mul(g, 0.05)));
      }
    }
    expect(total().dataSync()[0]).toBeLessThan(0.8 * before);
  });

  it('draws dropout from the pass, and leaves no tensor behind', () => {
    const module = contrastiveAlignment({ ...small, dropout: 0.5 }, new Random(2));
    const x = input(new Random(3));
    const run = (seed: number) => module.losses(x, { training: true, random: new Random(seed) });
    const value = (seed: number): number => run(seed).global.dataSync()[0];
    expect(value(4)).toBe(value(4));
    expect(value(4)).not.toBe(value(5));
    expect(leakedTensors(() => run(4))).toBe(0);
    expect(leakedTensors(() => module.similarity(x))).toBe(0);
  });

  it('has the gradient of central differences with empty sentences and empty masks', () => {
    const module = contrastiveAlignment(small, new Random(2));
    const random = new Random(7);
    const x = input(random, [
      [0, 2, 1, 1, 4, 5],
      [0, 1, 6, 0, 0, 0],
    ]);
    const masks = tf.mul(
      x.masks,
      tf.reshape(tf.cast(tf.greater(tf.range(0, 12), 4), 'float32'), [1, 12, 1]),
    ) as tf.Tensor3D;
    const loss = () => module.losses({ ...x, masks }, EVALUATION).local;
    expect(gradientError(loss, module.parameters, random)).toBeLessThan(2e-2);
  });

  it('names what does not fit', () => {
    const module = contrastiveAlignment(small, new Random(2));
    const x = input(new Random(3));
    const wide = tf.zeros<tf.Rank.R3>([3, 6, 9]);
    expect(() => module.losses({ ...x, features: featuresOf(wide) }, EVALUATION)).toThrow(
      'alignment: patches must have shape [3,6,8], got [3,6,9]',
    );
    expect(() => module.losses({ ...x, sentenceRegions: [] }, EVALUATION)).toThrow('of 3 studies, got 0');
    expect(() => module.losses({ ...x, sentenceRegions: [[[12]], [], []] }, EVALUATION)).toThrow(
      'regions must be in [0, 12), got 12 (study 0, sentence 0)',
    );
    expect(() => module.similarity({ ...x, masks: null })).toThrow('needs region masks');
    expect(() => contrastiveAlignment({ ...small, widht: 4 } as AlignmentConfig, new Random(2))).toThrow(
      'widht',
    );
  });
});
