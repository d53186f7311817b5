import { expect, it } from 'vitest';
import { fromHalf, toHalf } from './half';

// Bits from the tables of IEEE 754-2008 binary16.
const KNOWN: [number, number][] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.333251953125, 0x3555],
  [65504, 0x7bff], // largest
  [2 ** -14, 0x0400], // smallest normal
  [2 ** -14 - 2 ** -24, 0x03ff], // largest subnormal
  [2 ** -24, 0x0001], // smallest subnormal
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
];

it.each(KNOWN)('%d is stored as the standard says', (value, bits) => {
  expect(toHalf(Float32Array.of(value))[0]).toBe(bits);
  expect(fromHalf(Uint16Array.of(bits))[0]).toBe(value);
});

it.each([
  [1 + 2 ** -11, 1], // tie, to even
  [1 + 3 * 2 ** -11, 1 + 2 ** -9], // tie, to even
  [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
  [65519, 65504],
  [65520, Number.POSITIVE_INFINITY],
  [1e30, Number.POSITIVE_INFINITY],
  [2 ** -25, 0], // tie, to even
  [2 ** -25 + 2 ** -40, 2 ** -24],
  [3 * 2 ** -25, 2 ** -23], // tie, to even
  [-1e-30, -0],
])('%d is rounded to %d', (value, expected) => {
  expect(fromHalf(toHalf(Float32Array.of(value)))[0]).toBe(expected);
});

it('keeps what is not a number', () => {
  expect(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
});

it('turns every half but NaN into float32 and back', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((i) => (i & 0x7fff) <= 0x7c00);
  expect(toHalf(fromHalf(all))).toEqual(all);
});
