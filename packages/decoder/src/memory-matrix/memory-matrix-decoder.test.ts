import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, memoryPart, Random, type TokenBatch } from '@raca/core';
import { checkDecoder, largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { generate, type MemoryMatrixDecoderConfig, memoryMatrixDecoder, publishedName } from '../index';
import { topKSoftmax } from './top-k-softmax';

const small = { heads: 2, feedForward: 12, layers: 1, maxLength: 12, memoryRows: 7, topK: 3 };
const make = (config: Partial<MemoryMatrixDecoderConfig> = {}) =>
  memoryMatrixDecoder(
    { ...small, variant: 'published', width: 8, vocabularySize: 9, ...config },
    new Random(3),
  );
const tokens: TokenBatch = { ids: Int32Array.of(0, 3, 5, 7), shape: [1, 4] };

describe('topKSoftmax', () => {
  it('equals values worked by hand', () => {
    const x = tf.tensor2d([Math.log(1), Math.log(6), Math.log(3), Math.log(2), 0, 0, 0, 5], [2, 4]);
    const [top, tied] = topKSoftmax(x, 2).arraySync();
    tf.test_util.expectArraysClose(top, [0, 2 / 3, 1 / 3, 0]);
    // three values are the second largest: all take part
    const rest = 1 / (3 + Math.exp(5));
    tf.test_util.expectArraysClose(tied, [rest, rest, rest, 1 - 3 * rest]);
  });

  it('has the gradient of a softmax over the k alone, and 0 elsewhere', () => {
    const x = tf.tensor1d([0.3, -1, 0.7, 0.1]);
    const target = tf.tensor1d([1, 2, 3, 4]);
    const gradient = tf
      .grad((y: tf.Tensor) => tf.sum(tf.mul(topKSoftmax(y, 2), target)))(x)
      .dataSync();
    const alone = tf.grad((y: tf.Tensor) => tf.sum(tf.mul(tf.softmax(y), tf.tensor1d([1, 3]))));
    const [first, third] = alone(tf.tensor1d([0.3, 0.7])).dataSync();
    tf.test_util.expectArraysClose(gradient, [first, 0, third, 0]);
  });

  it('equals a softmax over sorted values, for any k', () => {
    const random = new Random(8);
    for (let k = 1; k < 40; k += 3) {
      const x = randomTensor<tf.Rank.R2>([6, 40], random);
      const expected = (x.arraySync() as number[][]).map((row) => {
        const least = [...row].sort((a, b) => b - a)[k - 1];
        const weights = row.map((value) => (value >= least ? Math.exp(value) : 0));
        const sum = weights.reduce((a, b) => a + b);
        return weights.map((weight) => weight / sum);
      });
      tf.test_util.expectArraysClose(topKSoftmax(x, k).arraySync(), expected, 1e-6);
    }
  });

  it('is NaN, not 0, where values are', () => {
    const x = tf.tensor1d([1, Number.NaN, 3, 2]);
    expect([...topKSoftmax(x, 2).dataSync()].some(Number.isNaN)).toBe(true);
  });

  it('is softmax where k reaches all', () => {
    const x = randomTensor<tf.Rank.R2>([3, 5], new Random(1));
    tf.test_util.expectArraysClose(topKSoftmax(x, 9).dataSync(), tf.softmax(x).dataSync());
  });
});

describe('memoryMatrixDecoder', () => {
  it.each([
    ['raca', 0],
    ['published', 0],
    ['published', 2],
  ] as const)('%s with %i visual layers satisfies the contract', (variant, visualLayers) => {
    const checks = checkDecoder(
      (width, vocabularySize, random) =>
        memoryMatrixDecoder({ ...small, variant, visualLayers, width, vocabularySize }, random),
      { ordered: visualLayers > 0 },
    );
    expect(checks).toEqual(expect.arrayContaining(['cached = full decoding', 'batched = single']));
    expect(checks).toContain('gradients equal central differences');
  });

  it('answers with the mean of the values where one row is asked for and all rows are alike', () => {
    const decoder = make({ topK: 1 });
    const matrix = decoder.parameters.get('memory.matrix')!;
    matrix.assign(tf.tile(randomTensor<tf.Rank.R2>([1, 8], new Random(9)), [7, 1]));
    const answers = decoder.ask(randomTensor<tf.Rank.R3>([2, 3, 8], new Random(5)), EVALUATION);
    const one = tf.slice(answers, [0, 0, 0], [1, 1, 8]);
    const same = tf.tile(one, [2, 3, 1]);
    expect(largestError(answers.dataSync(), same.dataSync())).toBeLessThan(1e-5);
  });

  it('answers patches before its own visual layers, which know places', () => {
    const patches = randomTensor<tf.Rank.R3>([1, 4, 8], new Random(6));
    const shuffled = tf.gather(patches, [2, 0, 3, 1], 1);
    const visual = (visualLayers: number) => {
      const decoder = make({ visualLayers });
      const moved = tf.gather(decoder.visual(memoryPart('patches', patches), EVALUATION), [2, 0, 3, 1], 1);
      return largestError(
        decoder.visual(memoryPart('patches', shuffled as tf.Tensor3D), EVALUATION).dataSync(),
        moved.dataSync(),
      );
    };
    expect(visual(0)).toBeLessThan(1e-5);
    expect(visual(1)).toBeGreaterThan(1e-2);
  });

  it('writes the same alone and in a batch, and leaves no tensor', async () => {
    const decoder = make({ visualLayers: 1 });
    const memory = memoryPart('patches', randomTensor([3, 6, 8], new Random(4)));
    const all = await generate(decoder, memory, { beam: 3, maxLength: 10 });
    const kept = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const one = memoryPart('patches', tf.slice(memory.tokens, i, 1));
      const { tokens: written, scores } = await generate(decoder, one, { beam: 3, maxLength: 10 });
      expect(written[0]).toEqual(all.tokens[i]);
      expect(scores[0]).toBeCloseTo(all.scores[i], 4);
      one.tokens.dispose();
    }
    expect(tf.memory().numTensors).toBe(kept);
    expect(leakedTensors(() => decoder.visual(memory, EVALUATION))).toBe(0);
  });

  it('names what does not fit', () => {
    expect(() => make({ topK: 0 })).toThrow(/topK/);
    expect(() => make({ heads: 3 })).toThrow(/heads must divide width/);
    expect(() => make({ rows: 3 } as object)).toThrow(/rows/);
    const decoder = make();
    const memory = memoryPart('patches', tf.zeros([2, 6, 8]));
    expect(() => decoder.logits(memory, tokens, EVALUATION)).toThrow(/2 rows.*1/);
    expect(() => decoder.start(memoryPart('patches', tf.zeros([1, 6, 7])))).toThrow(/\[b, m, 8\].*\[1,6,7\]/);
    const state = decoder.start(memory);
    expect(() => decoder.step(state, [0])).toThrow(/2 rows.*1/);
    expect(() => make().step({ rows: 1, select() {}, dispose() {} }, [0])).toThrow(/start/);
    expect(() => publishedName('memory.attention.gate.weight')).toThrow(/gate/);
  });
});
