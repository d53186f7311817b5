import '@tensorflow/tfjs-backend-cpu';
import { assignValues, EVALUATION, memoryPart, Parameters, Random, type TokenBatch, zeros } from '@raca/core';
import { checkDecoder, largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { type ExpertDecoderConfig, expertDecoder, transformerDecoder } from '../index';
import { applyExperts, type Experts, experts, nextBalance } from './experts';

const small = { heads: 2, feedForward: 12, layers: 2, maxLength: 12 };
const make = (config: Partial<ExpertDecoderConfig> = {}) =>
  expertDecoder({ ...small, width: 8, vocabularySize: 9, experts: 4, ...config }, new Random(3));
const memoryOf = (b: number) => memoryPart('patches', randomTensor([b, 6, 8], new Random(2)));
const tokens: TokenBatch = { ids: Int32Array.of(0, 3, 5, 7, 0, 2, 0, 0), shape: [2, 4] };

/** Of the reference: largest |a − e| / max(floor, largest |e|). */
const off = (found: ArrayLike<number>, expected: Float32Array, floor: number): number =>
  largestError(found, expected) / expected.reduce((most, x) => Math.max(most, Math.abs(x)), floor);

describe('applyExperts, golden moerad (skipped where ../shared/golden is absent)', () => {
  const skip = !hasGolden('systems/moerad');
  const [d, e, f] = [6, 5, 24];
  const flipped = (golden: GoldenCase, name: string): tf.Tensor2D =>
    tf.transpose(golden.tensor<tf.Tensor2D>(name));
  /** The experts' tensors of one kind: gate, first matrix or bias, second matrix or bias. */
  const parts = (golden: GoldenCase, prefix = '') => {
    const each = (layer: number, kind: 'weight' | 'bias'): tf.Tensor[] =>
      Array.from({ length: e }, (_, i) => {
        const name = `${prefix}experts.${i}.${layer}.${kind}`;
        return kind === 'weight' ? flipped(golden, name) : golden.tensor(name);
      });
    return new Map<string, tf.Tensor>([
      ['gate.weight', flipped(golden, `${prefix}gate.weight`)],
      ['gate.bias', golden.tensor(`${prefix}gate.bias`)],
      ['inner.weight', tf.concat(each(0, 'weight'), 1)],
      ['inner.bias', tf.concat(each(0, 'bias'))],
      ['outer.weight', tf.concat(each(2, 'weight'), 0)],
      ['outer.bias', tf.stack(each(2, 'bias'))],
    ]);
  };
  const load = (golden: GoldenCase, balanced = true) => {
    const p = Parameters.create(new Random(1));
    const sizes = { count: e, top: 2, activation: 'gelu' as const, width: d, feedForward: f };
    const own = experts(p, sizes, zeros);
    for (const [name, value] of parts(golden)) p.all.get(name)!.assign(value);
    if (balanced) own.balance.assign(golden.tensor('expert_biases'));
    return { own, all: p.all };
  };
  const masked = (own: Experts, x: tf.Tensor3D, golden: GoldenCase): tf.Tensor3D =>
    tf.mul(applyExperts(own, x, 0, EVALUATION).out, tf.expandDims(golden.tensor('mask'), 2));

  it.skipIf(skip)('gives the output, the choice and the next balance', () => {
    const golden = new GoldenCase('systems/moerad');
    const { own } = load(golden);
    const x = golden.tensor<tf.Tensor3D>('x');
    const mask = golden.tensor<tf.Tensor2D>('mask');
    expect(off(masked(own, x, golden).dataSync(), golden.values('out'), 0.1)).toBeLessThan(1e-5);
    const { chosen } = applyExperts(own, x, 0, EVALUATION);
    const hot = tf.sum(tf.oneHot(tf.cast(golden.tensor<tf.Tensor3D>('selected'), 'int32'), e), 2);
    const real = tf.expandDims(mask, 2);
    expect(tf.mul(chosen, real).dataSync()).toEqual(tf.mul(tf.cast(hot, 'float32'), real).dataSync());
    const next = nextBalance(own, chosen, mask, 0.01).dataSync();
    expect(off(next, golden.values('bias_next'), 0.1)).toBeLessThan(1e-5);
  });

  it.skipIf(skip)('gives what the published program writes, which leaves the bias out', () => {
    const golden = new GoldenCase('systems/moerad');
    const { own } = load(golden, false);
    const { out } = applyExperts(own, golden.tensor<tf.Tensor3D>('x'), 0, EVALUATION);
    expect(off(out.dataSync(), golden.values('unmasked.out'), 0.1)).toBeLessThan(1e-5);
  });

  it.skipIf(skip)('has the published gradients', () => {
    const golden = new GoldenCase('systems/moerad');
    const { own, all } = load(golden);
    const probe = golden.tensor('probe.out');
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(masked(own, x as tf.Tensor3D, golden), probe));
    const x = golden.tensor('x');
    expect(off(tf.grad(loss)(x).dataSync(), golden.values('grad.x'), 0.01)).toBeLessThan(1e-4);
    const trained = [...all].filter(([, variable]) => variable.trainable);
    const { value, grads } = tf.variableGrads(
      () => loss(x),
      trained.map(([, variable]) => variable),
    );
    expect(off(value.dataSync(), golden.values('loss'), 0.1)).toBeLessThan(1e-5);
    const expected = parts(golden, 'grad.');
    for (const [name, variable] of trained) {
      const wanted = expected.get(name)!.dataSync() as Float32Array;
      expect(off(grads[variable.name].dataSync(), wanted, 0.01), name).toBeLessThan(1e-4);
    }
    expect(trained).toHaveLength(expected.size);
  });
});

describe('expertDecoder', () => {
  it.each(['raca', 'published'] as const)('%s satisfies the contract', (variant) => {
    const checks = checkDecoder((width, vocabularySize, random) =>
      expertDecoder({ ...small, variant, experts: 4, width, vocabularySize }, random),
    );
    expect(checks).toContain('cached = full decoding');
  });

  it('is the plain decoder where there is one expert and its gate is open', () => {
    const sizes = { ...small, width: 8, vocabularySize: 9 };
    const plain = transformerDecoder(sizes, new Random(3));
    const own = make({ experts: 1, top: 1, activation: 'relu' });
    for (const [name, variable] of own.parameters) {
      const gate = /experts\.gate\.(weight|bias)$/.exec(name)?.[1];
      const same = plain.parameters.get(name.replace('experts', 'feedForward'));
      if (gate)
        variable.assign(tf.fill(variable.shape, gate === 'bias' ? 40 : 0)); // σ(40) = 1 in float32
      else if (same) assignValues(variable, same.dataSync() as Float32Array);
    }
    const memory = memoryOf(2);
    const [a, b] = [own, plain].map((decoder) => decoder.logits(memory, tokens, EVALUATION).dataSync());
    expect(largestError(a, b)).toBeLessThan(1e-6);
  });

  it('moves the balance in training alone, up for experts that few words took', () => {
    const own = make({ experts: 3, top: 1, balanceRate: 0.5, layers: 1, dropout: 0 });
    const [bias, balance] = ['gate.bias', 'balance'].map(
      (name) => own.parameters.get(`layers.0.experts.${name}`)!,
    );
    bias.assign(tf.tensor1d([9, 0, 0])); // all words take the first expert
    own.logits(memoryOf(2), tokens, EVALUATION);
    expect([...balance.dataSync()]).toEqual([0, 0, 0]);
    own.logits(memoryOf(2), tokens, { training: true, random: new Random(1) });
    expect([...balance.dataSync()]).toEqual([-0.5, 0.5, 0.5]);
    expect(balance.trainable).toBe(false);
  });

  it('leaves nothing behind in a training step', () => {
    const own = make();
    const memory = memoryOf(2);
    const trained = [...own.parameters.values()].filter(({ trainable }) => trainable);
    const step = (): void => {
      const pass = { training: true, random: new Random(1) } as const;
      const { value, grads } = tf.variableGrads(
        () => tf.mean(own.logits(memory, tokens, pass)) as tf.Scalar,
        trained,
      );
      tf.dispose([value, grads]);
    };
    expect(leakedTensors(step)).toBe(0);
  });

  it('names what does not fit', () => {
    expect(() => make({ top: 5 })).toThrow(/top must be at most experts/);
    expect(() => make().step({} as never, [0])).toThrow(/a state made by start/);
    expect(() => make().logits(memoryOf(1), tokens, EVALUATION)).toThrow(/1 rows, tokens have 2/);
  });
});
