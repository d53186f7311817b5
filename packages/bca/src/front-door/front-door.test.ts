import '@tensorflow/tfjs-backend-cpu';
import { assignValues, EVALUATION, Parameters, Random, valueAndGradients } from '@raca/core';
import { checkFusion, errorOfTensor, featuresOf, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { frontDoor } from '../index';
import { frontDoorStep } from './front-door-step';
import { attendOpposed, opposedAttention } from './local-tokens';
import { mediate, mediator } from './mediator';

const small = { width: 8, heads: 2, feedForward: 12 };
const make = (config: object = {}) => frontDoor({ ...small, ...config }, new Random(1));
const patches = randomTensor<tf.Rank.R3>([1, 4, 8], new Random(2));
const fuse = (fusion: ReturnType<typeof make>, masks: tf.Tensor3D, x = patches) =>
  fusion.fuse({ features: featuresOf(x), masks, context: null }, EVALUATION).tokens;

it('frontDoorStep matches values worked by hand', () => {
  // X = (0, ln 3), M = (1): the mediator reads 1/4 · 0 + 3/4 · ln 3, which every token then reads whole
  const x = tf.tensor3d([0, Math.log(3)], [1, 2, 1]);
  const expected = 0.75 * Math.log(3);
  tf.test_util.expectArraysClose(frontDoorStep(x, tf.tensor3d([1], [1, 1, 1])).dataSync(), [
    expected,
    expected,
  ]);
  // two mediators (1, 0): they read ¾ ln 3 and ½ ln 3; the first token asks both alike, the second 3 : 1
  const [far, near] = frontDoorStep(x, tf.tensor3d([1, 0], [1, 2, 1])).dataSync();
  expect(far).toBeCloseTo(((0.75 + 0.5) / 2) * Math.log(3), 6);
  expect(near).toBeCloseTo((0.75 * 0.75 + 0.25 * 0.5) * Math.log(3), 6);
});

describe('frontDoor', () => {
  it.each([false, true])('satisfies the contract, projections: %s', (projections) => {
    const passed = checkFusion((width, random) => frontDoor({ ...small, width, projections }, random));
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
    expect(checkFusion((width, random) => frontDoor({ ...small, width }, random), { regions: 3 })).toContain(
      'batched = single',
    );
  });

  it('is the patches themselves where the step gives nothing', () => {
    const fusion = make({ projections: true });
    for (const leaf of ['weight', 'bias']) {
      const variable = fusion.parameters.get(`step.out.output.${leaf}`)!;
      assignValues(variable, new Float32Array(variable.size));
    }
    expect(fuse(fusion, tf.ones([1, 2, 4])).dataSync()).toEqual(patches.dataSync());
  });

  it('does not mind a region without patches, nor the order of regions', () => {
    const fusion = make();
    const masks = tf.tensor3d([1, 1, 0, 0, 0, 0, 1, 1], [1, 2, 4]);
    const expected = fuse(fusion, masks).dataSync();
    const empty = tf.concat([masks, tf.zeros([1, 3, 4])], 1) as tf.Tensor3D;
    expect(errorOfTensor(fuse(fusion, empty).dataSync(), expected, 1)).toBeLessThan(1e-5);
    expect(errorOfTensor(fuse(fusion, tf.reverse(masks, 1)).dataSync(), expected, 1)).toBeLessThan(1e-5);
    const others = tf.tensor3d([1, 0, 1, 0, 0, 1, 0, 1], [1, 2, 4]);
    expect(errorOfTensor(fuse(fusion, others).dataSync(), expected, 1)).toBeGreaterThan(1e-3);
  });

  it('lets the gradient through to the masks', () => {
    const fusion = make();
    const random = new Random(3);
    const soft = tf.add(0.5, tf.mul(0.1, randomTensor<tf.Rank.R3>([1, 2, 4], random))) as tf.Tensor3D;
    const target = randomTensor<tf.Rank.R3>([1, 4, 8], random);
    const loss = (m: tf.Tensor) => tf.sum(tf.mul(fuse(fusion, m as tf.Tensor3D), target)) as tf.Scalar;
    const direction = randomTensor<tf.Rank.R3>([1, 2, 4], random);
    const at = (h: number) => loss(tf.add(soft, tf.mul(direction, h))).dataSync()[0];
    const exact = tf.sum(tf.mul(tf.grad(loss)(soft), direction)).dataSync()[0];
    expect(Math.abs(exact)).toBeGreaterThan(1e-3);
    expect((at(3e-3) - at(-3e-3)) / 6e-3 / exact).toBeCloseTo(1, 1);
  });

  it('names what does not fit, and leaves no tensor', () => {
    expect(() => make({ heads: 3 })).toThrow(/heads must divide/);
    expect(() => make({ layers: 3 })).toThrow(/layers/);
    expect(() => fuse(make(), tf.ones([1, 2, 4]), tf.zeros([1, 4, 9]))).toThrow(
      'frontDoor: patches must be [b, p, 8]',
    );
    expect(() => fuse(make(), tf.ones([1, 2, 5]))).toThrow('frontDoor: masks must be [1,r,4]');
    const [fusion, masks] = [make(), tf.ones<tf.Rank.R3>([1, 2, 4])];
    expect(leakedTensors(() => fuse(fusion, masks))).toBe(0);
  });
});

/** Where the case keeps a weight of ours. */
function nameOf(own: string): string {
  const [first, second, ...rest] = own.split('.');
  const linears = ['query', 'key', 'value', 'output'];
  if (first === 'opposed') {
    if (second === 'attention') return `caam.attn.linears.${linears.indexOf(rest[0])}.${rest[1]}`;
    if (second === 'norms') return `caam.sublayer_${rest[0] === '0' ? 'attn' : 'ff'}.norm.${rest[1]}`;
    return `caam.feed_forward.${rest[0] === 'inner' ? 'w_1' : 'w_2'}.${rest[1]}`;
  }
  if (first === 'step')
    return `projected.af_${second === 'in' ? 1 : 2}.${rest[0] === 'query' ? 'q' : 'out'}.${rest[1]}`;
  if (second === 'norms') return `fuse.norm${{ local: '_l', global: '_g', both: '' }[rest[0]]}.${rest[1]}`;
  if (second === 'local' || second === 'global') {
    return `fuse.${second === 'local' ? 'llf' : 'lgf'}.linears.${linears.indexOf(rest[0])}.${rest[1]}`;
  }
  return `fuse.${{ projection: 'proj', inner: 'fc.0', outer: 'fc.1' }[second]}.${rest[0]}`;
}

describe('values of VLCI (skipped where ../shared/golden is absent)', () => {
  const skip = !hasGolden('systems/vlci');
  const setUp = () => {
    const golden = new GoldenCase('systems/vlci');
    const p = Parameters.create(new Random(1));
    const opposed = opposedAttention(p.scope('opposed'), { width: 8, heads: 2, feedForward: 16 });
    const own = mediator(p.scope('mediator'), 8, 2);
    const module = frontDoor({ ...small, projections: true }, new Random(1));
    const step = new Map([...module.parameters].filter(([name]) => name.startsWith('step.')));
    for (const [name, variable] of [...p.all, ...step]) assignValues(variable, golden.own(nameOf(name)));
    const linear = (name: string) => ({
      weight: step.get(`${name}.weight`)!,
      bias: step.get(`${name}.bias`)!,
    });
    const projections = ['in', 'out'].map((part) => ({
      query: linear(`step.${part}.query`),
      output: linear(`step.${part}.output`),
    }));
    const names = ['x', 'local', 'global', 'step.x', 'step.mediator'];
    const inputs = new Map(names.map((name) => [name, tf.variable(golden.tensor(name))]));
    const input = (name: string) => inputs.get(name) as unknown as tf.Tensor3D;
    const absent = { local: null, global: null };
    const near = () => attendOpposed(opposed, input('local'), null);
    const mediates = () => mediate(own, tf.slice(near(), [0, 1, 0], [2, 4, 8]), input('global'), absent);
    const outputs = {
      caam: near,
      mediator: mediates,
      out: () => tf.add(input('x'), frontDoorStep(input('x'), mediates())),
      'step.out': () => frontDoorStep(input('step.x'), input('step.mediator')),
      'projected.out': () =>
        frontDoorStep(input('step.x'), input('step.mediator'), absent, projections as never),
    };
    return { golden, outputs, weights: new Map([...p.all, ...step]), inputs };
  };

  it.skipIf(skip)('values', () => {
    const { golden, outputs } = setUp();
    for (const [name, run] of Object.entries(outputs)) {
      expect(errorOfTensor(run().dataSync(), golden.values(name), 0.1), name).toBeLessThan(1e-5);
    }
  });

  it.skipIf(skip).each([
    ['loss', 'out', 'probe.out', 'grad.', 3 + 44],
    ['loss_step', 'step.out', 'probe.step', 'grad.loss_step/', 2],
    ['loss_projected', 'projected.out', 'probe.projected', 'grad.loss_projected/', 2 + 8],
  ] as const)('gradients of %s', (name, output, probe, prefix, count) => {
    const { golden, outputs, weights, inputs } = setUp();
    const loss = () => tf.sum(tf.mul(outputs[output](), golden.tensor(probe))) as tf.Scalar;
    const { value, gradients } = valueAndGradients(loss, new Map([...weights, ...inputs]));
    expect(errorOfTensor(value.dataSync(), golden.values(name), 0.1)).toBeLessThan(1e-5);
    expect(gradients.size).toBe(count);
    for (const [own, gradient] of gradients) {
      const theirs = prefix + (inputs.has(own) ? own : nameOf(own));
      expect(errorOfTensor(gradient.dataSync(), golden.own(theirs), 0.01), theirs).toBeLessThan(1e-4);
    }
  });
});
