import { Random } from '@raca/core';
import { describe, expect, it } from 'vitest';
import { affineOf, IDENTITY, STRAIGHT } from './affine';
import { knownPatches, practiceView, randomMove } from './practice-view';

/** A stream of the given numbers, again and again. */
const drawn = (...numbers: number[]): Random => {
  let i = 0;
  const next = (): number => numbers[i++ % numbers.length];
  return {
    next,
    uniform: (lo: number, hi: number) => lo + (hi - lo) * next(),
    int: (n: number) => Math.floor(n * next()),
  } as unknown as Random;
};
const HALF = drawn(0.5); // no gain, no lift, no border

describe('practiceView', () => {
  const picture = { height: 2, width: 4, channels: 1, values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const moved = (map: typeof IDENTITY, random = HALF): number[] => {
    const out = new Float32Array(8);
    practiceView(picture, map, { contrast: 0.15, brightness: 0.25 }, random, out);
    return [...out];
  };
  it('leaves a picture alone', () => expect(moved(IDENTITY)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]));
  it('moves it to the right, dark behind', () =>
    expect(moved(affineOf({ ...STRAIGHT, dx: 0.25 }))).toEqual([1, 1, 2, 3, 1, 5, 6, 7]));
  it('takes the mean between pixels', () =>
    expect(moved(affineOf({ ...STRAIGHT, dx: -0.0625 }))).toEqual([
      1.25, 2.25, 3.25, 4, 5.25, 6.25, 7.25, 8,
    ]));
  it('turns it round', () => {
    moved(affineOf({ ...STRAIGHT, turn: Math.PI })).forEach((x, i) => {
      expect(x).toBeCloseTo(8 - i, 5);
    });
  });
  it('darkens a border, changes contrast and brightness', () => {
    // gain 1.15, lift 0.25, a border (0.4) on side 0 (0.1), 0.18 deep: no patch of 1/4 has its middle there …
    const out = moved(IDENTITY, drawn(1, 1, 0.4, 0.1, 1));
    expect(out[0]).toBeCloseTo(1.15 + 0.25, 5); // … but the first column's middle, at 0.125, has
    expect(out[1]).toBeCloseTo(2 * 1.15 + 0.25, 5);
    expect(out[4]).toBeCloseTo(1 * 1.15 + 0.25, 5);
  });
});

describe('knownPatches', () => {
  it('knows nothing of what came in from outside', () => {
    expect([...knownPatches(affineOf({ ...STRAIGHT, dx: 0.3 }), 1, 4)]).toEqual([0, 1, 1, 1]);
    expect([...knownPatches(IDENTITY, 2, 2)]).toEqual([1, 1, 1, 1]);
    expect([...knownPatches(IDENTITY, 1, 4, { left: -0.2, right: 1, top: -1, bottom: 1 })]).toEqual([
      0, 1, 1, 1,
    ]);
  });
});

it('draws moves within their limits, the same for the same seed', () => {
  const options = {
    shift: 0.15,
    scaleOut: 0.2,
    scaleIn: 0.3,
    stretch: 0.05,
    turn: 0.2,
    contrast: 0,
    brightness: 0,
  };
  const moves = Array.from({ length: 200 }, (_, i) => randomMove(options, new Random(i)));
  expect(moves[3]).toEqual(randomMove(options, new Random(3)));
  expect(moves.filter((m) => m === IDENTITY).length).toBeGreaterThan(5);
  for (const [a, b, c, d, e, f] of moves) {
    expect(Math.max(Math.abs(c), Math.abs(f))).toBeLessThanOrEqual(0.15);
    const area = Math.log(a * e - b * d) / 2;
    expect(area).toBeGreaterThanOrEqual(-0.2 - 1e-9);
    expect(area).toBeLessThanOrEqual(0.3 + 1e-9);
  }
});
