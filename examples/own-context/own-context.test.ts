import '@tensorflow/tfjs-backend-cpu';
import { assignValues, type ContextInput, EVALUATION, Random } from '@raca/core';
import { checkContext } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import ownContext from './own-context.mjs';

it('keeps the contract of a context module', () => {
  const passed = checkContext((width, V, random) =>
    ownContext({}, { width, contextVocabularySize: V }, random),
  );
  expect(passed).toEqual(
    expect.arrayContaining([
      'gradients equal central differences',
      'an absent indication is not an empty one',
    ]),
  );
});

it('equals values worked by hand', () => {
  const module = ownContext({}, { width: 2, contextVocabularySize: 4 }, new Random(1));
  assignValues(module.parameters.get('words')!, Float32Array.of(9, 9, 1, 2, 3, 6, 0, -4));
  assignValues(module.parameters.get('absent')!, Float32Array.of(7, 8));
  const input: ContextInput = {
    current: {
      patches: tf.zeros([3, 1, 2]),
      grid: { views: 1, rows: 1, cols: 1 },
      kinds: [['frontal'], ['frontal'], ['frontal']],
      present: null,
    },
    prior: null,
    texts: {
      indication: {
        tokens: { ids: Int32Array.of(1, 2, 0, 0, 0, 0, 0, 0, 0), shape: [3, 3] },
        present: Uint8Array.of(1, 1, 0),
      },
    },
    ids: null,
  };
  const { tokens, parts } = module.encode(input, EVALUATION);
  // the mean of (1, 2) and (3, 6); an empty text; an absent one
  tf.test_util.expectArraysClose(tokens.dataSync(), [2, 4, 0, 0, 7, 8]);
  expect(parts).toEqual([{ name: 'indication', from: 0, to: 1 }]);
  const none = module.encode({ ...input, texts: {} }, EVALUATION).tokens;
  tf.test_util.expectArraysClose(none.dataSync(), [7, 8, 7, 8, 7, 8]);
});

it('refuses an option it does not have', () => {
  const make = () => ownContext({ pooling: 2 }, { width: 2, contextVocabularySize: 4 }, new Random(1));
  expect(make).toThrow('unknown option pooling');
});
