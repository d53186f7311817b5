import '@tensorflow/tfjs-backend-cpu';
import {
  type DecodingOptions,
  EVALUATION,
  type Memory,
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
    const { tokens, scores } = await generate(decoder, memory, { maxLength: 12, prefix });
    expect(scores[0]).toBeCloseTo(logProbability(decoder, memory, tokens[0], 12, { prefix }), 3);
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
  it('writes what each study calls for, with the log-probability of teacher forcing', async () => {
    const decoder = decoders[0][1]();
    const tokens = randomTensor<tf.Rank.R3>([4, 6, 8], new Random(4));
    const there = [
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5],
      [1, 2, 3, 4],
      [0, 2, 4],
    ];
    const present = tf.tensor2d(
      there.map((places) => [0, 1, 2, 3, 4, 5].map((i) => Number(places.includes(i)))),
    );
    const prefix = randomTensor<tf.Rank.R3>([4, 3, 8], new Random(5));
    const options = { method, maxLength: 10, random: new Random(4), prefix };
    const written = await generate(decoder, memoryPart('patches', tokens, present), options);
    there.forEach((places, i) => {
      const cut = tf.gather(tf.slice(tokens, i, 1), tf.tensor1d(places, 'int32'), 1);
      const read = { prefix: tf.slice(prefix, i, 1) };
      const sum = logProbability(decoder, memoryPart('patches', cut), written.tokens[i], 10, read);
      expect(written.scores[i]).toBeCloseTo(sum, 3);
    });
    decoder.dispose();
  });
});

/** Of the words and, before `maxLength`, the end, by teacher forcing. */
function logProbability(
  decoder: ReportDecoder,
  places: Memory,
  words: readonly number[],
  maxLength: number,
  options: DecodingOptions,
): number {
  const read = [0, ...words].slice(0, maxLength);
  const logits = decoder.logits(places, text(...read), EVALUATION, options);
  const [rows] = tf.logSoftmax(logits).arraySync() as number[][][];
  return rows.reduce((total, row, t) => total + row[words[t] ?? 0], 0);
}
