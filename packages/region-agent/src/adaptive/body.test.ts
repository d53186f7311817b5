import { describe, expect, it } from 'vitest';
import { bodyOf, equalised } from './body';

const SIDE = 40;
/** A body of growing gray in a black margin of 8 pixels left and right, with a black hole of 6 × 6 in its middle. */
function picture(scale = 1, lift = 0): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    const hole = Math.abs(y - 19.5) < 3 && Math.abs(x - 19.5) < 3;
    const value = x < 8 || x >= 32 || hole ? 0 : 20 + i / 100;
    return (value + lift) ** scale;
  });
}
const body = (values: Float32Array) => bodyOf({ height: SIDE, width: SIDE, channels: 1, values });

describe('bodyOf', () => {
  it('takes dark margins for air, and not what is dark inside the body', () => {
    const { air, field } = body(picture());
    const at = (y: number, x: number): number => air[y * SIDE + x];
    expect([at(20, 2), at(0, 37), at(19, 19), at(5, 12)]).toEqual([1, 1, 0, 0]);
    // a pixel at the rim is lost to smoothing
    expect(Math.abs(field.left - -0.3)).toBeLessThanOrEqual(1 / SIDE + 1e-9);
    expect(Math.abs(field.right - 0.3)).toBeLessThanOrEqual(1 / SIDE + 1e-9);
    expect([field.top, field.bottom]).toEqual([-0.5, 0.5]);
  });
  it('gives ranks, alike for devices with other grays', () => {
    const [one, two] = [body(picture()), body(picture(1.3, 7))];
    expect(one.gray[2 * SIDE + 2]).toBe(0);
    for (const i of [5 * SIDE + 12, 20 * SIDE + 20, 38 * SIDE + 30]) {
      expect(two.gray[i]).toBeCloseTo(one.gray[i], 1);
    }
    expect(one.gray[39 * SIDE + 31]).toBe(1);
    // by hand: hole 36 + rims 2 · 40 + above 20 · 24 − 18 + left 5, of 26 · 40
    expect(one.gray[20 * SIDE + 12]).toBeCloseTo(583 / 1040, 2);
  });
  it('believes no field smaller than 0.4 of a side', () => {
    const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 30 ? 0 : 50 + (i % 7)));
    const { field } = body(values);
    expect([field.left, field.right]).toEqual([-0.5, 0.5]);
  });
  it('has no air in an image of one gray', () => {
    expect(body(new Float32Array(SIDE * SIDE).fill(3)).air.includes(1)).toBe(false);
  });
});

it('equalised has ranks from −√3 to √3 in every channel', () => {
  const out = new Float32Array(4);
  const field = { left: -0.5, right: 0.5, top: -0.5, bottom: 0.5 };
  const gray = Float32Array.from([0, 1]);
  equalised({ height: 1, width: 2, gray, air: Uint8Array.from([1, 0]), field }, 2, out);
  expect([...out].map((x) => x.toFixed(3))).toEqual(['-1.732', '-1.732', '1.732', '1.732']);
});
