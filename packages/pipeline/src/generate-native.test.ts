import { useBackend } from '@raca/backend/node';
import {
  BatchProgram,
  type DecoderState,
  EVALUATION,
  joinMemories,
  type Memory,
  memoryPart,
  type Pass,
  Random,
  type ReportDecoder,
  valueAndGradients,
} from '@raca/core';
import { largestError } from '@raca/core/testing';
import { beamSearch, greedy, transformerDecoder } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

/** The same decoder without the hint that lets it record its steps. */
const unhinted = (decoder: ReportDecoder): Pick<ReportDecoder, 'start' | 'step'> => ({
  start: (memory, { prefix } = {}) => decoder.start(memory, { prefix }),
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
  const random = (n: number, length: number, seed: number) =>
    tf.randomNormal<tf.Rank.R3>([n, length, 32], 0, 1, 'float32', seed);
  const memory = (n: number, seed: number): Memory => memoryPart('patches', random(n, 7, seed));
  /** The same where place i of study i is not there, and the last in none. */
  const holed = (n: number, seed: number): Memory => {
    const present = Float32Array.from({ length: n * 7 }, (_, i) => (i % 7 === 6 || i % 8 === 0 ? 0 : 1));
    return memoryPart('patches', random(n, 7, seed), tf.tensor2d(present, [n, 7]));
  };
  const only = ({ tokens, present }: Memory, i: number): Memory =>
    memoryPart('patches', tf.slice(tokens, i, 1), present && tf.slice(present, i, 1));

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
      expect((await search(own, only(memory(5, 1), i))).tokens[0]).toEqual(plain.tokens[i]);
    }
    own.dispose();
  });

  it.each([
    ['absent places', holed(5, 1), undefined],
    ['a prefix', memory(5, 1), random(5, 3, 7)],
    ['a prefix longer than the first cache', memory(5, 1), random(5, 18, 7)],
    ['absent places and a prefix', holed(5, 1), random(5, 3, 7)],
    ['more places', joinMemories([memory(5, 1), memory(5, 2)]), undefined],
    ['more places, some absent', joinMemories([memory(5, 1), holed(5, 2)]), undefined],
  ])('with %s writes what it writes step by step, alone and together', async (_, places, prefix) => {
    const own = decoder();
    const search = beamSearch({ beam: 3, maxLength: 30 });
    const [other, recorded, plain] = [
      await search(own, memory(5, 1)),
      await search(own, places, { prefix }),
      await search(unhinted(own), places, { prefix }),
    ];
    expect(recorded.tokens).toEqual(plain.tokens);
    expect(recorded.tokens).not.toEqual(other.tokens);
    tf.test_util.expectArraysClose(recorded.scores, plain.scores, 1e-4);
    for (let i = 0; i < 5; i++) {
      const alone = await search(own, only(places, i), { prefix: prefix && tf.slice(prefix, i, 1) });
      expect(alone.tokens[0]).toEqual(plain.tokens[i]);
    }
    own.dispose();
  });

  it('records teacher forcing with absent places and a prefix: the gradients of the plain decoder', () => {
    const [places, prefix] = [holed(3, 1), tf.variable(random(3, 3, 7))];
    const tokens = { ids: Int32Array.of(0, 4, 5, 0, 9, 0, 0, 1, 2), shape: [3, 3] as const };
    const target = tf.randomNormal([3, 3, 23], 0, 1, 'float32', 8);
    const run = (own: ReportDecoder, pass: Pass) =>
      valueAndGradients(
        () => {
          const options = { prefix: prefix as unknown as tf.Tensor3D };
          return tf.mean(tf.mul(own.logits(places, tokens, pass, options), target)) as tf.Scalar;
        },
        new Map([...own.parameters, ['prefix', prefix]]),
      );
    const own = transformerDecoder({ ...sizes, dropout: 0 }, new Random(3));
    const [first, second, recorded] = [1, 2, 3].map(() => run(own, EVALUATION)); // traced, confirmed, run
    const { gradients } = tf.backend() as unknown as { gradients: { refusals: readonly string[] } };
    expect(gradients.refusals).toEqual([]);
    // with dropout, if next to none, kernel by kernel
    const dropping = transformerDecoder({ ...sizes, dropout: 1e-9 }, new Random(3));
    const plain = run(dropping, { training: true, random: new Random(1) });
    expect([...recorded.gradients.keys()]).toContain('prefix');
    for (const { value, gradients } of [first, second, recorded]) {
      expect(value.dataSync()[0]).toBeCloseTo(plain.value.dataSync()[0], 5);
      for (const [name, gradient] of plain.gradients) {
        const error = largestError(gradients.get(name)!.dataSync(), gradient.dataSync());
        expect(error, name).toBeLessThan(1e-5);
      }
    }
    own.dispose();
    dropping.dispose();
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

  it.each([
    ['', memory(4, 3), memory(4, 3)],
    [' with absent places', holed(4, 3), holed(4, 3)],
    [' of a longer memory', memory(4, 3), memoryPart('patches', random(4, 19, 3))],
    [' of a longer memory with absent places', holed(4, 3), joinMemories([holed(4, 3), memory(4, 5)])],
  ])('runs a step%s as one program, also when the cache grows and studies end', async (_, first, places) => {
    const own = decoder();
    const write = () => beamSearch({ beam: 3, maxLength: 40 })(own, places);
    await beamSearch({ beam: 3, maxLength: 40 })(own, first);
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

  it.each([
    ['', memory(3, 3), undefined],
    [' of absent places and a prefix', holed(3, 3), random(3, 2, 5)],
  ])('leaves no tensor%s behind', async (_, one, prefix) => {
    const own = decoder();
    await beamSearch({ beam: 3, maxLength: 12 })(own, one, { prefix });
    const before = tf.memory().numTensors;
    await beamSearch({ beam: 3, maxLength: 12 })(own, one, { prefix });
    expect(tf.memory().numTensors).toBe(before);
    own.dispose();
  });

  it('names rows that do not fit', () => {
    const own = decoder();
    const state = own.start(memory(2, 1), { rowsPerStudy: 2 });
    expect(() => state.select([0, 0, 0])).toThrow('started for 2 rows a study, got 3');
    expect(() => state.select([2])).toThrow('rows must be integers in [0, 2), got 2');
    expect(() => own.step(state, [1])).toThrow('one token for each of 2 rows, got 1');
    state.dispose();
    own.dispose();
  });
});
