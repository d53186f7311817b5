import '@tensorflow/tfjs-backend-cpu';
import { crossEntropy, memoryPart, Random, type ReportDecoder } from '@raca/core';
import { type ModuleLayer, tokenBatch } from '@raca/core/layers';
import { checkLayer, gradientError, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { generate } from './index';
import {
  ExpertDecoderLayer,
  MemoryMatrixDecoderLayer,
  nextTokens,
  RelationalMemoryDecoderLayer,
  TransformerDecoderLayer,
  tokenLoss,
} from './layers';

const [b, m, d, V] = [2, 4, 8, 7];
const memory = randomTensor<tf.Rank.R3>([b, m, d], new Random(3));
const tokens = tf.tensor2d([0, 3, 5, 0, 0, 0, 2, 6, 1, 0], [b, 5], 'int32');
const present = tf.tensor2d([1, 1, 1, 1, 1, 1, 0, 0], [b, m]);
const size = {
  name: 'writer',
  width: d,
  heads: 2,
  feedForward: 12,
  layers: 1,
  dropout: 0,
  vocabularySize: V,
};

const LAYERS: Record<string, (returnEmbedded: boolean) => ModuleLayer<ReportDecoder>> = {
  transformerDecoder: (returnEmbedded) => new TransformerDecoderLayer({ ...size, returnEmbedded }),
  relationalMemoryDecoder: (returnEmbedded) => new RelationalMemoryDecoderLayer({ ...size, returnEmbedded }),
  memoryMatrixDecoder: (returnEmbedded) =>
    new MemoryMatrixDecoderLayer({ ...size, memoryRows: 5, topK: 3, returnEmbedded }),
  expertDecoder: (returnEmbedded) => new ExpertDecoderLayer({ ...size, experts: 3, returnEmbedded }),
};

describe.each(Object.entries(LAYERS))('%s as a layer', (_, make) => {
  it.each([
    ['all places', [memory, tokens], false],
    ['some places, embedded tokens too', [memory, tokens, present], true],
  ])('is its module, of %s', async (_, inputs, returnEmbedded) => {
    const passed = await checkLayer({
      make: () => make(returnEmbedded),
      inputs,
      run(decoder, [places, ids, there = null], pass) {
        const read = memoryPart('patches', places as tf.Tensor3D, there as tf.Tensor2D | null);
        const logits = decoder.logits(read, tokenBatch(ids), pass);
        return returnEmbedded ? [logits, decoder.embed(tokenBatch(ids), pass)] : logits;
      },
    });
    expect(passed).toContain('saved and loaded, the same output');
  });
});

describe('TransformerDecoderLayer', () => {
  it('takes reports of any length, and refuses a memory of another width before it runs', () => {
    const layer = LAYERS.transformerDecoder(false);
    const ids = tfl.input({ shape: [null], dtype: 'int32' });
    const out = layer.apply([tfl.input({ shape: [null, d] }), ids]) as tfl.SymbolicTensor;
    expect(out.shape).toEqual([null, null, V]);
    expect(() => layer.apply([tfl.input({ shape: [m, 5] }), ids])).toThrow(/writer.*axis 2.*value 8/);
    layer.dispose();
    expect(() => new TransformerDecoderLayer({ ...size, heads: 3 })).toThrow(/heads must divide width/);
    expect(() => LAYERS.transformerDecoder(false).module).toThrow('layer writer: apply it');
  });

  it('writes reports with its module once it is trained', async () => {
    const layer = new TransformerDecoderLayer({ ...size, dropout: 0.1 });
    const inputs = [tfl.input({ shape: [m, d] }), tfl.input({ shape: [5], dtype: 'int32' })];
    const model = tfl.model({ inputs, outputs: layer.apply(inputs) as tfl.SymbolicTensor });
    const optimizer = tf.train.adam(0.02);
    model.compile({ optimizer, loss: tokenLoss });
    const targets = nextTokens(tokens, V);
    await model.fit([memory, tokens], targets, { epochs: 60, verbose: 0, shuffle: false });
    const { tokens: reports } = await generate(layer.module, memoryPart('patches', memory), {
      maxLength: 5,
      beam: 2,
    });
    expect(reports).toEqual([
      [3, 5],
      [2, 6, 1],
    ]);
    tf.dispose(targets);
    optimizer.dispose();
    model.dispose();
  });
});

describe('tokenLoss', () => {
  it('counts words and the end of each report', () => {
    const targets = nextTokens(tokens, V);
    const next = tf.tidy(() => tf.argMax(targets, 2).dataSync());
    expect([...next]).toEqual([3, 5, 0, 0, 0, 2, 6, 1, 0, 0]);
    expect([...tf.tidy(() => tf.sum(targets, 2).dataSync())]).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 0]);
    const logits = randomTensor<tf.Rank.R3>([b, 5, V], new Random(9));
    const flat = tf.reshape(logits, [-1, V]) as tf.Tensor2D;
    const counted = Float32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 0);
    const expected = crossEntropy(flat, Int32Array.of(3, 5, 0, 0, 0, 2, 6, 1, 0, 0), counted);
    expect(tokenLoss(targets, logits).dataSync()[0]).toBeCloseTo(expected.dataSync()[0], 5);
    const weight = tf.variable(logits);
    const loss = () => tokenLoss(targets, weight);
    expect(gradientError(loss, new Map([['logits', weight]]), new Random(2))).toBeLessThan(1e-2);
  });

  it('refuses an id that is no token', () => {
    expect(() => nextTokens(tokens, 6)).toThrow('nextTokens: ids must be in [0, 6), got 6');
  });
});
