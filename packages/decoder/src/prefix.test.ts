import '@tensorflow/tfjs-backend-cpu';
import {
  EVALUATION,
  memoryPart,
  Random,
  type ReportDecoder,
  sinusoidalPositions,
  type TokenBatch,
} from '@raca/core';
import { largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { generate, memoryMatrixDecoder, relationalMemoryDecoder, transformerDecoder } from './index';

const sizes = { heads: 2, feedForward: 12, layers: 2, maxLength: 12, width: 8, vocabularySize: 9 };
const decoders: [string, () => ReportDecoder][] = [
  ['transformer', () => transformerDecoder({ ...sizes, variant: 'published' }, new Random(3))],
  ['relational memory', () => relationalMemoryDecoder({ ...sizes, variant: 'published' }, new Random(3))],
  ['memory matrix', () => memoryMatrixDecoder({ ...sizes, memoryRows: 7, topK: 3 }, new Random(3))],
];
const memory = memoryPart('patches', randomTensor([1, 6, 8], new Random(2)));
const text = (...ids: number[]): TokenBatch => ({ ids: Int32Array.from(ids), shape: [1, ids.length] });

/** Makes word `copy` at position `at` the same vector as word `id` at position `from`. */
function disguise(decoder: ReportDecoder, copy: number, at: number, id: number, from: number): void {
  const table = decoder.parameters.get('embedding.weight')!;
  const values = (table.dataSync() as Float32Array).slice();
  const position = (t: number): Float32Array => sinusoidalPositions(1, 8, t);
  for (let i = 0; i < 8; i++) {
    const shift = (position(from)[i] - position(at)[i]) / Math.sqrt(8);
    values[copy * 8 + i] = values[id * 8 + i] + shift;
  }
  table.assign(tf.tensor2d(values, [9, 8]));
}

describe.each(decoders)('a prefix of the %s decoder', (_, make) => {
  it('is read as if its words had been written', () => {
    const decoder = make();
    // 0 2 5 | 7 8, of which 7 and 8 look as 0 and 4 do at the first two positions
    disguise(decoder, 7, 3, 0, 0);
    disguise(decoder, 8, 4, 4, 1);
    const written = decoder.logits(memory, text(0, 2, 5, 7, 8), EVALUATION);
    const prefix = decoder.embed(text(0, 2, 5), EVALUATION);
    const read = decoder.logits(memory, text(0, 4), EVALUATION, { prefix });
    expect(largestError(read.dataSync(), tf.slice(written, [0, 3, 0], [1, 2, 9]).dataSync())).toBeLessThan(
      1e-5,
    );
    decoder.dispose();
  });

  it('stays before padding: the words after it do not see padding', () => {
    const decoder = make();
    const prefix = randomTensor<tf.Rank.R3>([1, 3, 8], new Random(5));
    const cut = decoder.logits(memory, text(0, 3, 5), EVALUATION, { prefix });
    const padded = decoder.logits(memory, text(0, 3, 5, 0, 0), EVALUATION, { prefix });
    expect(largestError(tf.slice(padded, 0, [1, 3, 9]).dataSync(), cut.dataSync())).toBeLessThan(1e-6);
    decoder.dispose();
  });

  it('takes nothing of the longest report', async () => {
    const decoder = make();
    const prefix = randomTensor<tf.Rank.R3>([1, 20, 8], new Random(5));
    const options = { maxLength: 12, forbidden: [], prefix };
    const { tokens, scores } = await generate(decoder, memory, options);
    const [words] = tokens;
    const logs = tf.logSoftmax(
      decoder.logits(memory, text(...[0, ...words].slice(0, 12)), EVALUATION, { prefix }),
    );
    const rows = logs.arraySync() as number[][][];
    const sum = rows[0].reduce((total, row, t) => total + row[words[t] ?? 0], 0);
    expect(scores[0]).toBeCloseTo(sum, 3);
    expect((await generate(decoder, memory, { maxLength: 12 })).scores[0]).not.toBeCloseTo(scores[0], 3);
    decoder.dispose();
  });

  it('has the rows and the width of the memory', () => {
    const decoder = make();
    const read = (shape: [number, number, number]) => () =>
      decoder.logits(memory, text(0, 1), EVALUATION, { prefix: tf.zeros(shape) });
    expect(read([2, 3, 8])).toThrow(/prefix must be \[1, q, 8\] for this memory, got \[2,3,8\]/);
    expect(read([1, 3, 7])).toThrow(/got \[1,3,7\]/);
    expect(() => decoder.start(memory, { prefix: tf.zeros([2, 3, 8]) })).toThrow(
      /prefix must be \[1, q, 8\]/,
    );
    decoder.dispose();
  });
});

describe.each(['beam', 'greedy', 'sample'] as const)('%s with a prefix and absent places', (method) => {
  it('writes the same alone and in a batch, and what each study alone calls for', async () => {
    const decoder = decoders[0][1]();
    const tokens = randomTensor<tf.Rank.R3>([4, 6, 8], new Random(4));
    const present = tf.tensor2d(
      [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0],
      [4, 6],
    );
    const prefix = randomTensor<tf.Rank.R3>([4, 3, 8], new Random(5));
    const options = { method, maxLength: 10, random: new Random(4) };
    const all = await generate(decoder, memoryPart('patches', tokens, present), { ...options, prefix });
    for (let i = 0; i < 4; i++) {
      const there = (present.arraySync() as number[][])[i].flatMap((x, place) => (x === 1 ? [place] : []));
      const cut = tf.gather(tf.slice(tokens, i, 1), tf.tensor1d(there, 'int32'), 1);
      const own = { ...options, prefix: tf.slice(prefix, i, 1) };
      // each place in a batch draws its own numbers: only the first study draws the same alone
      if (method === 'sample' && i > 0) break;
      const one = await generate(decoder, memoryPart('patches', cut), own);
      expect(one.tokens[0]).toEqual(all.tokens[i]);
      expect(one.scores[0]).toBeCloseTo(all.scores[i], 4);
    }
    decoder.dispose();
  });
});
