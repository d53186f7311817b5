import '@tensorflow/tfjs-backend-cpu';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encoderLevels } from '@raca/bca';
import {
  assignValues,
  crossEntropy,
  EVALUATION,
  parseSafetensors,
  Random,
  toFloat32,
  valueAndGradients,
} from '@raca/core';
import { errorOfTensor, featuresOf } from '@raca/core/testing';
import { publishedName, uLinkedDecoder } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../../../shared/golden/systems/kiut/', import.meta.url));

/** Where the case keeps a weight of the fusion. */
const levelName = (own: string): { name: string; transpose: boolean } => {
  const [, which, gain] = /^(encoder\.norm|norms\.0)\.(\w+)$/.exec(own) ?? [];
  if (which) return { name: `model.encoder.norms.${which === 'norms.0' ? 0 : 1}.${gain}`, transpose: false };
  return publishedName(own);
};

it.skipIf(!existsSync(folder))(
  'levels of the encoder and layers of the decoder: values and gradients of U-links (skipped where ../shared/golden is absent)',
  () => {
    const files = ['io', 'weights'].map(
      (x) => parseSafetensors(readFileSync(`${folder}${x}.safetensors`)).tensors,
    );
    const tensor = (name: string): tf.Tensor => {
      const stored = files.map((tensors) => tensors.get(name)).find((x) => x !== undefined)!;
      return tf.tensor(toFloat32(stored), [...stored.shape]);
    };
    const sizes = { width: 8, heads: 2, feedForward: 12, layers: 2, dropout: 0 };
    const fusion = encoderLevels(sizes, new Random(1));
    const decoder = uLinkedDecoder({ ...sizes, vocabularySize: 12, maxLength: 7 }, new Random(1));
    const all = [
      ...[...fusion.parameters].map(([name, variable]) => ({ variable, ...levelName(name) })),
      ...[...decoder.parameters].map(([name, variable]) => ({ variable, ...publishedName(name) })),
    ];
    const own = (name: string, transpose: boolean): Float32Array => {
      const x = tensor(name);
      return (transpose ? tf.transpose(x) : x).dataSync() as Float32Array;
    };
    for (const { variable, name, transpose } of all) assignValues(variable, own(name, transpose));
    const patches = tf.variable(tensor('patches'));
    const seq = tensor('seq').arraySync() as number[][];
    const read = { ids: Int32Array.from(seq.flatMap((row) => row.slice(0, -1))), shape: [2, 6] as const };
    const targets = Int32Array.from(seq.flatMap((row) => row.slice(1)));
    const mask = tensor('mask').arraySync() as number[][];
    const counted = Float32Array.from(mask.flatMap((row) => row.slice(1)));
    const loss = () => {
      const features = featuresOf(patches as unknown as tf.Tensor3D);
      const memory = fusion.fuse({ features, masks: tf.zeros([2, 12, 6]), context: null }, EVALUATION);
      const logits = decoder.logits(memory, read, EVALUATION);
      return crossEntropy(tf.reshape(logits, [-1, 12]) as tf.Tensor2D, targets, counted);
    };
    const named = new Map([
      ...all.map(({ name, variable }) => [name, variable] as const),
      ['patches', patches] as const,
    ]);
    const { value, gradients } = valueAndGradients(loss, named);
    expect(errorOfTensor(value.dataSync(), tensor('loss').dataSync(), 0.1)).toBeLessThan(1e-5);
    expect(gradients.size).toBe(named.size);
    const transposed = new Set(all.filter(({ transpose }) => transpose).map(({ name }) => name));
    for (const [name, gradient] of gradients) {
      const expected = own(`grad.${name}`, transposed.has(name));
      expect(errorOfTensor(gradient.dataSync(), expected, 0.01), name).toBeLessThan(1e-4);
    }
    fusion.dispose();
    decoder.dispose();
  },
);
