import { Random } from '@raca/core/random';
import { expect, it } from 'vitest';
import { likeliest, sampled } from './choices';

const chanceOf = (x: number): number => 1 / (1 + Math.exp(-x));

it('sampled: ln 3/4 and ln 1/4 at log-odds ±ln 3, and no digits lost far out', () => {
  const next = (x: number) => ({ next: () => x }) as unknown as Random;
  const old = (x: number, draw: number) =>
    sampled(Float32Array.of(x), Float32Array.of(chanceOf(x)), next(draw)).old[0];
  const [most, least] = [Math.log(0.75), Math.log(0.25)];
  expect(old(Math.log(3), 0.5)).toBeCloseTo(most, 6);
  expect(old(Math.log(3), 0.9)).toBeCloseTo(least, 6);
  expect(old(-Math.log(3), 0.1)).toBeCloseTo(least, 6);
  expect(old(-Math.log(3), 0.5)).toBeCloseTo(most, 6);
  expect(old(30, 1)).toBeCloseTo(-30, 5); // 1 − σ(30) is 0 in float32
  expect(old(-100, 0.5)).toBeCloseTo(0, 6);
  expect(old(-20, 0)).toBeCloseTo(-20, 5);
});

it('sampled: as often as the chances say, and the same for the same seed', () => {
  const logits = new Float32Array(20000).fill(Math.log(3));
  const chances = logits.map(chanceOf);
  const [a, b] = [sampled(logits, chances, new Random(3)), sampled(logits, chances, new Random(3))];
  expect(a).toEqual(b);
  expect(a.actions.reduce((n, x) => n + x, 0) / 20000).toBeCloseTo(0.75, 2);
});

it('sampled: draws nothing for rows that are not there', () => {
  const logits = Float32Array.of(0.5, -1, 9, 9, 0.2, 0.1); // three rows of two regions
  const chances = logits.map(chanceOf);
  const cut = (x: Float32Array): Float32Array => Float32Array.of(x[0], x[1], x[4], x[5]);
  const masked = sampled(logits, chances, new Random(3), Float32Array.of(1, 0, 1));
  const there = sampled(cut(logits), cut(chances), new Random(3));
  expect(cut(masked.actions)).toEqual(there.actions);
  expect(cut(masked.old)).toEqual(there.old);
  expect([...masked.actions.subarray(2, 4)]).toEqual([0, 0]);
});

it('likeliest: from a half on', () => {
  expect([...likeliest(Float32Array.of(0.49, 0.5, 1, 0))]).toEqual([0, 1, 1, 0]);
});
