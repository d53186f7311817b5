import '@tensorflow/tfjs-backend-cpu';
import { assignValues, orthogonal, Parameters, Random, valueAndGradients } from '@raca/core';
import { errorOfTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { unitLength } from '../losses';
import { meanOfPatches } from '../pooling';
import { attendCalibrated, calibratedAttention, maskLoss } from './calibrated-attention';
import { hardestTripletLoss } from './hardest-triplet';
import { fromBasis, sharedBasis, unified } from './shared-basis';

const skip = !hasGolden('systems/uar');

/** A stream whose normal numbers are these. */
const drawing = (values: readonly number[]): Random => {
  const rest = [...values];
  return { normal: () => rest.shift()! } as unknown as Random;
};

/** Where the case keeps a weight of ours; null: it is made there, not given. */
function nameOf(own: string): string | null {
  if (own === 'basis.vectors') return null;
  return own.replace('calibrated.', 'tir.').replace('basis.output.', 'basis.out.');
}

/** The modules with the weights of the case. */
function loaded(golden: GoldenCase) {
  const p = Parameters.create(new Random(1));
  const basis = sharedBasis(p, 8, golden.hyper.heads as number, 5);
  const attention = calibratedAttention(p.scope('calibrated'), [8, 4, 6], golden.hyper.k as number);
  for (const [own, variable] of p.all) {
    const name = nameOf(own);
    const values = name === null ? golden.values('basis.orthonormal') : inOurs(golden, name);
    assignValues(variable, values);
  }
  return { basis, attention, parameters: p.all };
}

const inOurs = (golden: GoldenCase, name: string, prefix = ''): Float32Array =>
  name.endsWith('.weight') ? golden.transposed(prefix + name) : golden.values(prefix + name);

describe('values of UAR from its equations (skipped where ../shared/golden is absent)', () => {
  const expectClose = (golden: GoldenCase, found: tf.Tensor, name: string, most = 1e-5) =>
    expect(errorOfTensor(found.dataSync(), golden.values(name), 0.1), name).toBeLessThan(most);

  it.skipIf(skip)('the basis: rows, or columns of a tall one, in order', () => {
    const golden = new GoldenCase('systems/uar');
    const rows = orthogonal([5, 8], drawing([...golden.values('basis.raw')]));
    expect(errorOfTensor(rows, golden.values('basis.orthonormal'), 0.1)).toBeLessThan(1e-5);
    const columns = orthogonal([11, 8], drawing([...golden.transposed('basis_tall.raw')]));
    expect(errorOfTensor(columns, golden.values('basis_tall.orthonormal'), 0.1)).toBeLessThan(1e-5);
  });

  it.skipIf(skip)('what is made of image and report', () => {
    const golden = new GoldenCase('systems/uar');
    const { basis, attention } = loaded(golden);
    const [image, report] = ['image', 'report'].map((name) => golden.tensor<tf.Tensor3D>(name));
    expectClose(golden, fromBasis(basis, image), 'image.mixed');
    expectClose(golden, fromBasis(basis, report), 'report.mixed');
    expectClose(golden, unified(basis, image), 'image.out');
    expectClose(golden, unified(basis, report), 'report.out');
    expectClose(golden, attendCalibrated(attention, report, image), 'tir.out');
    expectClose(golden, maskLoss(attention), 'loss_mask');
    const sharp = { ...attention, sharpness: golden.hyper.k_published as number };
    // one-hot values would show the weights themselves; the mean over them has to do at a tolerance of 1e-3
    const weights = tf.matMul(golden.tensor<tf.Tensor3D>('tir.attention_k1000'), valuesOf(golden, image));
    const found = attendCalibrated(sharp, report, image).dataSync();
    expect(errorOfTensor(found, weights.dataSync(), 0.1)).toBeLessThan(1e-3);
  });

  it.skipIf(skip)('both losses and their gradients', () => {
    const golden = new GoldenCase('systems/uar');
    const { basis, attention, parameters } = loaded(golden);
    const inputs = ['image', 'report'].map(
      (name) => [name, tf.variable(golden.tensor<tf.Tensor3D>(name))] as const,
    );
    const [image, report] = inputs.map(([, x]) => x as unknown as tf.Tensor3D);
    const pairs = () => {
      const [images, reports] = [image, report].map((x) => unitLength(meanOfPatches(unified(basis, x))));
      return hardestTripletLoss(
        tf.matMul(images, reports, false, true),
        tf.ones([3, 3]),
        golden.hyper.margin as number,
      );
    };
    const refined = () => {
      const seen = attendCalibrated(attention, report, image);
      return tf.add(tf.sum(tf.mul(seen, golden.tensor('probe.tir'))), maskLoss(attention)) as tf.Scalar;
    };
    for (const [name, loss] of [
      ['loss_global', pairs],
      ['loss_tir', refined],
    ] as const) {
      const { value, gradients } = valueAndGradients(loss, new Map([...parameters, ...inputs]));
      expectClose(golden, value, name);
      let compared = 0;
      for (const [own, gradient] of gradients) {
        const theirs = nameOf(own)!;
        const full = `grad.${name}/${theirs}`;
        const expected = inOurs(golden, theirs, `grad.${name}/`);
        expect(errorOfTensor(gradient.dataSync(), expected, 0.01), full).toBeLessThan(1e-4);
        compared++;
      }
      expect(compared).toBe(name === 'loss_global' ? 12 : 6);
    }
  });
});

/** K W_V. */
const valuesOf = (golden: GoldenCase, image: tf.Tensor3D): tf.Tensor3D => {
  const weight = golden.tensor<tf.Tensor2D>('tir.value.weight');
  return tf.reshape(tf.matMul(tf.reshape(image, [-1, 8]) as tf.Tensor2D, weight, false, true), image.shape);
};
