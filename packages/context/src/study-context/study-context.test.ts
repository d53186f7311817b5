import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  type ContextEncoder,
  type ContextInput,
  EVALUATION,
  type Memory,
  type PatchFeatures,
  Random,
  type ViewKind,
} from '@raca/core';
import { checkContext } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { StudyContextConfig } from './config';
import { GOLDEN } from './golden-values';
import { studyContext } from './study-context';

const SMALL = { heads: 2, feedForward: 12 };
const KINDS: [string, StudyContextConfig][] = [
  ['an indication', {}],
  [
    'all texts, two layers',
    { fields: ['priorReport', 'history', 'indication', 'comparison', 'technique'], layers: 2 },
  ],
  ['words without layers', { fields: ['indication'], layers: 0 }],
  ['the earlier study by slots', { fields: [], prior: true }],
  ['the earlier study by attention', { fields: [], prior: true, change: 'attention' }],
  ['the earlier study alone', { fields: [], prior: true, change: 'none' }],
  ['indication and earlier study', { fields: ['indication'], prior: true }],
];

describe.each(KINDS)('%s', (_, config) => {
  it('satisfies the contract', () => {
    const passed = checkContext((width, vocabularySize, random) =>
      studyContext({ ...SMALL, ...config, width, vocabularySize }, random),
    );
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'no leaked tensor', 'gradients equal central differences']),
    );
  });
});

type Kinds = (ViewKind | null)[];

/** Two views of one row of two patches, b studies that look alike. */
function features(seed: number, kinds: Kinds[]): PatchFeatures {
  const study = Float32Array.from({ length: 16 }, (_, i) => Math.cos(1.3 * i + seed));
  const there = kinds.flat().flatMap((kind) => [kind ? 1 : 0, kind ? 1 : 0]);
  const b = kinds.length;
  return {
    patches: tf.tile(tf.tensor3d(study, [1, 4, 4]), [b, 1, 1]),
    grid: { views: 2, rows: 1, cols: 2 },
    kinds,
    present: there.includes(0) ? tf.tensor2d(there, [b, 4]) : null,
  };
}

/** The module with the weights of the program that made {@link GOLDEN}. */
function golden(config: StudyContextConfig): ContextEncoder {
  const sizes = { width: 4, vocabularySize: 7, heads: 2, feedForward: 6 };
  const module = studyContext({ ...sizes, ...config }, new Random(1));
  for (const [name, variable] of module.parameters) {
    const seed = [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0);
    const shift = name.endsWith('gamma') ? 1 : 0;
    assignValues(
      variable,
      Float32Array.from({ length: variable.size }, (_, i) => 0.5 * Math.sin(0.7 * i + seed) + shift),
    );
  }
  return module;
}

/** Of each study the places that are there. */
function places(module: ContextEncoder, input: Partial<ContextInput>): number[][] {
  const current = input.current ?? features(0.1, [['frontal', 'lateral']]);
  const { tokens, present } = module.encode(
    { prior: null, texts: {}, ids: null, ...input, current },
    EVALUATION,
  );
  const [b, m, d] = tokens.shape;
  const [values, there] = [tokens.dataSync(), present?.dataSync()];
  return Array.from({ length: b }, (_, i) =>
    [...values.subarray(i * m * d, (i + 1) * m * d)].filter(
      (_, k) => there?.[i * m + Math.floor(k / d)] !== 0,
    ),
  );
}

const close = (actual: number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  tf.test_util.expectArraysClose(actual, [...expected], 2e-5);
};

describe('values of another program', () => {
  const BOTH: Kinds = ['frontal', 'lateral'];

  it('reads words, empty and absent texts', () => {
    const module = golden({ fields: ['indication'] });
    const ids = Int32Array.of(3, 6, 0, 0, 0, 0, 4, 4, 4);
    const indication = { tokens: { ids, shape: [3, 3] as const }, present: Uint8Array.of(1, 1, 0) };
    const current = features(0.1, [BOTH, BOTH, BOTH]);
    const [words, empty, absent] = places(module, { current, texts: { indication } });
    close(words, GOLDEN.words);
    close(empty, GOLDEN.empty);
    close(absent, GOLDEN.absentText);
    close(places(module, {})[0], GOLDEN.absentText);
  });

  it('compares patches at the same spot of the same view', () => {
    const module = golden({ fields: [], prior: true });
    const current = features(0.1, [BOTH, BOTH, ['frontal', null], BOTH]);
    const earlier = features(0.9, [BOTH, ['lateral', null], ['lateral', null], [null, null]]);
    const days = Float32Array.of(30, Number.NaN, 2000, 5);
    const [slots, swapped, unmatched, absent] = places(module, {
      current,
      prior: { features: earlier, days },
    });
    close(slots, GOLDEN.slots);
    close(swapped, GOLDEN.swapped);
    close(unmatched, GOLDEN.unmatched);
    const asOften = (p: number): number[] => Array.from({ length: 1 + p }, () => GOLDEN.absentStudy).flat();
    close(absent, asOften(4));
    close(places(module, {})[0], asOften(4));
    close(places(module, { current: features(0.1, [['frontal', null]]) })[0], asOften(2));
  });

  it('asks the earlier study', () => {
    const module = golden({ fields: [], prior: true, change: 'attention' });
    const prior = { features: features(0.9, [['frontal', null]]), days: Float32Array.of(0) };
    close(places(module, { prior })[0], GOLDEN.attention);
  });
});

it('exchanges texts in training alone, as often as asked', () => {
  const module = golden({ fields: ['indication'], exchange: 0.5, dropout: 0 });
  const ids = Int32Array.of(3, 6, 0, 0, 4, 4);
  const indication = { tokens: { ids, shape: [3, 2] as const }, present: Uint8Array.of(1, 1, 0) };
  const current = features(
    0.1,
    Array.from({ length: 3 }, (): Kinds => ['frontal', 'lateral']),
  );
  const input = { current, prior: null, texts: { indication }, ids: null };
  const rowsOf = ({ tokens, present }: Memory) => {
    const [values, there] = [tokens.arraySync() as number[][][], present!.arraySync() as number[][]];
    return values.map((row, i) => JSON.stringify(row.filter((_, k) => there[i][k] === 1)));
  };
  const own = rowsOf(module.encode(input, EVALUATION));
  expect(new Set(own).size).toBe(3);
  let kept = 0;
  for (let seed = 0; seed < 100; seed++) {
    const rows = rowsOf(module.encode(input, { training: true, random: new Random(seed) }));
    for (const row of rows) expect(own).toContain(row);
    kept += rows.filter((row, i) => row === own[i]).length;
  }
  expect(Math.abs(kept / 300 - 0.5)).toBeLessThan(0.1); // 3 standard deviations: 0.087
  expect(rowsOf(module.encode(input, EVALUATION))).toEqual(own);
  module.dispose();
});

describe('limits', () => {
  const texts = (ids: number[]): ContextInput['texts'] => ({
    indication: { tokens: { ids: Int32Array.from(ids), shape: [1, ids.length] }, present: Uint8Array.of(1) },
  });

  it('reads no more than maxLength tokens', () => {
    close(places(golden({ maxLength: 2 }), { texts: texts([3, 6, 5, 5]) })[0], GOLDEN.words);
  });

  it('hides what there is in training, and in training only', () => {
    const module = golden({ hide: 0.5, dropout: 0 });
    const random = new Random(3);
    const current = features(0.1, [['frontal', null]]);
    const input = { current, prior: null, texts: texts([3, 6]), ids: null };
    const counts = Array.from({ length: 60 }, () => {
      const { present } = module.encode(input, { training: true, random });
      return present ? [...present.dataSync()].filter((x) => x === 1).length : 1;
    });
    const hidden = counts.filter((n) => n === 1).length;
    expect(hidden).toBeGreaterThan(15); // 30 expected, sd 3.9
    expect(hidden).toBeLessThan(45);
    close(places(module, { texts: texts([3, 6]) })[0], GOLDEN.words);
  });

  it.each<[string, StudyContextConfig]>([
    ['heads must divide width', { width: 6, heads: 4 }],
    ['a field is named twice', { fields: ['history', 'history'] }],
    ['expected a text or the earlier study', { fields: [] }],
    ['Invalid option', { fields: ['findings' as 'history'] }],
  ])('refuses a config: %s', (message, config) => {
    expect(() => studyContext(config, new Random(1))).toThrow(message);
  });

  it('names what does not fit', () => {
    const module = golden({ prior: true });
    const current = features(0.1, [['frontal', null]]);
    const run = (input: Partial<ContextInput>) => () => places(module, { current, ...input });
    expect(run({ texts: texts([3, 7]) })).toThrow('ids must be in [0, 7), got 7');
    const narrow = { ...current, patches: tf.zeros<tf.Rank.R3>([1, 4, 3]) };
    expect(run({ current: narrow })).toThrow('patches must be [b, p, 4]');
    const two = features(0.1, [
      ['frontal', null],
      ['frontal', null],
    ]);
    expect(run({ current: two, texts: texts([3]) })).toThrow('the indication of 2 studies, got 1');
    expect(run({ prior: { features: two, days: Float32Array.of(1, 2) } })).toThrow(
      'earlier studies of [1, p, 4]',
    );
    const tall = { ...current, grid: { views: 1, rows: 2, cols: 2 }, kinds: [['frontal' as const]] };
    expect(run({ prior: { features: tall, days: Float32Array.of(1) } })).toThrow('1 × 2 a view, got 2 × 2');
  });
});
