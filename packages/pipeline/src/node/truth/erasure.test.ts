import { Random } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { displaced, erasureScores, withoutPatches } from './erasure';

it('compares the loss by the own region with that by another', () => {
  const scores = erasureScores([
    { intact: -2, own: -5, random: -3 },
    { intact: -2, own: -2.5, random: -4.5 },
    { intact: -1, own: -3, random: -3 }, // a tie: half
    { intact: -1, own: -2, random: -1 },
  ]);
  expect(scores.ownHurtsMore).toBe(2.5 / 4);
  expect(scores.ownChange).toBe((-3 - 0.5 - 2 - 1) / 4);
  expect(scores.randomChange).toBe((-1 - 2.5 - 2 + 0) / 4);
  expect(scores.findings).toBe(4);
});

describe('displaced', () => {
  it('moves a region off itself, as large as before', () => {
    const mask = new Uint8Array(49);
    for (const i of [0, 1, 7, 8]) mask[i] = 1;
    const moved = displaced(mask, 7, 7, new Random(3));
    expect(moved.reduce((a, x) => a + x, 0)).toBe(4);
    expect(moved.reduce((a, x, i) => a + x * mask[i], 0)).toBeLessThanOrEqual(1);
  });
  it('keeps what fills the view', () => {
    expect([...displaced(new Uint8Array(4).fill(1), 2, 2, new Random(1))]).toEqual([1, 1, 1, 1]);
  });
});

it('erases patches to the mean of their view', () => {
  // two views of 2 × 2 pixels, one channel, 1 × 2 patches: the right patch of the second view goes
  const images = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 60);
  const out = withoutPatches(images, [1, 2, 2, 2, 1], Uint8Array.of(0, 0, 0, 1), { rows: 1, cols: 2 });
  expect([...out]).toEqual([1, 2, 3, 4, 10, 30, 30, 30]);
  expect(images[5]).toBe(20);
});
