import '@tensorflow/tfjs-backend-cpu';
import type { NamedParameters, StoredTensor } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { importPublished, publishedParameter } from './import-published';
import { buildModel } from './modules';
import { publishedConfig } from './presets';

const tiny = (agent: string | null = 'published') => {
  const { model } = publishedConfig();
  const small = { heads: 2, feedForward: 6, layers: 1 };
  return buildModel(
    {
      ...model,
      width: 8,
      imageSize: 32,
      maxLength: 5,
      backbone: null,
      vision: { use: 'visual-transformer', config: { variant: 'published', ...small, inputWidth: 4 } },
      agent: agent === null ? null : { use: agent, config: agent === 'published' ? { hidden: 3 } : {} },
      alignment: { use: 'contrastive', config: { variant: 'published', projection: 3, ...small } },
      fusion: { use: 'bca', config: { variant: 'published', attentionWidth: 2 } },
      decoder: { use: 'transformer', config: { variant: 'published', ...small } },
    },
    { vocabularySize: 7, separator: 1, seed: 1 },
  );
};

/** A published weight for each parameter: 0, 1, 2, … in PyTorch's layout. */
function published(parameters: NamedParameters): Map<string, StoredTensor> {
  return new Map(
    [...parameters].map(([own, variable]) => {
      const { name, transpose } = publishedParameter(own);
      const values = Float32Array.from({ length: variable.size }, (_, i) => i);
      const shape = transpose ? [...variable.shape].reverse() : variable.shape;
      return [name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }];
    }),
  );
}

const values = (parameters: NamedParameters) =>
  new Map([...parameters].map(([name, variable]) => [name, [...variable.dataSync()]]));

describe('importPublished', () => {
  it('turns matrices, keeps tables, skips what is no weight', () => {
    const model = tiny();
    const tensors = published(model.parameters);
    tensors.set('model.tgt_embed.1.pe', { dtype: 'F32', shape: [0], bytes: new Uint8Array(0) });
    importPublished(model, tensors);
    const now = values(model.parameters);
    expect(now.get('fusion.query.bias')).toEqual([0, 1]);
    // W_q is [2, 8] there: rows 0…7 and 8…15; ours pairs them
    expect(now.get('fusion.query.weight')!.slice(0, 6)).toEqual([0, 8, 1, 9, 2, 10]);
    expect(now.get('decoder.embedding.weight')!.slice(0, 3)).toEqual([0, 1, 2]);
    expect(now.get('agent.embedding.weight')!.slice(0, 3)).toEqual([0, 1, 2]);
    expect(tensors.size).toBe(model.parameters.size + 1);
    model.dispose();
  });

  it.each([
    ['relational-memory', { memoryHeads: 4 }, 0, 'model.rm.W.weight'],
    ['memory-matrix', { visualLayers: 2, memoryRows: 5, topK: 2 }, 2, 'memory_matrix'],
  ])('takes the weights of an ancestor with %s, under its names', (use, more, visualLayers, mark) => {
    const small = { variant: 'published', heads: 2, feedForward: 6, layers: 1 };
    const layers = visualLayers > 0 ? 0 : 1;
    const model = buildModel(
      {
        ...publishedConfig().model,
        ...{ width: 8, maxLength: 5, backbone: null, agent: null, alignment: null, fusion: null },
        vision: { use: 'visual-transformer', config: { ...small, layers, inputWidth: 4 } },
        decoder: { use, config: { ...small, ...more } },
      },
      { vocabularySize: 7, separator: 1, seed: 1 },
    );
    const tensors = published(model.parameters);
    expect(tensors.size).toBe(model.parameters.size); // no two parameters share a name
    expect(tensors.has(mark)).toBe(true);
    // R2GenCMN's names of γ and β
    const renamed = new Map(
      [...tensors].map(([name, x]) => [
        name.replace(/\.norm\.gamma$/, '.norm.a_2').replace(/\.norm\.beta$/, '.norm.b_2'),
        x,
      ]),
    );
    importPublished(model, renamed);
    expect([...values(model.parameters)].every(([, x]) => x.slice(0, 2).includes(0))).toBe(true);
    model.dispose();
  });

  it('turns filters from OIHW to HWIO', () => {
    const own = 'vision.backbone.conv1.weight';
    const variable = tf.variable(tf.zeros([7, 7, 3, 64]));
    const { name } = publishedParameter(own);
    expect(name).toBe('visual_extractor.model.0.weight');
    const data = Float32Array.from({ length: 64 * 3 * 49 }, (_, i) => i);
    const filter: StoredTensor = { dtype: 'F32', shape: [64, 3, 7, 7], bytes: new Uint8Array(data.buffer) };
    importPublished({ parameters: new Map([[own, variable]]) }, new Map([[name, filter]]));
    // at the first place of the field: output 0, 1, … of channel 0, which lie 3 · 49 apart
    expect([...variable.dataSync().slice(0, 3)]).toEqual([0, 147, 294]);
    variable.dispose();
  });

  it('names what does not fit and changes nothing', () => {
    const model = tiny();
    const before = values(model.parameters);
    const whole = published(model.parameters);
    const edited = (edit: (tensors: Map<string, StoredTensor>) => void): Map<string, StoredTensor> => {
      const tensors = new Map(whole);
      edit(tensors);
      return tensors;
    };
    const without = edited((t) => t.delete('logit.bias'));
    expect(() => importPublished(model, without, 'w.safetensors')).toThrow(
      'w.safetensors: weight logit.bias (decoder.output.bias) is missing',
    );
    const bias = whole.get('logit.bias')!;
    const extra = edited((t) => t.set('model.extra', { ...bias, bytes: bias.bytes.slice() }));
    const twice = edited((t) =>
      t.set('module.encoder_decoder.logit.bias', { ...bias, bytes: bias.bytes.map((x) => x ^ 1) }),
    );
    expect(() => importPublished(model, twice)).toThrow(
      'weight logit.bias is there twice, with different values',
    );
    const shared = edited((t) => t.set('model.again', bias)); // another name of the same bytes
    expect(() => importPublished(tiny(), shared)).not.toThrow();
    expect(() => importPublished(model, extra)).toThrow('the model has no weight model.extra');
    const table = whole.get('logit.weight')!;
    const turned = edited((t) => t.set('logit.weight', { ...table, shape: [8, 7] }));
    expect(() => importPublished(model, turned)).toThrow(
      'weight logit.weight (decoder.output.weight) must have shape [7,8], found [8,7]',
    );
    expect(values(model.parameters)).toEqual(before);
    model.dispose();
  });

  it('says that variants differ', () => {
    const model = tiny('raca');
    expect(() => importPublished(model, new Map())).toThrow('every module must be of the published variant');
    expect(() => publishedParameter('memory.weight')).toThrow('memory.weight belongs to none of');
    model.dispose();
  });
});
