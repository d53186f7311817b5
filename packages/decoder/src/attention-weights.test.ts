import '@tensorflow/tfjs-backend-cpu';
import {
  type AttentiveDecoder,
  EVALUATION,
  type Memory,
  memoryPart,
  Random,
  type TokenBatch,
} from '@raca/core';
import { largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { memoryMatrixDecoder, relationalMemoryDecoder, transformerDecoder } from './index';

const sizes = { width: 4, feedForward: 6, vocabularySize: 4, maxLength: 6, dropout: 0.5 };
const tokens: TokenBatch = { ids: Int32Array.of(0, 3, 2), shape: [1, 3] };
const set = (decoder: AttentiveDecoder, name: string, values: number[] | tf.Tensor): void => {
  const weight = decoder.parameters.get(name)!;
  weight.assign(Array.isArray(values) ? tf.tensor(values, weight.shape) : values);
};

describe('attention of a decoder', () => {
  it.each([
    ['transformer', () => transformerDecoder({ ...sizes, heads: 2, layers: 2 }, new Random(1))],
    ['relational memory', () => relationalMemoryDecoder({ ...sizes, heads: 2, layers: 2 }, new Random(1))],
  ] as const)('%s: mean over heads and layers, worked by hand', (_, make) => {
    const decoder = make();
    const log = (x: number): number => Math.SQRT2 * Math.log(x); // heads are 2 wide
    [
      [log(3), 0, 0, 0],
      [0, 0, 0, log(7)],
    ].forEach((query, i) => {
      const name = `layers.${i}.crossAttention`;
      set(decoder, `${name}.query.weight`, tf.zeros([4, 4]));
      set(decoder, `${name}.query.bias`, query);
      set(decoder, `${name}.key.weight`, tf.eye(4));
      set(decoder, `${name}.key.bias`, tf.zeros([4]));
    });
    const patches = [1, 0, 0, 0, 0, 0, 0, 1];
    const memory = memoryPart('patches', tf.tensor3d(patches, [1, 2, 4]));
    // layer 0: (3/4, 1/4) and (1/2, 1/2); layer 1: (1/2, 1/2) and (1/8, 7/8)
    const row = [15 / 32, 17 / 32];
    const looks = decoder.attention(memory, tokens).dataSync();
    expect(largestError(looks, [...row, ...row, ...row])).toBeLessThan(1e-6);
    // the same two places with one between them that would draw all looks, but is not there
    const between = tf.tensor3d([...patches.slice(0, 4), 90, 0, 0, 90, ...patches.slice(4)], [1, 3, 4]);
    const holed = memoryPart('patches', between, tf.tensor2d([1, 0, 1], [1, 3]));
    const [first, last] = row;
    const wide = [first, 0, last];
    const masked = decoder.attention(holed, tokens).dataSync();
    expect(largestError(masked, [...wide, ...wide, ...wide])).toBeLessThan(1e-6);
    decoder.dispose();
  });

  const one = { ...sizes, heads: 1, layers: 1 };
  it.each([
    ['transformer', () => plain(transformerDecoder(one, new Random(2)))],
    ['relational memory', () => plain(relationalMemoryDecoder(one, new Random(2)))],
    [
      'memory matrix',
      () => {
        const decoder = memoryMatrixDecoder({ ...one, memoryRows: 5, topK: 3 }, new Random(2));
        const words = (): tf.Tensor => {
          const embedded = decoder.embed(tokens, EVALUATION);
          return tf.add(embedded, decoder.ask(embedded, EVALUATION));
        };
        return { decoder, words, seen: (x: Memory) => decoder.visual(x, EVALUATION) };
      },
    ],
  ])('%s: the patches so weighted are what the logits are made of', (_, make) => {
    const { decoder, words, seen } = make();
    // one layer that only adds what it sees to the words, and logits that are the normed sum
    for (const name of ['selfAttention.output', 'feedForward.outer']) {
      for (const part of ['weight', 'bias']) {
        const { shape } = decoder.parameters.get(`layers.0.${name}.${part}`)!;
        set(decoder, `layers.0.${name}.${part}`, tf.zeros(shape));
      }
    }
    set(decoder, 'layers.0.norms.0.gamma', [-1, 2, 0, 3]); // the norm before the words' own attention is another
    for (const name of ['layers.0.crossAttention.value', 'layers.0.crossAttention.output', 'output']) {
      set(decoder, `${name}.weight`, tf.eye(4));
      set(decoder, `${name}.bias`, tf.zeros([4]));
    }
    const patches = tf.mul(randomTensor<tf.Rank.R3>([1, 5, 4], new Random(3)), 2) as tf.Tensor3D;
    const memory = memoryPart('patches', patches);
    const weights = decoder.attention(memory, tokens);
    const sum = tf.add(words(), tf.matMul(weights, seen(memory)));
    const logits = decoder.logits(memory, tokens, EVALUATION);
    expect(largestError(direction(logits), direction(sum))).toBeLessThan(1e-4);
    expect(Math.max(...weights.dataSync())).toBeGreaterThan(0.3); // far enough from 1/5 each to tell
    decoder.dispose();
  });

  it('names what does not fit', () => {
    const decoder = transformerDecoder(one, new Random(2));
    expect(() => decoder.attention(memoryPart('patches', tf.zeros([2, 5, 4])), tokens)).toThrow(
      /memory has 2 rows, tokens have 1/,
    );
    expect(() => decoder.attention(memoryPart('patches', tf.zeros([1, 5, 3])), tokens)).toThrow(
      /\[b, m, 4\].*\[1,5,3\]/,
    );
    decoder.dispose();
  });
});

const plain = <D extends AttentiveDecoder>(decoder: D) => ({
  decoder,
  words: (): tf.Tensor => decoder.embed(tokens, EVALUATION),
  seen: (x: Memory): tf.Tensor3D => x.tokens,
});

/** Each row less its mean, to length 1: what a norm leaves of it. */
function direction(x: tf.Tensor): Float32Array {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.div(centred, tf.norm(centred, 'euclidean', -1, true)).dataSync() as Float32Array;
}
