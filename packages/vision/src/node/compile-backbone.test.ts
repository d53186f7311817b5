import { loadGraphCompiler } from '@raca/backend/node';
import { EVALUATION, Random, type VisionBackbone } from '@raca/core';
import { largestError, leakedTensors, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTorchvision } from '../resnet/load-torchvision';
import { resnet } from '../resnet/resnet';
import { smallCnn } from '../small-cnn';
import { goldenPath, goldenTensor, readGolden } from '../testing/golden';
import { formulaImage, formulaWeights } from '../testing/torchvision-formula';
import { startWasm } from '../testing/wasm';
import { type CompiledBackbone, compileBackbone } from './compile-backbone';

const compile = await loadGraphCompiler({ threads: 1 }).catch(() => null);
const why = compile ? 'onnxruntime found' : 'onnxruntime absent';
await startWasm();

describe.skipIf(!compile)(`compiled backbone (${why})`, () => {
  const backbones: CompiledBackbone[] = [];
  const compiled = (backbone: VisionBackbone): CompiledBackbone => {
    backbones.push(compileBackbone(backbone, compile!));
    return backbones.at(-1)!;
  };
  afterAll(() => {
    for (const backbone of backbones) backbone.dispose();
  });

  it.each([
    [
      'small-cnn',
      smallCnn({ channels: [4, 6, 8], inputSize: 24, residuals: 2, frozen: true }, new Random(3)),
      24,
    ],
    [
      'small-cnn, odd sizes',
      smallCnn({ channels: [4, 6], stem: 4, inputSize: 40, frozen: true }, new Random(3)),
      40,
    ],
    ['resnet50', resnet({ depth: 50 }, new Random(4)), 33],
  ] as const)('equals the layer-by-layer result: %s', (_, backbone, size) => {
    shake(backbone);
    const images = randomTensor<tf.Rank.R5>([2, 2, size, size, 3], new Random(5));
    const fast = compiled(backbone);
    const [expected, found] = [backbone.extract(images, EVALUATION), fast.extract(images, EVALUATION)];
    expect(found.grid).toEqual(expected.grid);
    expect(found.patches.shape).toEqual(expected.patches.shape);
    expect(largestError(found.patches.dataSync(), expected.patches.dataSync())).toBeLessThan(1e-3);
    expect(leakedTensors(() => fast.extract(images, EVALUATION).patches)).toBe(0);
    tf.dispose([images, expected.patches, found.patches]);
  });

  it('sees weights that are assigned later', () => {
    const backbone = smallCnn({ channels: [4], inputSize: 8, residuals: 0, frozen: true }, new Random(3));
    const fast = compiled(backbone);
    const images = randomTensor<tf.Rank.R5>([1, 1, 8, 8, 3], new Random(5));
    const before = fast.extract(images, EVALUATION).patches.dataSync();
    shake(backbone);
    const after = fast.extract(images, EVALUATION).patches.dataSync();
    expect(largestError(after, before)).toBeGreaterThan(1e-2);
    expect(largestError(after, backbone.extract(images, EVALUATION).patches.dataSync())).toBeLessThan(1e-4);
  });

  const path = goldenPath('resnet/resnet18.safetensors');
  it.skipIf(!path)(`agrees with torchvision (${path ? 'found' : 'golden values absent'})`, () => {
    const golden = readGolden('resnet/resnet18.safetensors');
    const size = Number(golden.metadata.size);
    const backbone = resnet({ depth: 18 }, new Random(1));
    loadTorchvision(backbone, { tensors: formulaWeights(backbone), metadata: {} });
    const { shape, data } = compiled(backbone).run({ shape: [1, size, size, 3], data: formulaImage(size) });
    expect(shape).toEqual([1, 7, 7, 512]);
    const slice = Float32Array.from({ length: 49 * 64 }, (_, i) => data[Math.floor(i / 64) * 512 + (i % 64)]);
    const pooled = Float32Array.from({ length: 512 }, (_, d) => {
      let sum = 0;
      for (let p = 0; p < 49; p++) sum += data[p * 512 + d];
      return sum / 49;
    });
    expect(largestError(slice, goldenTensor(golden, 'patch_slice').data)).toBeLessThan(1e-3);
    expect(largestError(pooled, goldenTensor(golden, 'pooled').data)).toBeLessThan(1e-3);
  });
});

it('refuses backbones that train, and those without a graph', () => {
  const never = () => {
    throw new Error('not reached');
  };
  const trained = smallCnn({ channels: [4], inputSize: 8 }, new Random(3));
  expect(() => compileBackbone(trained, never)).toThrow(
    'compileBackbone: expected a frozen backbone, got a trained smallCnn',
  );
  const { info, parameters, width, extract, dispose } = trained;
  expect(() => compileBackbone({ info, parameters, width, extract, dispose, frozen: true }, never)).toThrow(
    'compileBackbone: the backbone smallCnn has no graph',
  );
});

/** Moves every weight, running statistics too, so that nothing is at its neutral start. */
function shake({ parameters }: VisionBackbone): void {
  const random = new Random(9);
  for (const [name, variable] of parameters) {
    const spread = /running_var|gamma|bn\d?\.weight|downsample\.1\.weight/.test(name) ? 0.2 : 0.02;
    const values = variable.dataSync<'float32'>().map((x) => x + spread * (2 * random.next() - 1));
    const moved = tf.tensor(values, variable.shape);
    variable.assign(moved);
    moved.dispose();
  }
}
