import '@tensorflow/tfjs-backend-cpu';
import { Adam, Random, valueAndGradients } from '@raca/core';
import { gradientError, largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  type Claim,
  type GroundingInput,
  type Place,
  patchesOf,
  phraseChecker,
  type StudyMasks,
} from '../index';

const grid = { views: 2, rows: 3, cols: 4 };
const [b, r, p, d] = [3, 2, 24, 5];

/** Region 0: all of both views; region 1: the left column of the first view and nothing of the second. */
const oneStudy = Float32Array.from({ length: r * p }, (_, i) =>
  i < p || (i - p < 12 && i % 4 === 0) ? 1 : 0,
);
const study: StudyMasks = { masks: oneStudy, grid, kinds: ['frontal', 'lateral'] };
const view = (place: Place, known = study): string =>
  Array.from({ length: 3 }, (_, row) =>
    [...patchesOf(place, known).slice(row * 4, row * 4 + 4)].join(''),
  ).join(' ');

describe('patchesOf', () => {
  it.each<[string, Place, string]>([
    ['the patient’s right is left in the picture', { region: 0, side: 'right' }, '1100 1100 1100'],
    ['a third of the height', { region: 0, zone: 'lower' }, '0000 0000 1111'],
    ['both', { region: 0, side: 'left', zone: 'upper' }, '0011 0000 0000'],
    ['a region’s own patches', { region: 1, side: 'right', zone: 'middle' }, '0000 1000 0000'],
    ['the whole part where the region has none', { region: 1, side: 'left' }, '0011 0011 0011'],
  ])('%s', (_, place, expected) => expect(view(place)).toBe(expected));

  it('looks at frontal views alone for a side, at all for none, and never at an empty slot', () => {
    const sum = (place: Place, kinds: StudyMasks['kinds']) =>
      patchesOf(place, { ...study, kinds }).reduce((a, x) => a + x, 0);
    expect(sum({ region: 0, side: 'left' }, ['frontal', 'lateral'])).toBe(6);
    expect(sum({ region: 0, side: 'left' }, ['unknown', 'frontal'])).toBe(12);
    expect(sum({ region: 0 }, ['frontal', 'lateral'])).toBe(24);
    expect(sum({ region: 0 }, ['frontal', null])).toBe(12);
  });

  it('a middle column belongs to both sides', () => {
    const odd = {
      masks: new Float32Array(9).fill(1),
      grid: { views: 1, rows: 3, cols: 3 },
      kinds: ['frontal' as const],
    };
    expect([...patchesOf({ region: 0, side: 'left' }, odd)].slice(0, 3)).toEqual([0, 1, 1]);
    expect([...patchesOf({ region: 0, side: 'right' }, odd)].slice(0, 3)).toEqual([1, 1, 0]);
  });
});

const findings = ['nodule', 'effusion'];
const make = (seed = 3) => phraseChecker({ width: d, findings, regions: r, hidden: 6 }, new Random(seed));
const inputOf = (present: tf.Tensor2D | null = null, rows = b): GroundingInput => ({
  features: {
    patches: tf.slice(randomTensor<tf.Rank.R3>([b, p, d], new Random(2)), 0, rows),
    grid,
    kinds: Array.from({ length: rows }, () => ['frontal', 'lateral'] as const),
    present,
  },
  masks: tf.tile(tf.tensor3d(oneStudy, [1, r, p]), [rows, 1, 1]),
});
const claims: Claim[] = [
  { study: 0, finding: 'nodule', place: { region: 0, side: 'left', zone: 'upper' } },
  { study: 2, finding: 'effusion', place: { region: 1, side: 'right' } },
  { study: 2, finding: 'nodule', place: { region: 1 } },
  { study: 1, finding: 'effusion', place: { region: 0 } },
];

describe('phraseChecker', () => {
  it('computes what its equation says, by plain loops', () => {
    const checker = make();
    const input = inputOf();
    const w = new Map([...checker.parameters].map(([name, x]) => [name, [...x.dataSync()]]));
    const patches = input.features.patches.arraySync();
    const times = (x: number[], weight: number[], bias: number[]): number[] =>
      bias.map((c, j) => x.reduce((sum, xi, i) => sum + xi * weight[i * bias.length + j], c));
    const relu = (x: number[]): number[] => x.map((value) => Math.max(0, value));
    const expected = claims.map(({ study: row, finding, place }) => {
      const rows = (mask: Float32Array): number[][] => patches[row].filter((_, i) => mask[i] > 0);
      const column = (xs: number[][], i: number): number[] => xs.map((x) => x[i]);
      const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
      const own = rows(patchesOf(place, study));
      const side = place.side === 'left' ? ('right' as const) : ('left' as const);
      const other = rows(place.side ? patchesOf({ ...place, side }, study) : new Float32Array(p).fill(1));
      const each = Array.from({ length: d }, (_, i) => i);
      const seen = [
        ...each.map((i) => mean(column(own, i))),
        ...each.map((i) => Math.max(...column(own, i))),
        ...each.map((i) => mean(column(other, i))),
      ];
      const sides = [undefined, 'left', 'right'].indexOf(place.side);
      const id = place.region * 12 + sides * 4 + [undefined, 'upper', 'middle', 'lower'].indexOf(place.zone);
      const c = findings.indexOf(finding);
      const first = relu(
        times(seen, w.get('seen.weight')!, w.get('seen.bias')!).map(
          (x, j) => x + w.get('finding')![c * 6 + j] + w.get('place')![id * 6 + j],
        ),
      );
      const h = relu(times(first, w.get('inner.weight')!, w.get('inner.bias')!));
      return h.reduce((sum, x, j) => sum + x * w.get('out.weight')![c * 6 + j], w.get('out.bias')![c]);
    });
    expect(largestError(checker.logits(input, claims).dataSync(), expected)).toBeLessThan(1e-5);
    const truth = [1, 0, 0, 1];
    const crossEntropy = expected.reduce((sum, x, i) => sum + Math.log1p(Math.exp(truth[i] ? -x : x)), 0) / 4;
    expect(checker.loss(input, claims, truth).dataSync()[0]).toBeCloseTo(crossEntropy, 5);
    expect(checker.probabilities(input, claims)[1]).toBeCloseTo(1 / (1 + Math.exp(-expected[1])), 5);
  });

  it('has the gradient of central differences, to weights and patches', () => {
    const checker = make();
    const input = inputOf();
    const loss = (): tf.Scalar => checker.loss(input, claims, [1, 0, 1, 0]);
    expect(gradientError(loss, checker.parameters, new Random(5))).toBeLessThan(2e-2);
    const of = (patches: tf.Tensor): tf.Scalar =>
      checker.loss(
        { ...input, features: { ...input.features, patches: patches as tf.Tensor3D } },
        claims,
        [1, 0, 1, 0],
      );
    const { patches } = input.features;
    const v = randomTensor<tf.Rank.R3>([b, p, d], new Random(9));
    const [up, down] = [1e-2, -1e-2].map((h) => of(tf.add(patches, tf.mul(v, h))).dataSync()[0]);
    const exact = tf.sum(tf.mul(tf.grad(of)(patches), v)).dataSync()[0];
    expect((up - down) / 2e-2 / exact).toBeCloseTo(1, 1);
  });

  it('judges a study alone as in a batch, and patches that are not there as if the place ended before them', () => {
    const checker = make();
    const whole = checker.logits(inputOf(), claims.slice(0, 1)).dataSync();
    expect(largestError(checker.logits(inputOf(null, 1), claims.slice(0, 1)).dataSync(), whole)).toBeLessThan(
      1e-5,
    );
    const gone = Float32Array.from({ length: b * p }, (_, i) => (i % p < 12 ? 1 : 0)); // no second view
    const masked = inputOf(tf.tensor2d(gone, [b, p]));
    const cut = inputOf();
    const one: GroundingInput = {
      features: {
        patches: tf.slice(cut.features.patches, [0, 0, 0], [b, 12, d]),
        grid: { ...grid, views: 1 },
        kinds: Array.from({ length: b }, () => ['frontal'] as const),
        present: null,
      },
      masks: tf.slice(cut.masks, [0, 0, 0], [b, r, 12]),
    };
    const all = (input: GroundingInput) => checker.logits(input, claims).dataSync();
    expect(largestError(all(masked), all(one))).toBeLessThan(1e-5);
  });

  it('learns where things are', () => {
    const checker = make();
    const optimizer = new Adam([{ name: 'all', parameters: checker.parameters, learningRate: 1e-2 }]);
    const random = new Random(4);
    /** Patches of noise with a bright one at a random side; true is that side. */
    const batch = () => {
      const input = inputOf();
      const values = input.features.patches.dataSync().slice() as Float32Array;
      const sides = Array.from({ length: b }, () => random.pick(['left', 'right'] as const));
      sides.forEach((side, i) => {
        values[(i * p + (side === 'right' ? 1 : 2)) * d] = 6;
      });
      const said = Array.from({ length: b }, () => random.pick(['left', 'right'] as const));
      return {
        input: { ...input, features: { ...input.features, patches: tf.tensor3d(values, [b, p, d]) } },
        claims: said.map((side, study): Claim => ({ study, finding: 'nodule', place: { region: 0, side } })),
        truth: said.map((side, i) => Number(side === sides[i])),
      };
    };
    for (let i = 0; i < 150; i++) {
      const { input, claims, truth } = batch();
      const { value, gradients } = valueAndGradients(
        () => checker.loss(input, claims, truth),
        checker.parameters,
      );
      optimizer.step(gradients);
      tf.dispose([value, ...gradients.values()]);
    }
    const { input, claims, truth } = batch();
    expect([...checker.probabilities(input, claims)].map((x) => Math.round(x))).toEqual(truth);
  });

  it('leaves no tensor behind and frees its weights', () => {
    const checker = make();
    const input = inputOf();
    expect(leakedTensors(() => checker.probabilities(input, claims))).toBe(0);
    expect(leakedTensors(() => checker.loss(input, claims, [1, 0, 1, 0]).dispose())).toBe(0);
    expect(checker.info).toMatchObject({ package: '@raca/checks', name: 'phraseChecker' });
    checker.dispose();
    expect([...checker.parameters.values()].every(({ isDisposed }) => isDisposed)).toBe(true);
  });

  it('names what does not fit', () => {
    const checker = make();
    const one = (claim: Partial<Claim>) => () => checker.logits(inputOf(), [{ ...claims[0], ...claim }]);
    expect(one({ finding: 'mass' })).toThrow(/one of nodule, effusion, got "mass"/);
    expect(one({ study: 3 })).toThrow(/study must be in \[0, 3\), got 3/);
    expect(one({ place: { region: 2 } })).toThrow(/region must be in \[0, 2\), got 2/);
    expect(() => checker.logits(inputOf(), [])).toThrow(/at least one claim/);
    expect(() => checker.loss(inputOf(), claims, [1])).toThrow(/each of 4 claims, got 1/);
    const masks = tf.zeros<tf.Rank.R3>([b, r, 7]);
    expect(() => checker.logits({ ...inputOf(), masks }, claims)).toThrow(
      /masks must be \[3,2,24\].*\[3,2,7\]/,
    );
    expect(() => phraseChecker({ width: d, findings: ['a', 'a'] }, new Random(1))).toThrow(
      /each finding once/,
    );
  });
});
