import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { loadParameters, orthogonal, Parameters, Random, saveParameters } from './index';
import { writeFileAtomic } from './node';
import { largestError } from './testing';

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

const make = (seed: number, shape = [2, 3]): Parameters => {
  const p = Parameters.create(new Random(seed));
  p.scope('a').add('weight', shape, orthogonal);
  return p;
};

it('loads what it saved', () => {
  const [one, two] = [make(1), make(2)];
  loadParameters(two.all, saveParameters(one.all));
  expect(Array.from(two.all.get('a.weight')!.dataSync())).toEqual(
    Array.from(one.all.get('a.weight')!.dataSync()),
  );
});

it('says which weight does not fit and changes nothing', () => {
  const target = make(1);
  const before = Array.from(target.all.get('a.weight')!.dataSync());
  expect(() => loadParameters(target.all, saveParameters(make(2, [3, 3]).all), 'w.safetensors')).toThrow(
    'w.safetensors: weight a.weight must have shape [2,3], found [3,3]',
  );
  const more = make(2);
  more.add('extra', [1], orthogonal);
  expect(() => loadParameters(target.all, saveParameters(more.all))).toThrow('the model has no weight extra');
  expect(() => loadParameters(more.all, saveParameters(target.all))).toThrow('weight extra is missing');
  expect(Array.from(target.all.get('a.weight')!.dataSync())).toEqual(before);
});

it('gives each weight its own values, reproducibly', () => {
  const p = make(1);
  const other = p.scope('b').add('weight', [2, 3], orthogonal);
  expect(Array.from(other.dataSync())).not.toEqual(Array.from(p.all.get('a.weight')!.dataSync()));
  expect(Array.from(make(1).all.get('a.weight')!.dataSync())).toEqual(
    Array.from(p.all.get('a.weight')!.dataSync()),
  );
  expect(() => p.scope('b').add('weight', [1], orthogonal)).toThrow('the name b.weight is taken');
});

it.each([
  [4, 7],
  [7, 4],
  [5, 5],
])('orthogonal [%i, %i] has orthonormal rows or columns', (rows, cols) => {
  const w = tf.tensor2d(orthogonal([rows, cols], new Random(3)), [rows, cols]);
  const gram = rows < cols ? tf.matMul(w, w, false, true) : tf.matMul(w, w, true, false);
  expect(largestError(gram.dataSync(), tf.eye(Math.min(rows, cols)).dataSync())).toBeLessThan(1e-6);
});

it('orthogonal: the same bits as one vector at a time', () => {
  for (const [count, length] of [
    [1, 1],
    [3, 5],
    [9, 9],
    [14, 40],
  ]) {
    const random = new Random(5);
    const basis: Float64Array[] = [];
    for (let k = 0; k < count; k++) {
      const v = Float64Array.from({ length }, () => random.normal());
      const dot = (u: Float64Array): number => v.reduce((sum, x, i) => sum + x * u[i], 0);
      const before = Math.sqrt(dot(v));
      const subtract = (u: Float64Array, c: number): void => v.set(v.map((x, i) => x - c * u[i]));
      for (const u of basis) subtract(u, dot(u));
      if (Math.sqrt(dot(v)) < 0.1 * before) for (const u of basis) subtract(u, dot(u));
      const norm = Math.sqrt(dot(v));
      basis.push(v.map((x) => x / norm));
    }
    const made = orthogonal([count, length], new Random(5));
    const expected = Float32Array.from({ length: count * length }, (_, i) =>
      count < length ? basis[Math.floor(i / length)][i % length] : basis[i % length][Math.floor(i / length)],
    );
    expect(made).toEqual(expected);
  }
});

it('leaves weights at 0 that are loaded anyway, and says which', () => {
  const unset = new Set<object>();
  const p = Parameters.create(new Random(1, unset).split('module'));
  const weight = p.scope('a').add('weight', [2, 3], orthogonal);
  expect([...unset]).toEqual([weight]);
  expect(Array.from(weight.dataSync())).toEqual(Array(6).fill(0));
});

it('writes files whole or not at all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raca-core-'));
  writeFileAtomic(join(folder, 'deep', 'x.txt'), 'one');
  writeFileAtomic(join(folder, 'deep', 'x.txt'), 'two');
  expect(readFileSync(join(folder, 'deep', 'x.txt'), 'utf8')).toBe('two');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['x.txt']);
  expect(() => writeFileAtomic(join(folder, 'deep'), 'x')).toThrow(); // a folder is in the way
  expect(readdirSync(folder)).toEqual(['deep']);
  rmSync(folder, { recursive: true });
});
