import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  EVALUATION,
  type FindingInput,
  Parameters,
  patchMemory,
  Random,
  valueAndGradients,
} from '@raca/core';
import { checkFindings, errorOfTensor, featuresOf, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { findingLoss } from '../finding-loss';
import { goldenCase, hasGolden } from '../golden-case';
import { findingHead, type SymptomHeadConfig, symptomHead } from '../index';
import { refineBySaliency, saliencyAttention } from './saliency-attention';

const THREE = ['Edema', 'Fracture', 'No Finding'];
const small = { width: 8, regions: 2, findings: THREE, symptoms: 3 };
const make = (config: object = {}) => symptomHead({ ...small, ...config }, new Random(1));
const inputOf = (
  masks: tf.Tensor3D,
  patches = randomTensor<tf.Rank.R3>([1, 4, 8], new Random(2)),
): FindingInput => {
  const features = featuresOf(patches);
  return { features, masks, memory: patchMemory(features) };
};
const halves = tf.tensor3d([1, 1, 0, 0, 0, 0, 1, 1], [1, 2, 4]);

it('refineBySaliency matches values worked by hand', () => {
  const p = Parameters.create(new Random(1));
  const a = saliencyAttention(p, 1);
  for (const [name, variable] of p.all)
    assignValues(variable, Float32Array.of(/value|output/.test(name) && name.endsWith('weight') ? 1 : 0));
  const patches = tf.tensor3d([2, 4, 9], [1, 3, 1]);
  // even scores: weights are the saliency's shares, 1/4 and 3/4; without any, or none given, a third each
  const saliency = tf.tensor3d([0.5, 1.5, 0, 0, 0, 0], [1, 2, 3]);
  const symptoms = tf.tensor3d([10, 20], [1, 2, 1]);
  const salient = refineBySaliency(a, symptoms, patches, saliency).dataSync();
  tf.test_util.expectArraysClose(salient, [10 + 3.5, 20 + 5], 1e-4);
  tf.test_util.expectArraysClose(refineBySaliency(a, symptoms, patches, null).dataSync(), [15, 25], 1e-4);
  const present = tf.tensor2d([1, 1, 0], [1, 3]);
  tf.test_util.expectArraysClose(
    refineBySaliency(a, symptoms, patches, null, present).dataSync(),
    [13, 23],
    1e-4,
  );
});

describe('symptomHead', () => {
  it.each([
    ['regions as saliency', {}],
    ['no saliency', { saliency: 'none' }],
    ['a binary loss', { loss: 'binary', findings: THREE }],
  ] as const)('satisfies the contract with %s', (_, config) => {
    const passed = checkFindings((width, random) =>
      symptomHead({ symptoms: 3, ...config, width } as SymptomHeadConfig, random),
    );
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
  });

  it('has a place of the memory for each symptom, and leaves the others as they are', () => {
    const input = inputOf(halves);
    const { memory } = make().read(input, EVALUATION);
    expect(memory!.parts).toEqual([
      { name: 'patches', from: 0, to: 4 },
      { name: 'symptoms', from: 4, to: 7 },
    ]);
    expect(tf.slice(memory!.tokens, [0, 0, 0], [1, 4, 8]).dataSync()).toEqual(
      input.features.patches.dataSync(),
    );
  });

  it('looks where its region is', () => {
    const head = make();
    assignValues(head.parameters.get('symptoms.regions')!, Float32Array.of(60, -60, 60, -60, 60, -60)); // the first region
    const [first, second] = [halves, tf.reverse(halves, 1)].map(
      (masks) => head.read(inputOf(masks), EVALUATION).logits,
    );
    expect(errorOfTensor(first.dataSync(), second.dataSync(), 0.1)).toBeGreaterThan(1e-3);
    const patches = inputOf(halves).features.patches;
    const changed = tf.concat(
      [tf.slice(patches, [0, 0, 0], [1, 2, 8]), tf.zeros([1, 2, 8])],
      1,
    ) as tf.Tensor3D;
    const other = head.read(inputOf(halves, changed), EVALUATION).logits;
    expect(errorOfTensor(other.dataSync(), first.dataSync(), 0.1)).toBeLessThan(1e-3); // the other half is not seen
  });

  it('is plain attention where the regions say nothing', () => {
    const [salient, plain] = [make(), make({ saliency: 'none' })];
    for (const masks of [tf.zeros<tf.Rank.R3>([1, 2, 4]), tf.ones<tf.Rank.R3>([1, 2, 4])]) {
      const [a, b] = [salient, plain].map((head) => head.read(inputOf(masks), EVALUATION).logits.dataSync());
      expect(errorOfTensor(a, b, 0.1)).toBeLessThan(1e-5);
    }
  });

  it('names what does not fit', () => {
    expect(() => make({ symptoms: 0 })).toThrow(/symptoms/);
    expect(() => make({ tell: 'added' })).toThrow(/tell/);
    expect(() => make().read(inputOf(tf.zeros([1, 3, 4])), EVALUATION)).toThrow(
      'symptomHead: masks must be [1,2,4] for these patches, got [1,3,4]',
    );
    expect(() =>
      findingHead({ width: 8, regions: 2 }, new Random(1)).read(inputOf(tf.zeros([1, 3, 4])), EVALUATION),
    ).toThrow('findingHead: masks must be [1,2,4]');
  });
});

it.skipIf(!hasGolden('fita'))(
  'values and gradients of FITA’s refiner and class loss (skipped where ../shared/golden is absent)',
  () => {
    const golden = goldenCase('fita');
    const own = (name: string): Float32Array => {
      const x = golden(name);
      return (name.endsWith('.weight') ? tf.transpose(x) : x).dataSync() as Float32Array;
    };
    const p = Parameters.create(new Random(1));
    const refine = saliencyAttention(p.scope('refine'), 8);
    const nameOf = (name: string) => name.replace('.output.', '.out.');
    for (const [name, variable] of p.all) assignValues(variable, own(nameOf(name)));
    const [weight, bias] = [
      tf.variable(tf.transpose(golden('classes.weight'))),
      tf.variable(golden('classes.bias')),
    ];
    const inputs = ['symptoms', 'patches'].map((name) => [name, tf.variable(golden(name))] as const);
    const [symptoms, patches] = inputs.map(([, x]) => x as unknown as tf.Tensor3D);
    const refined = () => refineBySaliency(refine, symptoms, patches, golden('saliency') as tf.Tensor3D);
    const logits = () => tf.add(tf.matMul(tf.mean(refined(), 1) as tf.Tensor2D, weight as never), bias);
    const close = (x: tf.Tensor, name: string) =>
      expect(errorOfTensor(x.dataSync(), golden(name).dataSync(), 0.1), name).toBeLessThan(1e-5);
    close(refined(), 'refined');
    close(logits(), 'class_logits');
    // its one logit against 0: blank 0, and no other state
    const truth = Uint8Array.from(golden('labels').dataSync());
    const none = tf.fill([3, 14], -1e9);
    const loss = () => {
      const z = tf.stack([tf.zeros([3, 14]), logits(), none, none], 2) as tf.Tensor3D;
      return findingLoss(z, truth, { loss: 'binary', weights: null, prior: null });
    };
    const weights = new Map([
      ...p.all,
      ['classes.weight', weight],
      ['classes.bias', bias],
      ...inputs,
    ] as const);
    const { value, gradients } = valueAndGradients(loss, weights as never);
    close(value, 'loss_cls');
    // the case's gradients are of loss_cls + 0.1 loss_itc; patches alone take part in the second
    gradients.delete('patches');
    expect(gradients.size).toBe(8 + 2 + 1);
    for (const [name, gradient] of gradients) {
      const expected = own(`grad.${nameOf(name)}`);
      expect(errorOfTensor(gradient.dataSync(), expected, 0.01), name).toBeLessThan(1e-4);
    }
  },
);
