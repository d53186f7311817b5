import '@tensorflow/tfjs-backend-cpu';
import { type ContextInput, EVALUATION, type Memory, partOf, Random } from '@raca/core';
import { checkContext, leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Bank, bankOf, joinedContexts, nearest, studyContext } from '../index';
import type { SimilarCasesConfig } from './config';
import { similarCases } from './similar-cases';

const words = (...ids: number[]): Int32Array => Int32Array.from(ids);

/** Cases `a` to `f`; the first two and the last are in the study of the conformance check too. */
function bankOfWidth(d: number): Bank {
  const ids = ['a', 'b', 'x', 'y', 'z'];
  const vectors = Float32Array.from({ length: ids.length * d }, (_, i) => Math.sin(3 * i * i));
  return bankOf(vectors, ids, [words(1, 2, 3), words(4), words(5, 6), null, words(7, 8, 1, 2)]);
}

const KINDS: [string, SimilarCasesConfig][] = [
  ['words', {}],
  ['one place a report', { places: 'reports' }],
  ['more neighbours than cases', { neighbours: 6, layers: 2 }],
];

describe.each(KINDS)('%s', (_, config) => {
  it('satisfies the contract', () => {
    const passed = checkContext((width, vocabularySize, random) =>
      similarCases(
        { heads: 2, feedForward: 12, ...config, width, vocabularySize },
        random,
        bankOfWidth(width),
      ),
    );
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'no leaked tensor', 'gradients equal central differences']),
    );
  });
});

it('satisfies the contract beside texts and the earlier study', () => {
  const passed = checkContext((width, vocabularySize, random) => {
    const sizes = { width, vocabularySize, heads: 2, feedForward: 12 };
    return joinedContexts([
      studyContext({ ...sizes, prior: true }, random.split('study')),
      similarCases(sizes, random.split('similar'), bankOfWidth(width)),
    ]);
  });
  expect(passed).toContain('an absent indication is not an empty one');
});

describe('what is found', () => {
  /** One patch a study, so that it looks like its vector. */
  const input = (vectors: number[][], ids: string[] | null): ContextInput => ({
    current: {
      patches: tf.tensor3d(vectors.flat(), [vectors.length, 1, vectors[0].length]),
      grid: { views: 1, rows: 1, cols: 1 },
      kinds: vectors.map(() => ['frontal' as const]),
      present: null,
    },
    prior: null,
    texts: {},
    ids,
  });
  const bank = bankOf(
    Float32Array.of(1, 0, 0, 1, 1, 1),
    ['east', 'north', 'both'],
    [words(1), words(2, 3), words(4, 5, 6)],
  );
  const module = (b: Bank, neighbours: number) =>
    similarCases({ width: 2, heads: 1, feedForward: 3, vocabularySize: 7, neighbours }, new Random(2), b);
  /** Places there are, row by row. */
  const counts = ({ tokens, present }: Memory): number[] => {
    const [b, m] = tokens.shape;
    const there = [...present!.dataSync()];
    return Array.from({ length: b }, (_, i) =>
      there.slice(i * m, (i + 1) * m).reduce((sum, x) => sum + x, 0),
    );
  };

  it('a study of the bank asks with its vector there and never finds itself', () => {
    const one = module(bank, 1);
    // what the patches show points elsewhere
    const known = one.encode(
      input(
        [
          [0, 1],
          [0, 1],
        ],
        ['east', 'both'],
      ),
      EVALUATION,
    );
    const unknown = one.encode(
      input(
        [
          [0, 1],
          [0.9, 1],
        ],
        null,
      ),
      EVALUATION,
    );
    // east: finds both (3 words); both: finds east or north; a stranger that looks north: north (2 words); the other: both (3)
    expect(counts(known)[0]).toBe(1 + 3);
    expect(counts(known)[1]).toBe(
      1 + bank.reports[nearest(bank, Float32Array.of(1, 1), 1, ['both'])[0][0].row]!.length,
    );
    expect(counts(unknown)).toEqual([1 + 2, 1 + 3]);
    expect(partOf(known, 'similar')).toEqual([0, known.tokens.shape[1]]);
  });

  it('has one place where there is no case', () => {
    const none = module(bankOf(Float32Array.of(1, 0), ['east'], [words(1)]), 2);
    const { tokens, present } = none.encode(
      input(
        [
          [1, 0],
          [1, 0],
        ],
        ['east', 'other'],
      ),
      EVALUATION,
    );
    expect(counts({ tokens, present, parts: [] })).toEqual([1, 2]);
    const empty = module(bankOf(new Float32Array(), [], []), 2).encode(input([[1, 0]], null), EVALUATION);
    expect(counts(empty)).toEqual([1]);
    const firsts = tf.slice(tokens, [0, 0, 0], [1, 1, 2]).dataSync();
    tf.test_util.expectArraysClose(empty.tokens.dataSync().slice(0, 2), firsts);
  });

  it('keeps its bank until it goes', () => {
    const before = tf.memory().numTensors;
    const one = module(bank, 1);
    expect(
      leakedTensors(() => {
        const { tokens, present } = one.encode(input([[1, 0]], ['east']), EVALUATION);
        return [tokens, present!];
      }),
    ).toBe(1); // the patches made here
    one.dispose();
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it('names what does not fit', () => {
    const wide = similarCases({ width: 4, heads: 1 }, new Random(1), bank);
    expect(() => wide.encode(input([[1, 0, 0, 0]], ['elsewhere']), EVALUATION)).toThrow(
      'the study "elsewhere" is not in the bank, whose vectors are 2 wide instead of 4',
    );
    expect(() => wide.encode(input([[1, 0, 0, 0]], []), EVALUATION)).toThrow('expected 1 ids, got 0');
    expect(() => joinedContexts([wide, module(bank, 1)])).toThrow('two modules have similar');
  });
});
