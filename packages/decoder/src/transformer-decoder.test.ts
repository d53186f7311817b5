import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, type Memory, memoryPart, Random, type ReportDecoder, type TokenBatch } from '@raca/core';
import { checkDecoder, largestError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  type GenerateOptions,
  generate,
  publishedName,
  type TransformerDecoderConfig,
  transformerDecoder,
} from './index';

const small = { heads: 2, feedForward: 12, layers: 2, maxLength: 12 };
const make = (config: Partial<TransformerDecoderConfig> = {}): ReportDecoder =>
  transformerDecoder(
    { ...small, variant: 'published', width: 8, vocabularySize: 9, ...config },
    new Random(3),
  );
const patches = (tokens: tf.Tensor3D): Memory => memoryPart('patches', tokens);
const memoryOf = (b: number, seed = 2): Memory => patches(randomTensor([b, 6, 8], new Random(seed)));
/** Study i alone. */
const only = ({ tokens }: Memory, i: number): Memory => patches(tf.slice(tokens, i, 1));
const batch = (rows: number[][]): TokenBatch => ({
  ids: Int32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});

describe('transformerDecoder', () => {
  it.each(['raca', 'published'] as const)('%s satisfies the contract', (variant) => {
    const checks = checkDecoder((width, vocabularySize, random) =>
      transformerDecoder({ ...small, variant, width, vocabularySize }, random),
    );
    expect(checks).toContain('gradients equal central differences');
  });

  it('does not let padding change the words before it', () => {
    const decoder = make();
    const cut = decoder.logits(memoryOf(1), batch([[0, 3, 5, 7]]), EVALUATION);
    const padded = decoder.logits(memoryOf(1), batch([[0, 3, 5, 7, 0, 0]]), EVALUATION);
    const head = tf.slice(padded, [0, 0, 0], [1, 4, 9]);
    expect(largestError(head.dataSync(), cut.dataSync())).toBeLessThan(1e-6);
  });

  it('draws dropout in training only', () => {
    const decoder = make({ dropout: 0.5 });
    const run = (seed: number): Float32Array =>
      decoder
        .logits(memoryOf(1), batch([[0, 3]]), { training: true, random: new Random(seed) })
        .dataSync() as Float32Array;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  // Even: each study has two rows, side by side, and shares its keys. Uneven: each row takes its own copy.
  it.each([
    ['even', [2, 2, 0, 0]],
    ['uneven', [1, 0, 0]],
    ['apart', [0, 1, 0, 1]],
    ['repeated twice', [1, 1, 1, 2, 2, 2]],
  ])('selected rows (%s) go on as full decoding does', (_, rows) => {
    const decoder = make();
    const memory = memoryOf(3);
    const state = decoder.start(memory);
    const words = [[0], [0], [0]];
    decoder.step(state, [0, 0, 0]);
    decoder.step(state, [4, 5, 6]);
    state.select(rows);
    decoder.step(
      state,
      rows.map((row, i) => 1 + ((row + i) % 8)),
    );
    const back = rows.map((_, i) => i).reverse();
    state.select(back);
    const logits = decoder.step(
      state,
      back.map(() => 7),
    );
    const texts = rows.map((row, i) => [...words[row], 4 + row, 1 + ((row + i) % 8), 7]).reverse();
    const order = [...rows].reverse();
    const full = decoder.logits(patches(tf.gather(memory.tokens, order)), batch(texts), EVALUATION);
    const last = tf.slice(full, [0, 3, 0], [rows.length, 1, 9]);
    expect(largestError(logits.dataSync(), last.dataSync())).toBeLessThan(1e-5);
  });

  it('names what does not fit', () => {
    const decoder = make();
    const memory = memoryOf(2);
    const tokens = batch([
      [0, 1],
      [0, 2],
    ]);
    expect(() =>
      decoder.logits(
        memory,
        batch([
          [0, 9],
          [0, 2],
        ]),
        EVALUATION,
      ),
    ).toThrow(/\[0, 9\).*9/);
    expect(() => decoder.logits(memory, batch([[0, 1]]), EVALUATION)).toThrow(/2 rows.*1/);
    expect(() => decoder.logits(patches(tf.zeros([2, 6, 7])), tokens, EVALUATION)).toThrow(
      /\[b, m, 8\].*\[2,6,7\]/,
    );
    expect(() => decoder.logits({ ...memory, present: tf.ones([2, 5]) }, tokens, EVALUATION)).toThrow(
      /presence must be \[2,6\].*\[2,5\]/,
    );
    expect(() => decoder.logits(memory, { ids: tokens.ids, shape: [2, 3] }, EVALUATION)).toThrow(
      /6 ids, got 4/,
    );
    expect(() => decoder.embed({ ids: new Int32Array(13), shape: [1, 13] }, EVALUATION)).toThrow(/12.*13/);
    const state = decoder.start(memory);
    expect(() => decoder.step(state, [0])).toThrow(/2 rows.*1/);
    expect(() => decoder.step(state, [0, 9])).toThrow(/got 9/);
    expect(() => state.select([2])).toThrow(/\[0, 2\).*2/);
    expect(() => state.select([])).toThrow(/at least one/);
    for (let i = 0; i < 12; i++) decoder.step(state, [0, 0]);
    expect(() => decoder.step(state, [0, 0])).toThrow(/at most 12/);
    expect(() => make({ heads: 3 })).toThrow(/heads must divide width/);
    expect(() => publishedName('layers.0.memory.weight')).toThrow(/layers\.0\.memory\.weight/);
  });
});

describe('generate', () => {
  const methods: [string, GenerateOptions][] = [
    ['beam', { maxLength: 10 }],
    ['greedy', { method: 'greedy', maxLength: 10 }],
    ['sample', { method: 'sample', maxLength: 10, random: new Random(4) }],
    ['beam without a word', { maxLength: 10, forbidden: [1] }],
    ['greedy without a word', { method: 'greedy', maxLength: 10, forbidden: [1] }],
    ['sample without a word', { method: 'sample', maxLength: 10, random: new Random(4), forbidden: [1] }],
  ];

  it.each(methods)('%s writes the same alone and in a batch', async (method, options) => {
    const decoder = make();
    const memory = memoryOf(4);
    const all = await generate(decoder, memory, options);
    expect(all.tokens.some((words) => words.length > 0)).toBe(true);
    if (method.startsWith('sample')) return; // each place in a batch draws its own numbers
    for (let i = 0; i < 4; i++) {
      const one = await generate(decoder, only(memory, i), options);
      expect(one.tokens[0]).toEqual(all.tokens[i]);
      expect(one.scores[0]).toBeCloseTo(all.scores[i], 4);
    }
  });

  it.each(methods)('%s gives the log-probability that teacher forcing gives', async (_, options) => {
    const decoder = make();
    const memory = memoryOf(2);
    const { tokens, scores } = await generate(decoder, memory, options);
    tokens.forEach((words, i) => {
      const read = [0, ...words].slice(0, 10);
      const logits = decoder.logits(only(memory, i), batch([read]), EVALUATION);
      const logs = tf.logSoftmax(logits).arraySync() as number[][][];
      const sum = read.reduce((total, _, t) => total + logs[0][t][words[t] ?? 0], 0);
      expect(scores[i]).toBeCloseTo(sum, 3);
    });
  });

  it('leaves no tensor after 20 reports', async () => {
    const decoder = make();
    const memory = memoryOf(2);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 10; i++) await generate(decoder, memory, methods[i % 3][1]);
    expect(tf.memory().numTensors).toBe(before);
    memory.tokens.dispose();
    decoder.dispose();
    expect(tf.memory().numTensors).toBe(before - 1 - decoder.parameters.size);
  });
});
