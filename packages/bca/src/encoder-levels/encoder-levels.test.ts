import '@tensorflow/tfjs-backend-cpu';
import {
  applyTransformerEncoder,
  assignValues,
  EVALUATION,
  Parameters,
  Random,
  transformerEncoder,
} from '@raca/core';
import { checkFusion, errorOfTensor, featuresOf, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from '../golden-case';
import { encoderLevels } from '../index';

const small = { width: 8, heads: 2, feedForward: 12, layers: 2, dropout: 0 };
const make = (config: object = {}) => encoderLevels({ ...small, ...config }, new Random(1));
const fuse = (fusion: ReturnType<typeof make>, patches: tf.Tensor3D, present: tf.Tensor2D | null = null) => {
  const [b, p] = patches.shape;
  const features = featuresOf(patches, present);
  return fusion.fuse({ features, masks: tf.zeros([b, 12, p]), context: null }, EVALUATION);
};

describe('encoderLevels', () => {
  it.each([1, 3])('satisfies the contract with %s layers', (layers) => {
    const passed = checkFusion((width, random) => encoderLevels({ ...small, width, layers }, random));
    expect(passed).toEqual(
      expect.arrayContaining(['batched = single', 'gradients equal central differences']),
    );
  });

  it('has the last level first, which is that of a plain Transformer', () => {
    const fusion = make({ layers: 3 });
    const patches = randomTensor<tf.Rank.R3>([2, 5, 8], new Random(2));
    const memory = fuse(fusion, patches);
    expect(memory.parts.map(({ name, from, to }) => `${name} ${from}-${to}`)).toEqual([
      'patches 0-5',
      'level-1 5-10',
      'level-2 10-15',
    ]);
    const p = Parameters.create(new Random(1));
    const plain = transformerEncoder(p.scope('encoder'), { ...small, layers: 3 });
    for (const [name, variable] of p.all) {
      assignValues(variable, fusion.parameters.get(name)!.dataSync() as Float32Array);
    }
    const expected = applyTransformerEncoder(plain, patches, null, EVALUATION);
    expect(tf.slice(memory.tokens, [0, 0, 0], [2, 5, 8]).dataSync()).toEqual(expected.dataSync());
    // the first level is that of the first layer alone
    const first = fuse(make({ layers: 1 }), patches).tokens; // its norm is new, like that of the level
    const level = tf.slice(memory.tokens, [0, 5, 0], [2, 5, 8]).dataSync();
    expect(errorOfTensor(level, first.dataSync(), 1)).toBeLessThan(1e-6);
  });

  it('has the same patches at every level', () => {
    const present = tf.tensor2d([1, 1, 0], [1, 3]);
    const memory = fuse(make(), randomTensor<tf.Rank.R3>([1, 3, 8], new Random(2)), present);
    expect([...memory.present!.dataSync()]).toEqual([1, 1, 0, 1, 1, 0]);
  });

  it('names what does not fit', () => {
    expect(() => make({ heads: 3 })).toThrow(/heads must divide/);
    expect(() => make({ layers: 0 })).toThrow(/layers/);
    expect(() => fuse(make(), tf.zeros([2, 5, 9]))).toThrow(
      'encoderLevels: patches must be [b, p, 8], got [2,5,9]',
    );
  });
});

/** Where the case keeps a weight of ours. */
function levelName(own: string): string {
  const [, layer, part, inner, leaf] = /^encoder\.layers\.(\d+)\.(\w+)\.(\w+)\.(\w+)$/.exec(own) ?? [];
  if (layer === undefined) {
    const [, which, gain] = /^(encoder\.norm|norms\.0)\.(\w+)$/.exec(own)!;
    return `model.encoder.norms.${which === 'norms.0' ? 0 : 1}.${gain}`;
  }
  const at = `model.encoder.layers.${layer}`;
  if (part === 'norms') return `${at}.sublayer.${inner}.norm.${leaf}`;
  if (part === 'feedForward') return `${at}.feed_forward.${inner === 'inner' ? 'w_1' : 'w_2'}.${leaf}`;
  return `${at}.self_attn.linears.${['query', 'key', 'value', 'output'].indexOf(inner)}.${leaf}`;
}

it.skipIf(!hasGolden('systems/kiut'))(
  'values of the levels (skipped where ../shared/golden is absent)',
  () => {
    const golden = new GoldenCase('systems/kiut');
    const fusion = make();
    for (const [name, variable] of fusion.parameters) assignValues(variable, golden.own(levelName(name)));
    const patches = golden.tensor<tf.Tensor3D>('patches');
    const { tokens } = fuse(fusion, patches);
    const [last, first] = tf.split(tokens, 2, 1);
    expect(errorOfTensor(first.dataSync(), golden.values('level.0'), 0.1)).toBeLessThan(1e-5);
    expect(errorOfTensor(last.dataSync(), golden.values('level.1'), 0.1)).toBeLessThan(1e-5);
  },
);
