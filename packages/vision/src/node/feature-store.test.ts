import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVALUATION, parseSafetensors, Random } from '@raca/core';
import { leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encoderHash } from '../features/encoder-hash';
import { smallCnn } from '../small-cnn';
import { openFeatureStore } from './feature-store';
import { createFeatureWriter } from './feature-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'features-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = { encoder: 'abc', width: 2, grid: { rows: 1, cols: 2 }, shardImages: 2 } as const;
/** Four values that halves hold exactly. */
const values = (k: number): Float32Array => Float32Array.of(k, k + 0.5, -k, 0.25);
const fill = (ids: string[]): void => {
  const writer = createFeatureWriter(folder, options);
  ids.forEach((id) => {
    writer.add(id, values(Number(id)));
  });
  writer.flush();
};

it('gives back what was written, in any order, over several shards', () => {
  fill(['0', '1', '2', '3', '4']);
  expect(readdirSync(folder).sort()).toEqual([
    'index.json',
    ...[0, 1, 2].map((k) => `shard-0000${k}.safetensors`),
  ]);
  const store = openFeatureStore(folder, 'abc');
  expect(store.ids).toEqual(['0', '1', '2', '3', '4']);
  for (const k of [3, 0, 4, 1]) expect(store.read(`${k}`)).toEqual(values(k));
  const { patches, grid } = store.batch([
    ['4', '1'],
    ['0', '4'],
  ]);
  expect(grid).toEqual({ views: 2, rows: 1, cols: 2 });
  expect(patches.shape).toEqual([2, 4, 2]);
  expect([...patches.dataSync()]).toEqual([4, 1, 0, 4].flatMap((k) => [...values(k)]));
  expect(leakedTensors(() => store.batch([['1']]).patches)).toBe(0);
  store.close();
});

it('writes shards that any reader of safetensors understands', () => {
  fill(['7']);
  const { tensors, metadata } = parseSafetensors(readFileSync(join(folder, 'shard-00000.safetensors')));
  expect(metadata).toEqual({ encoder: 'abc' });
  expect(tensors.get('7')).toMatchObject({ dtype: 'F16', shape: [2, 2] });
});

it('keeps float32 exactly where asked', () => {
  const writer = createFeatureWriter(folder, { ...options, dtype: 'float32' });
  const exact = Float32Array.of(0.1, 1e-9, 1e9, -0.3);
  writer.add('a', exact);
  writer.flush();
  expect(openFeatureStore(folder).read('a')).toEqual(exact);
});

it('goes on after a break, with a shard beside the index overwritten', () => {
  fill(['0', '1']);
  writeFileSync(join(folder, 'shard-00001.safetensors'), 'cut'); // written, but killed before the index was
  const writer = createFeatureWriter(folder, options);
  expect([writer.has('1'), writer.has('2')]).toEqual([true, false]);
  writer.add('2', values(2));
  writer.flush();
  const store = openFeatureStore(folder);
  expect([store.read('1'), store.read('2')]).toEqual([values(1), values(2)]);
});

it('stores what a backbone gives, view by view', async () => {
  const backbone = smallCnn({ channels: [3], inputSize: 4, residuals: 0 }, new Random(1));
  const encoder = await encoderHash(backbone, 'none');
  const images = tf.randomNormal([2, 2, 4, 4, 3]) as tf.Tensor5D;
  const features = backbone.extract(images, EVALUATION);
  const ids = [
    ['a', 'b'],
    ['c', 'd'],
  ];
  const writer = createFeatureWriter(folder, {
    encoder,
    width: 3,
    grid: { rows: 2, cols: 2 },
    dtype: 'float32',
  });
  writer.addPatches(ids, features);
  writer.flush();
  const back = openFeatureStore(folder, encoder).batch(ids);
  expect(back.grid).toEqual(features.grid);
  expect(back.patches.dataSync()).toEqual(features.patches.dataSync());
  expect(() => writer.addPatches([['e']], features)).toThrow(/expected 2 × 2 ids/);
});

describe('encoderHash', () => {
  const hash = (seed: number, preparation = 'none') =>
    encoderHash(smallCnn({ channels: [3], inputSize: 4 }, new Random(seed)), preparation);

  it('follows weights and preparation', async () => {
    const all = await Promise.all([hash(1), hash(1), hash(2), hash(1, 'resize')]);
    expect(all[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(all[1]).toBe(all[0]);
    expect(new Set(all).size).toBe(3);
  });
});

describe('errors name the file, the expected and the found', () => {
  const shard = () => join(folder, 'shard-00000.safetensors');

  it('no store', () => {
    expect(() => openFeatureStore(folder)).toThrow(`${folder}: no feature store (index.json is missing)`);
  });

  it('another encoder, reading and writing', () => {
    fill(['0']);
    expect(() => openFeatureStore(folder, 'xyz')).toThrow(
      'index.json: features must come from the encoder xyz, found abc',
    );
    expect(() => createFeatureWriter(folder, { ...options, encoder: 'xyz' })).toThrow(
      'index.json: encoder must be "xyz", found "abc"',
    );
    expect(() => createFeatureWriter(folder, { ...options, width: 3 })).toThrow('width must be 3, found 2');
  });

  it('a missing image', () => {
    fill(['0']);
    expect(() => openFeatureStore(folder).read('1')).toThrow(`${folder}: no features of the image 1`);
  });

  it('a cut, missing or foreign shard', () => {
    fill(['0', '1']);
    const whole = readFileSync(shard());
    truncateSync(shard(), whole.length - 3);
    expect(() => openFeatureStore(folder)).toThrow(
      `shard-00000.safetensors: shard must have ${whole.length} bytes, found ${whole.length - 3}`,
    );
    writeFileSync(
      shard(),
      whole.map((byte, i) => (i < 8 ? 255 : byte)),
    );
    expect(() => openFeatureStore(folder)).toThrow(/header claims \d+ bytes of a file of/);
    const far = whole.toString('latin1').replace('"data_offsets":[8,16]', '"data_offsets":[9,17]');
    writeFileSync(shard(), far, 'latin1');
    expect(() => openFeatureStore(folder)).toThrow(/image 1 lies at \[9,17\], outside the file/);
    writeFileSync(shard(), whole.toString('latin1').replace('"F16"', '"F32"'), 'latin1');
    expect(() => openFeatureStore(folder)).toThrow(/image 0 must be \["F16",\[2,2\]\], found \["F32"/);
    writeFileSync(shard(), whole.toString('latin1').replace('"abc"', '"abd"'), 'latin1');
    expect(() => openFeatureStore(folder)).toThrow(/must come from the encoder abc, found abd/);
    rmSync(shard());
    expect(() => openFeatureStore(folder)).toThrow('shard-00000.safetensors: shard is missing');
  });

  it('images that lie on one another, stand twice, or are another number', () => {
    fill(['0', '1']);
    const whole = readFileSync(shard());
    writeFileSync(
      shard(),
      whole.toString('latin1').replace('"data_offsets":[8,16]', '"data_offsets":[4,12]'),
      'latin1',
    );
    expect(() => openFeatureStore(folder)).toThrow(
      'shard-00000.safetensors: image 1 overlaps the one before it',
    );
    writeFileSync(shard(), whole.toString('latin1').replace('"1":', '"0":'), 'latin1');
    expect(() => openFeatureStore(folder)).toThrow('shard must have 2 images, found 1');
    writeFileSync(shard(), whole);
    const path = join(folder, 'index.json');
    const index = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...index, shards: [index.shards[0], index.shards[0]] }));
    expect(() => openFeatureStore(folder)).toThrow('image 0 has features in an earlier shard already');
    writeFileSync(path, JSON.stringify({ ...index, grid: { rows: 1e9, cols: 1e9 } }));
    expect(() => openFeatureStore(folder)).toThrow(/index\.json: grid\.rows: /);
  });

  it('an index that is not one', () => {
    fill(['0']);
    const path = join(folder, 'index.json');
    const index = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...index, shards: [{ ...index.shards[0], file: '../x' }] }));
    expect(() => openFeatureStore(folder)).toThrow(/index\.json: shards\.0\.file: /);
    writeFileSync(path, '{');
    expect(() => openFeatureStore(folder)).toThrow(`${path}: not JSON`);
  });

  it('a second time, another size, a reserved name', () => {
    const writer = createFeatureWriter(folder, options);
    writer.add('0', values(0));
    expect(() => writer.add('0', values(0))).toThrow('the image 0 has features already');
    expect(() => writer.add('1', new Float32Array(3))).toThrow('image 1 must have 4 values, got 3');
    expect(() => writer.add('__metadata__', values(0))).toThrow("'__metadata__' cannot be an image's id");
  });

  it('values that the type of the store cannot hold', () => {
    const writer = createFeatureWriter(folder, options);
    expect(() => writer.add('0', Float32Array.of(1, 2, 1e5, 4))).toThrow(
      'image 0 has the value 100000, expected finite float16 values; store float32',
    );
    expect(() => writer.add('1', Float32Array.of(1, Number.NaN, 3, 4))).toThrow('image 1 has the value NaN');
    expect([writer.has('0'), writer.has('1')]).toEqual([false, false]);
  });

  it('studies with different numbers of views', () => {
    fill(['0', '1']);
    expect(() => openFeatureStore(folder).batch([['0', '1'], ['0']])).toThrow('expected 2 views, got 1');
  });
});
