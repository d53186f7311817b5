import { expect, it } from 'vitest';
import { fnv1a, Random } from './random';

it('is the published FNV-1a', () => {
  expect(fnv1a('')).toBe(0x811c9dc5);
  expect(fnv1a('a')).toBe(0xe40c292c); // test vectors of the FNV authors
  expect(fnv1a('foobar')).toBe(0xbf9cf968);
});

it('goes on where its state was saved', () => {
  const random = new Random(0);
  for (let i = 0; i < 10; i++) random.next();
  const again = Random.fromState(JSON.parse(JSON.stringify(random.state())));
  expect(Array.from({ length: 5 }, () => again.next())).toEqual(
    Array.from({ length: 5 }, () => random.next()),
  );
});

it('splits streams that do not depend on draws', () => {
  const a = new Random(7);
  const before = a.split('x').next();
  a.next();
  expect(a.split('x').next()).toBe(before);
  expect(a.split('y').next()).not.toBe(before);
});

it('has the moments of its distributions', () => {
  const random = new Random(3);
  const n = 20000;
  const normals = Array.from({ length: n }, () => random.normal());
  const mean = normals.reduce((s, x) => s + x, 0) / n;
  const variance = normals.reduce((s, x) => s + x * x, 0) / n;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n)); // four standard errors
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  const mask = random.fillDropout(new Float32Array(n + 1), 0.3);
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  expect(mask.filter((x) => x === 0).length / n).toBeCloseTo(0.3, 1);
});

it('shuffles a copy, keeping every element', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8];
  const shuffled = new Random(5).shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect([...shuffled].sort()).toEqual(items);
});

it('names what is wrong', () => {
  expect(() => new Random(0.5)).toThrow('seed must be an integer, got 0.5');
  expect(() => Random.fromState([1, 2])).toThrow('expected 5 integers');
  expect(() => new Random(1).pick([])).toThrow('empty list');
});
