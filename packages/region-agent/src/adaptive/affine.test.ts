import { describe, expect, it } from 'vitest';
import { type Affine, affineOf, composed, IDENTITY, inverse, STRAIGHT } from './affine';

const at = ([a, b, c, d, e, f]: Affine, x: number, y: number): number[] => [
  a * x + b * y + c,
  d * x + e * y + f,
];
const close = (found: readonly number[], expected: readonly number[]): void =>
  found.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], 12);
  });

describe('affineOf', () => {
  it('leaves a straight patient alone', () => expect([...affineOf(STRAIGHT)]).toEqual([1, -0, 0, 0, 1, 0]));
  it('scales, then turns clockwise, then shifts', () => {
    const map = affineOf({ dx: 0.1, dy: 0.2, wide: Math.log(2), high: 0, turn: Math.PI / 2 });
    close(at(map, 0.25, 0), [0.1, 0.7]); // 0.5 to the right, turned down
    close(at(map, 0, 0.3), [-0.2, 0.2]); // down, turned to the left
  });
});

it('composes and inverts', () => {
  const first = affineOf({ dx: 0.1, dy: -0.05, wide: 0.2, high: -0.1, turn: 0.3 });
  const after = affineOf({ dx: -0.2, dy: 0.15, wide: -0.1, high: 0.1, turn: -0.2 });
  close(at(composed(after, first), 0.3, -0.4), at(after, ...(at(first, 0.3, -0.4) as [number, number])));
  close(composed(first, inverse(first)), IDENTITY);
  expect(() => inverse([1, 2, 0, 2, 4, 0])).toThrow('invertible');
});
