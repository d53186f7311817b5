import '@tensorflow/tfjs-backend-cpu';
import { assignValues, EVALUATION, memoryPart, Random, type TokenBatch } from '@raca/core';
import { checkDecoder, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { generate, publishedName, relationalMemoryDecoder } from '../index';
import { firstMemory } from './relational-memory';

const small = { heads: 2, feedForward: 12, layers: 2, maxLength: 12, memoryHeads: 4 };
const make = (config: object = {}) =>
  relationalMemoryDecoder(
    { ...small, variant: 'published', width: 8, vocabularySize: 9, ...config },
    new Random(3),
  );
const tokens: TokenBatch = { ids: Int32Array.of(0, 3, 5, 7), shape: [1, 4] };

describe('relationalMemoryDecoder', () => {
  it.each(['raca', 'published'] as const)('%s satisfies the contract', (variant) => {
    const checks = checkDecoder((width, vocabularySize, random) =>
      relationalMemoryDecoder({ ...small, variant, width, vocabularySize }, random),
    );
    expect(checks).toEqual(expect.arrayContaining(['cached = full decoding', 'batched = single']));
    expect(checks).toContain('gradients equal central differences');
  });

  it('starts from unit vectors, cut or padded to d', () => {
    expect(firstMemory(1, 2, 3).arraySync()).toEqual([
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ]);
    expect(firstMemory(2, 3, 2).arraySync()[1]).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
  });

  it('with all weights 0 halves its first memory twice a token: worked by hand', () => {
    const decoder = make({ slots: 2 });
    for (const [name, variable] of decoder.parameters) {
      if (name.startsWith('relationalMemory.')) assignValues(variable, new Float32Array(variable.size));
    }
    // gates σ(0) = 1/2, M'' = M: M ← tanh(M)/2 + M/2
    const next = (x: number): number => (Math.tanh(x) + x) / 2;
    const memories = decoder.memories(tokens, EVALUATION).arraySync()[0];
    let one = 1;
    for (const memory of memories) {
      one = next(one);
      const expected = new Array(16).fill(0);
      expected[0] = one;
      expected[9] = one;
      tf.test_util.expectArraysClose(memory, expected, 1e-6);
    }
  });

  it('begins as a plain Transformer in the variant raca: the memory moves no norm', () => {
    const decoder = make({ variant: 'raca' });
    const memory = memoryPart('patches', randomTensor([1, 6, 8], new Random(2)));
    const before = decoder.logits(memory, tokens, EVALUATION).dataSync();
    const weight = decoder.parameters.get('relationalMemory.tokenGates.bias')!;
    assignValues(weight, new Float32Array(weight.size).fill(5));
    expect([...decoder.logits(memory, tokens, EVALUATION).dataSync()]).toEqual([...before]);
    const bias = decoder.parameters.get('layers.0.norms.1.gammaMlp.outer.weight')!;
    assignValues(bias, new Float32Array(bias.size).fill(1));
    expect([...decoder.logits(memory, tokens, EVALUATION).dataSync()]).not.toEqual([...before]);
  });

  it('writes with every search the same alone and in a batch, and leaves no tensor', async () => {
    const decoder = make();
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
    expect(leakedTensors(() => decoder.memories(tokens, EVALUATION))).toBe(0);
  });

  it('names what does not fit', () => {
    expect(() => make({ memoryHeads: 3 })).toThrow(/memoryHeads must divide width/);
    expect(() => make({ heads: 3 })).toThrow(/heads must divide width/);
    expect(() => make({ slot: 3 })).toThrow(/slot/);
    const decoder = make();
    const memory = memoryPart('patches', tf.zeros([2, 6, 8]));
    expect(() => decoder.logits(memory, tokens, EVALUATION)).toThrow(/2 rows.*1/);
    expect(() => decoder.logits(memoryPart('patches', tf.zeros([1, 6, 7])), tokens, EVALUATION)).toThrow(
      /\[b, m, 8\].*\[1,6,7\]/,
    );
    expect(() => decoder.embed({ ids: new Int32Array(13), shape: [1, 13] }, EVALUATION)).toThrow(/12.*13/);
    const state = decoder.start(memory);
    expect(() => decoder.step(state, [0])).toThrow(/2 rows.*1/);
    expect(() => decoder.step(state, [0, 9])).toThrow(/got 9/);
    expect(() => state.select([2])).toThrow(/\[0, 2\).*2/);
    expect(() => state.select([])).toThrow(/at least one/);
    for (let i = 0; i < 12; i++) decoder.step(state, [0, 0]).dispose();
    expect(() => decoder.step(state, [0, 0])).toThrow(/at most 12/);
    expect(() => publishedName('relationalMemory.mlp.middle.weight')).toThrow(/middle/);
  });
});
