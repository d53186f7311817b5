import '@tensorflow/tfjs-backend-cpu';
import {
  assignValues,
  crossEntropy,
  EVALUATION,
  joinMemories,
  type Memory,
  memoryPart,
  Random,
  type TokenBatch,
  targetsOf,
  valueAndGradients,
} from '@raca/core';
import { checkDecoder, errorOfTensor, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { transformerDecoder, uLinkedDecoder } from '../index';
import { publishedName } from '../published-name';

const sizes = {
  width: 8,
  heads: 2,
  feedForward: 12,
  layers: 2,
  maxLength: 12,
  vocabularySize: 9,
  dropout: 0,
};
const make = (config: object = {}) => uLinkedDecoder({ ...sizes, ...config }, new Random(1));
const random = new Random(2);
const part = (name: string, m: number) => memoryPart(name, randomTensor<tf.Rank.R3>([2, m, 8], random));
const tokens: TokenBatch = { ids: Int32Array.of(0, 3, 4, 0, 5, 6), shape: [2, 3] };
const logits = (decoder: ReturnType<typeof make>, memory: Memory) =>
  decoder.logits(memory, tokens, EVALUATION);

/** Logits of both reports written token by token. */
function stepByStep(decoder: ReturnType<typeof make>, memory: Memory): tf.Tensor {
  const state = decoder.start(memory);
  const steps = [0, 1, 2].map((j) => decoder.step(state, [tokens.ids[j], tokens.ids[3 + j]]));
  state.dispose();
  return tf.stack(steps, 1);
}

describe('uLinkedDecoder', () => {
  it('satisfies the contract', () => {
    const passed = checkDecoder((width, vocabularySize, random) =>
      uLinkedDecoder({ ...sizes, width, vocabularySize }, random),
    );
    expect(passed).toEqual(
      expect.arrayContaining(['a masked place = a memory without it', 'gradients equal central differences']),
    );
  });

  it('is the plain decoder where the memory has no levels', () => {
    const memory = joinMemories([part('patches', 4), part('indication', 2)]);
    const plain = transformerDecoder(sizes, new Random(1)).logits(memory, tokens, EVALUATION);
    expect(errorOfTensor(logits(make(), memory).dataSync(), plain.dataSync(), 0.1)).toBeLessThan(1e-6);
  });

  it('reads a level a layer, and what is none at every layer', () => {
    const [last, first, other] = [part('patches', 4), part('level-1', 4), part('indication', 2)];
    const same = { ...last, parts: [{ ...last.parts[0], name: 'level-1' }] };
    const found = (...parts: Memory[]) => logits(make(), joinMemories(parts)).dataSync();
    const plain = transformerDecoder(sizes, new Random(1)).logits(
      joinMemories([last, other]),
      tokens,
      EVALUATION,
    );
    // where both levels hold the same, it is the plain decoder of one of them
    expect(errorOfTensor(found(last, same, other), plain.dataSync(), 0.1)).toBeLessThan(1e-6);
    expect(errorOfTensor(found(last, first, other), plain.dataSync(), 0.1)).toBeGreaterThan(1e-3);
    expect(errorOfTensor(found(last, first), found(last, first, other), 0.1)).toBeGreaterThan(1e-3);
  });

  it('writes step by step what it reads by teacher forcing, absent patches left out', () => {
    const present = tf.tensor2d([1, 1, 1, 0, 1, 1, 1, 1], [2, 4]);
    const [last, first] = ['patches', 'level-1'].map((name) => ({ ...part(name, 4), present }));
    const memory = joinMemories([last, first, part('indication', 2)]);
    const decoder = make();
    const whole = logits(decoder, memory);
    expect(errorOfTensor(stepByStep(decoder, memory).dataSync(), whole.dataSync(), 0.1)).toBeLessThan(1e-5);
    const dirty = tf.add(
      memory.tokens,
      tf.mul(tf.sub(1, tf.expandDims(memory.present!, 2)), 50),
    ) as tf.Tensor3D;
    const other = logits(decoder, { ...memory, tokens: dirty }).dataSync();
    expect(errorOfTensor(other, whole.dataSync(), 0.1)).toBeLessThan(1e-6);
  });

  it('names what does not fit, and leaves no tensor', () => {
    const two = joinMemories([part('patches', 4), part('level-1', 4), part('level-2', 4)]);
    expect(() => logits(make(), two)).toThrow(
      'uLinkedDecoder: 2 layers read level-1, patches, found the levels level-1, level-2',
    );
    expect(() => make({ layers: 3 }).start(part('level-1', 4))).toThrow(
      /3 layers read level-1, level-2, patches/,
    );
    expect(() => make({ heads: 3 })).toThrow(/heads must divide/);
    const memory = joinMemories([part('patches', 4), part('level-1', 4)]);
    const decoder = make();
    expect(leakedTensors(() => logits(decoder, memory))).toBe(0);
    expect(leakedTensors(() => tf.tidy(() => stepByStep(decoder, memory)))).toBe(0);
  });
});

it.skipIf(!hasGolden('systems/kiut'))(
  'values and gradients of linked layers (skipped where ../shared/golden is absent)',
  () => {
    const golden = new GoldenCase('systems/kiut');
    const decoder = uLinkedDecoder({ ...sizes, vocabularySize: 12 }, new Random(1));
    const own = (name: string, prefix = ''): Float32Array => {
      const published = publishedName(name);
      const x = golden.tensor<tf.Tensor2D>(prefix + published.name);
      return (published.transpose ? tf.transpose(x) : x).dataSync() as Float32Array;
    };
    for (const [name, variable] of decoder.parameters) assignValues(variable, own(name));
    const level = (name: string, as: string) => memoryPart(as, golden.tensor<tf.Tensor3D>(name));
    const memory = joinMemories([level('level.1', 'patches'), level('level.0', 'level-1')]);
    const all = golden.values('seq');
    const [b, n] = [2, 7];
    const read: TokenBatch = {
      ids: Int32Array.from(
        { length: b * (n - 1) },
        (_, k) => all[Math.floor(k / (n - 1)) * n + (k % (n - 1))],
      ),
      shape: [b, n - 1],
    };
    const logProbabilities = tf.logSoftmax(decoder.logits(memory, read, EVALUATION));
    expect(errorOfTensor(logProbabilities.dataSync(), golden.values('logprobs'), 0.1)).toBeLessThan(1e-5);
    const mask = golden.values('mask');
    const { targets } = targetsOf({ ids: Int32Array.from(all), shape: [b, n] });
    const counted = Float32Array.from(
      { length: b * (n - 1) },
      (_, k) => mask[Math.floor(k / (n - 1)) * n + (k % (n - 1)) + 1],
    );
    const loss = (memory: Memory) =>
      crossEntropy(
        tf.reshape(decoder.logits(memory, read, EVALUATION), [-1, 12]) as tf.Tensor2D,
        targets,
        counted,
      );
    const { value, gradients } = valueAndGradients(() => loss(memory), decoder.parameters);
    expect(errorOfTensor(value.dataSync(), golden.values('loss'), 0.1)).toBeLessThan(1e-5);
    expect(gradients.size).toBe(decoder.parameters.size);
    for (const [name, gradient] of gradients) {
      expect(errorOfTensor(gradient.dataSync(), own(name, 'grad.'), 0.01), name).toBeLessThan(1e-4);
    }
    const standard = loss(level('level.1', 'patches'));
    expect(errorOfTensor(standard.dataSync(), golden.values('loss_standard'), 0.1)).toBeLessThan(1e-5);
  },
);
