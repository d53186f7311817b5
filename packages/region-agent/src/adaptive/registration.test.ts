import { describe, expect, it } from 'vitest';
import { affineOf, composed, IDENTITY, type Pose, STRAIGHT } from './affine';
import { atlasOf } from './atlas';
import { register } from './registration';

const atlas = atlasOf('frontal')!;
const evidence = (pose: Pose, view = IDENTITY, strength = 1) => ({
  // coverage 0..1 → log-odds −2..2
  logOdds: atlas.coverage(composed(view, affineOf(pose)), 7, 7).map((share) => strength * (4 * share - 2)),
  rows: 7,
  cols: 7,
});

describe('register', () => {
  const poses: [string, Pose][] = [
    ['straight', STRAIGHT],
    ['shifted', { ...STRAIGHT, dx: 0.12, dy: -0.09 }],
    ['turned and small', { dx: 0.03, dy: 0.05, wide: -0.18, high: -0.18, turn: 0.15 }],
  ];
  it.each(poses)('finds a patient who stands %s', (_, pose) => {
    const found = register(atlas, evidence(pose, IDENTITY, 2), IDENTITY);
    expect(Math.abs(found.dx - pose.dx)).toBeLessThan(0.03);
    expect(Math.abs(found.dy - pose.dy)).toBeLessThan(0.03);
    expect(Math.abs((found.wide + found.high - pose.wide - pose.high) / 2)).toBeLessThan(0.06);
    expect(Math.abs(found.turn - pose.turn)).toBeLessThan(0.06);
  });
  it('finds the pose in the image as it was before it was moved', () => {
    const view = affineOf({ dx: -0.1, dy: 0.1, wide: 0.1, high: 0.1, turn: 0.2 });
    const pose = { ...STRAIGHT, dx: 0.1 };
    const found = register(atlas, evidence(pose, view, 2), view);
    expect(Math.abs(found.dx - 0.1)).toBeLessThan(0.03);
    expect(Math.abs(found.dy)).toBeLessThan(0.03);
  });
  it('takes everybody for straight where nothing is known', () => {
    const nothing = { logOdds: new Float32Array(12 * 49), rows: 7, cols: 7 };
    expect(register(atlas, nothing, IDENTITY)).toEqual(STRAIGHT);
  });
});
