import { useBackend } from '@raca/backend/node';
import { BatchProgram, type DecoderState, Random, type ReportDecoder } from '@raca/core';
import { beamSearch, greedy, transformerDecoder } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

/** The same decoder without the hint that lets it record its steps. */
const unhinted = (decoder: ReportDecoder): Pick<ReportDecoder, 'start' | 'step'> => ({
  start: (memory) => decoder.start(memory),
  step: (state: DecoderState, tokens) => decoder.step(state, tokens),
});

const found = await useBackend({ prefer: ['native'] }).catch((error: Error) => error);
const missing = found instanceof Error ? found.message : '';

describe.skipIf(missing !== '')(`decoding by recorded steps ${missing}`, () => {
  const sizes = { width: 32, heads: 4, feedForward: 48, layers: 2, vocabularySize: 23, maxLength: 40 };
  /** Its reports end, each at its own length. */
  const decoder = () => {
    const made = transformerDecoder(sizes, new Random(3));
    const bias = new Float32Array(23);
    bias[0] = 2;
    made.parameters.get('output.bias')!.assign(tf.tensor1d(bias));
    return made;
  };
  const memory = (n: number, seed: number) => tf.randomNormal<tf.Rank.R3>([n, 7, 32], 0, 1, 'float32', seed);

  beforeAll(() => tf.setBackend('native').then(() => undefined));

  it.each([
    ['beam 3', beamSearch({ beam: 3, maxLength: 12 })],
    ['beam 2 with trigram penalty', beamSearch({ beam: 2, maxLength: 12, trigramPenalty: 1.4 })],
    ['greedy', greedy({ maxLength: 12 })],
    ['beam 3 without two words', beamSearch({ beam: 3, maxLength: 12, forbidden: [5, 9] })],
    ['greedy without two words', greedy({ maxLength: 12, forbidden: [5, 9] })],
  ])('%s writes what it writes step by step, alone and together', async (_, search) => {
    const own = decoder();
    expect(BatchProgram.records).toBe(true);
    const [recorded, plain] = [await search(own, memory(5, 1)), await search(unhinted(own), memory(5, 1))];
    expect(recorded.tokens).toEqual(plain.tokens);
    expect(new Set(recorded.tokens.map(({ length }) => length)).size).toBeGreaterThan(1); // studies end at other times
    tf.test_util.expectArraysClose(recorded.scores, plain.scores, 1e-4);
    for (let i = 0; i < 5; i++) {
      const one = tf.slice(memory(5, 1), [i, 0, 0], [1, 7, 32]);
      expect((await search(own, one)).tokens[0]).toEqual(plain.tokens[i]);
    }
    own.dispose();
  });

  it('follows weights that have changed', async () => {
    const own = decoder();
    const search = greedy({ maxLength: 12 });
    await search(own, memory(2, 2));
    const weight = own.parameters.get('layers.0.selfAttention.value.weight')!;
    weight.assign(tf.mul(weight, -3));
    expect((await search(own, memory(2, 2))).scores[0]).toBeCloseTo(
      (await search(unhinted(own), memory(2, 2))).scores[0],
      4,
    );
    own.dispose();
  });

  it('runs a step as one program, also when the cache grows and studies end', async () => {
    const own = decoder();
    const write = () => beamSearch({ beam: 3, maxLength: 40 })(own, memory(4, 3));
    await write();
    const backend = tf.backend() as unknown as { run: (...args: unknown[]) => void };
    const { run } = backend;
    let kernels = 0;
    backend.run = (...args) => {
      kernels++;
      run.apply(backend, args);
    };
    await write();
    backend.run = run;
    expect(kernels).toBeLessThan(20); // keys and values of the memory; some 60 a step otherwise
    own.dispose();
  });

  it('leaves no tensor behind', async () => {
    const own = decoder();
    const one = memory(3, 3);
    await beamSearch({ beam: 3, maxLength: 12 })(own, one);
    const before = tf.memory().numTensors;
    await beamSearch({ beam: 3, maxLength: 12 })(own, one);
    expect(tf.memory().numTensors).toBe(before);
    own.dispose();
  });

  it('names rows that do not fit', () => {
    const own = decoder();
    const state = own.start(memory(2, 1), 2);
    expect(() => state.select([0, 0, 0])).toThrow('started for 2 rows a study, got 3');
    expect(() => state.select([2])).toThrow('rows must be integers in [0, 2), got 2');
    expect(() => own.step(state, [1])).toThrow('one token for each of 2 rows, got 1');
    state.dispose();
    own.dispose();
  });
});
