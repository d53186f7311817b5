import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  EVALUATION,
  type FindingHead,
  type FindingInput,
  type FindingLabels,
  joinMemories,
  type LossInput,
  memoryPart,
  Random,
  unknownViews,
} from '@raca/core';
import { checkFindings } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type FindingHeadConfig, findingHeadConfigSchema } from './config';
import { findingHead } from './finding-head';
import { findingLoss, lossWeights } from './finding-loss';

const THREE = ['Edema', 'Fracture', 'No Finding'];
const frequencies = { Edema: 0.2, Fracture: 0.05, 'No Finding': 0.5 };
const KINDS: [string, FindingHeadConfig][] = [
  ['defaults', {}],
  ['the mean alone, nothing told', { pool: ['mean'], tell: 'none' }],
  ['attention alone, tokens', { pool: ['attention'], tell: 'tokens' }],
  ['regions alone, a prefix', { pool: ['regions'], tell: 'prefix' }],
  ['gated', { tell: 'gated' }],
  ['placed', { tell: 'placed' }],
  ['hard states', { states: 'hard', gold: 0.5 }],
  ['thresholds', { states: 'thresholds', gold: 0 }],
  ['binary, balanced', { loss: 'binary', weights: 'balanced', frequencies, findings: THREE }],
  ['adjusted', { adjustment: 'adaptive', frequencies, findings: THREE, weights: { Edema: 3 } }],
];

describe.each(KINDS)('%s', (_, config) => {
  it('satisfies the contract', () => {
    const passed = checkFindings((width, random) => findingHead({ ...config, width }, random));
    expect(passed).toEqual(
      expect.arrayContaining([
        'batched = single',
        'no leaked tensor in training with absent patches',
        'gradients equal central differences',
      ]),
    );
  });
});

const THERE = [1, 0, 1, 1, 0, 1]; // masks of two regions, three patches
const TRUTH = { names: THREE, states: Uint8Array.of(1, 2, 0, 3, 0, 1) };

/** Two studies of one region each and their reading. */
function inputOf(): FindingInput {
  const patches = tf.tensor3d(
    Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [2, 3, 4],
  );
  return {
    features: { patches, present: null, grid: { views: 1, rows: 1, cols: 3 }, kinds: unknownViews(2, 1) },
    masks: tf.tile(tf.tensor3d(THERE, [1, 2, 3]), [2, 1, 1]),
    memory: memoryPart('patches', patches),
  };
}

const headOf = (config: FindingHeadConfig, seed = 1): FindingHead =>
  findingHead({ width: 4, regions: 2, findings: THREE, ...config }, new Random(seed));

/** Vectors that can be told apart: the vector of state s of finding c is 10 c + s in every place. */
function namedVectors(head: FindingHead): void {
  const values = Float32Array.from(
    { length: 3 * 4 * 4 },
    (_, i) => 10 * Math.floor(i / 16) + (Math.floor(i / 4) % 4),
  );
  assignValues(head.parameters.get('told.vectors')!, values);
}

/** The states told by `namedVectors` of one study, or their mean where they are soft. @param told [b, c, d] */
const statesOf = (told: tf.Tensor3D): number[] =>
  [...tf.slice(told, [0, 0, 0], [-1, -1, 1]).dataSync()].map((x, i) => x / 2 - 10 * (i % 3)); // √d = 2

describe('what the decoder is told', () => {
  it('is placed where a finding looks, and in places that are no patches', () => {
    const head = findingHead({ width: 2, regions: 1, findings: ['one'], tell: 'placed' }, new Random(1));
    for (const variable of head.parameters.values()) assignValues(variable, new Float32Array(variable.size));
    assignValues(head.parameters.get('classifier.patches.query')!, Float32Array.of(1, 0));
    assignValues(head.parameters.get('told.vectors')!, Float32Array.of(1, -1, 1, -1, 1, -1, 1, -1)); // of each state
    const patches = tf.tensor3d([1, 0, 0, 1, 2, 0, 7, 7], [1, 4, 2]); // scores 1, 0, 2; the last is not there
    const present = tf.tensor2d([1, 1, 1, 0], [1, 4]);
    const memory = joinMemories([
      memoryPart('patches', patches, present),
      memoryPart('indication', tf.tensor3d([5, 5], [1, 1, 2])),
    ]);
    const grid = { views: 2, rows: 1, cols: 2 };
    const features = { patches, present, grid, kinds: unknownViews(1, 2) };
    const { memory: told } = head.read({ features, masks: tf.ones([1, 1, 4]), memory }, EVALUATION);
    const e = Math.sqrt(2);
    const at = (x: number, y: number, score: number): number[] => [
      x + Math.exp(score) * e,
      y - Math.exp(score) * e,
    ];
    tf.test_util.expectArraysClose(
      [...told!.tokens.dataSync()],
      [...at(1, 0, 1 - 2), ...at(0, 1, 0 - 2), ...at(2, 0, 0), 0, 0, ...at(5, 5, 0)],
      1e-6,
    );
  });

  const training = (seed: number) => ({ training: true, random: new Random(seed) }) as const;

  it.each(['added', 'gated'] as const)('%s: nothing at first, bit for bit', (tell) => {
    const input = inputOf();
    const told = headOf({ tell }).read({ ...input, labels: TRUTH }, training(1)).memory!;
    expect(told.tokens.dataSync()).toEqual(input.memory.tokens.dataSync());
    expect(told.present).toBe(null);
  });

  it('is the truth in training and the own opinion elsewhere', () => {
    const head = headOf({ tell: 'prefix', states: 'hard' });
    namedVectors(head);
    const input = { ...inputOf(), labels: TRUTH };
    expect(statesOf(head.read(input, training(1)).prefix!)).toEqual([...TRUTH.states]);
    const { logits, prefix } = head.read(input, EVALUATION);
    const own = [...tf.argMax(logits, 2).dataSync()];
    expect(own).not.toEqual([...TRUTH.states]);
    expect(statesOf(prefix!)).toEqual(own);
  });

  it('is the truth for a share of the studies, drawn for each', () => {
    const head = headOf({ tell: 'prefix', states: 'hard', gold: 0.25 });
    namedVectors(head);
    const input = { ...inputOf(), labels: TRUTH };
    const own = statesOf(head.read(input, EVALUATION).prefix!);
    let taught = 0;
    for (let seed = 0; seed < 60; seed++) {
      const states = statesOf(head.read(input, training(seed)).prefix!);
      for (const i of [0, 1]) {
        const row = states.slice(3 * i, 3 * i + 3);
        const isTruth = row.every((x, c) => x === TRUTH.states[3 * i + c]);
        if (!isTruth) expect(row).toEqual(own.slice(3 * i, 3 * i + 3));
        taught += Number(isTruth);
      }
    }
    expect(taught).toBeGreaterThan(15); // 30 of 120 expected, sd 4.7
    expect(taught).toBeLessThan(45);
  });

  it('is positive from the thresholds on that validation gave', () => {
    const head = headOf({ tell: 'prefix', states: 'thresholds' });
    namedVectors(head);
    const input = inputOf();
    const { logits } = head.read(input, EVALUATION);
    const [p0, p1] = [0, 1].map((i) => tf.softmax(logits).dataSync()[12 * i + 1]); // of the first finding
    const high = p0 > p1 ? 0 : 1;
    // validation: the first finding is positive in all studies above a probability between the two
    const validation = Float32Array.from([p0, p1].flatMap((p) => [1 - p, p, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]));
    const states = Uint8Array.of(Number(high === 0), 0, 0, Number(high === 1), 0, 0);
    head.calibrate!({ probabilities: validation, labels: { names: THREE, states } });
    const told = statesOf(head.read(input, EVALUATION).prefix!);
    expect(told[3 * high]).toBe(1);
    expect(told[3 * (1 - high)]).not.toBe(1);
    expect(head.parameters.get('thresholds')!.dataSync()[0]).toBeCloseTo((p0 + p1) / 2, 6);
    expect(head.parameters.get('thresholds')!.trainable).toBe(false);
  });

  it.each([
    ['soft', true],
    ['hard', false],
    ['thresholds', false],
  ] as const)('%s states of its own carry the decoder’s gradient: %s', (states, flows) => {
    const head = headOf({ tell: 'prefix', states, gold: 0 });
    const input = { ...inputOf(), labels: TRUTH };
    const bias = head.parameters.get('classifier.own.bias')!;
    const target = tf.tensor1d([1, -2, 3, -4]);
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(head.read(input, training(1)).prefix!, target)) as tf.Scalar,
      [bias, head.parameters.get('told.vectors')!],
    );
    expect(grads[bias.name]?.dataSync().some((x) => x !== 0) ?? false).toBe(flows);
  });
});

describe('the loss', () => {
  const logits = tf.tensor3d([0, Math.log(3), 0, 0, 0, 0, 0, 0], [1, 2, 4]);
  const plain = { loss: 'states', weights: null, prior: null } as const;
  const value = (states: number[], options: object) =>
    findingLoss(logits, Uint8Array.from(states), { ...plain, ...options }).dataSync()[0];

  it('has values worked by hand', () => {
    // positive of the first has 3 of 6 parts; the second is even
    expect(value([1, 3], {})).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 6);
    expect(value([0, 3], {})).toBeCloseTo((Math.log(6) + Math.log(4)) / 2, 6);
    expect(value([1, 2], { loss: 'binary' })).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
    expect(value([1, 3], { loss: 'binary' })).toBeCloseTo(Math.log(2), 6); // uncertain: left out
    expect(value([3, 3], { loss: 'binary' })).toBe(0);
    // π = 1/3 makes the first even
    expect(value([1, 3], { prior: tf.tensor1d([1 / 3, 1]) })).toBeCloseTo(Math.log(4), 6);
  });

  it('weighs states', () => {
    const weights = lossWeights(
      findingHeadConfigSchema.parse({ findings: THREE, weights: 'balanced', frequencies }),
    )!;
    const expected = [
      [2.5, 0.625],
      [10, 0.526316],
      [1, 1],
    ]; // 1/(2 · 0.2), …; 10 is the most
    expected.forEach(([positive, other], c) => {
      [other, positive, other, other].forEach((x, s) => {
        expect(weights[4 * c + s]).toBeCloseTo(x, 5);
      });
    });
    const fixed = lossWeights(findingHeadConfigSchema.parse({ findings: ['A', 'B'], weights: { B: 3 } }))!;
    expect([...fixed]).toEqual([1, 1, 1, 1, 1, 3, 1, 1]);
    expect(value([1, 1], { weights: fixed })).toBeCloseTo((Math.log(2) + 3 * Math.log(4)) / 2, 6);
  });

  it('is none without labels', () => {
    const head = headOf({});
    const reading = head.read(inputOf(), EVALUATION);
    expect(head.losses({ reading } as LossInput, EVALUATION)).toEqual({});
  });
});

describe('errors', () => {
  it.each<[string, FindingHeadConfig]>([
    ['a finding is named twice', { findings: ['A', 'A'] }],
    ['expected one of each finding, found none of "No Finding"', { weights: 'balanced' }],
    ['expected names of findings, found \\"Edmea\\"', { weights: { Edmea: 2 } }],
    ['expected names of findings, found \\"Edmea\\"', { frequencies: { Edmea: 0.2 } }],
    ['a pool is named twice', { pool: ['mean', 'mean'] }],
  ])('refuses a config: %s', (message, config) => {
    expect(() => findingHead(config, new Random(1))).toThrow(message);
  });

  it('names what does not fit', () => {
    const head = headOf({});
    const input = inputOf();
    const run = (other: Partial<FindingInput>) => () => head.read({ ...input, ...other }, EVALUATION);
    expect(run({ masks: tf.zeros([2, 3, 3]) })).toThrow(
      'findingHead: masks must be [2,2,3] for these patches, got [2,3,3]',
    );
    const wide = { ...input.features, patches: tf.zeros<tf.Rank.R3>([2, 3, 5]) };
    expect(run({ features: wide })).toThrow('findingHead: patches must be [b, p, 4], got [2,3,5]');
    const reading = head.read(input, EVALUATION);
    const losses = (labels: FindingLabels) => () => head.losses({ reading, labels } as LossInput, EVALUATION);
    expect(losses({ names: ['Edema'], states: Uint8Array.of(1, 1) })).toThrow(
      'findings: expected a label of "Fracture", found labels of Edema',
    );
    expect(losses({ names: THREE, states: Uint8Array.of(1, 1) })).toThrow(
      'findings: expected 2 × 3 states, got 2',
    );
    expect(losses({ ...TRUTH, states: TRUTH.states.map(() => 4) })).toThrow('states must be below 4, got 4');
  });
});
