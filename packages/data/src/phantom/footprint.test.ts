import { expect, it } from 'vitest';
import { Footprint } from './footprint';
import { IntervalSet } from './intervals';
import { ball, type Ellipsoid, ellipsoid, multiply, type View } from './view';

/** 33 × 33 pixels of 1 cm; pixel (16, 16) looks through the origin along +y. */
const straight: View = {
  size: 33,
  pixelsPerCm: 1,
  matrix: [1, 0, 0, 0, 0, -1, 0, 1, 0],
  origin: [16.5, 16.5],
};
const chord = (print: Footprint, x: number, y: number): number => {
  const i = y * print.size + x;
  const inSpan = y >= print.y0 && y < print.y1 && x >= print.from[y] && x < print.to[y];
  return inSpan ? Math.max(0, print.far[i] - print.near[i]) : 0;
};
const prism = (near: number, far: number): Footprint => {
  const print = new Footprint(2);
  print.y1 = 2;
  print.to.fill(2);
  print.near.fill(near);
  print.far.fill(far);
  return print;
};

it('has the chords of a ball worked by hand', () => {
  const print = new Footprint(33).ellipsoid(straight, ball([0, 2, 0], 5));
  expect(chord(print, 16, 16)).toBeCloseTo(10, 5); // the diameter
  expect(chord(print, 19, 16)).toBeCloseTo(8, 5); // 3-4-5
  expect(chord(print, 19, 20)).toBeCloseTo(0, 5); // touches
  expect(chord(print, 22, 16)).toBe(0);
  expect(print.near[16 * 33 + 16]).toBeCloseTo(-3, 5); // centre at depth 2
});

it('has the chords of an ellipsoid worked by hand, straight and tilted', () => {
  const print = new Footprint(33).ellipsoid(straight, ellipsoid([0, 0, 0], 10, 3, 5));
  expect(chord(print, 16, 16)).toBeCloseTo(6, 5);
  expect(chord(print, 22, 16)).toBeCloseTo(6 * 0.8, 5); // √(1 − 0.6²)
  expect(chord(print, 16, 12)).toBeCloseTo(6 * 0.6, 5); // 4 cm up, √(1 − 0.8²)
  // half-axes 4 and 3, turned by 45° towards the beam: through the centre 2 / √(½/16 + ½/9)
  const c = Math.SQRT1_2;
  const turned: Ellipsoid = { centre: [0, 0, 0], axes: [4 * c, -3 * c, 0, 4 * c, 3 * c, 0, 0, 0, 2] };
  const oblique = new Footprint(33).ellipsoid(straight, turned);
  expect(chord(oblique, 16, 16)).toBeCloseTo(2 / Math.sqrt(0.5 / 16 + 0.5 / 9), 5);
});

it('has for a ball the very numbers of a capsule without length', () => {
  const [ball, capsule] = [new Footprint(33), new Footprint(33)];
  for (const [x, z, radius] of [
    [0, 0, 2],
    [1.3, -0.4, 4.46],
    [-5e-5, 0, 2 + 1e-9], // pixels at the rim, within the hair
    [14.4, 13.2, 4], // beyond the border
  ]) {
    ball.ball(straight, [x, 2, z], radius);
    capsule.capsule(straight, { from: [x, 2, z], to: [x, 2, z], radius });
    const places = Array.from({ length: 33 * 33 }, (_, i) => [i % 33, Math.floor(i / 33)]);
    const chords = places.map(([u, v]) => chord(ball, u, v));
    expect(chords.some((c) => c > 0)).toBe(true);
    expect(chords).toEqual(places.map(([u, v]) => chord(capsule, u, v)));
  }
});

it('has the chords of a capsule worked by hand', () => {
  const across = new Footprint(33).capsule(straight, { from: [-4, 0, 0], to: [4, 0, 0], radius: 2 });
  expect(chord(across, 16, 16)).toBeCloseTo(4, 5);
  expect(chord(across, 16, 17)).toBeCloseTo(2 * Math.sqrt(3), 5);
  expect(chord(across, 21, 16)).toBeCloseTo(2 * Math.sqrt(3), 5); // 1 cm into the end ball
  expect(chord(across, 22, 16)).toBeCloseTo(0, 5);
  const along = new Footprint(33).capsule(straight, { from: [0, -3, 0], to: [0, 3, 0], radius: 2 });
  expect(chord(along, 16, 16)).toBeCloseTo(6 + 4, 3);
  // at 45° to the beam the cylinder's chord is 2r / sin 45°
  const oblique = new Footprint(33).capsule(straight, { from: [-9, -9, 0], to: [9, 9, 0], radius: 2 });
  expect(chord(oblique, 16, 16)).toBeCloseTo(4 * Math.SQRT2, 5);
});

it('agrees with marching along the ray for tilted solids and views', () => {
  const c = Math.cos(0.3);
  const s = Math.sin(0.3);
  const view: View = {
    ...straight,
    matrix: multiply([c, -s, 0, s, c, 0, 0, 0, 1], multiply(straight.matrix, [c, s, 0, -s, c, 0, 0, 0, 1])),
  };
  const solid: Ellipsoid = { centre: [1, 2, -1], axes: [6, 1, 0.5, -1, 4, 2, 0.5, 1, 7] };
  const rod = { from: [-6, 2, -3], to: [5, -4, 4], radius: 2.2 } as const;
  const inverseView = inverse(view.matrix);
  const inverseAxes = inverse(solid.axes);
  for (const [x, y] of [
    [16, 16],
    [19, 13],
    [12, 20],
    [17, 22],
    [20, 12],
    [11, 19],
  ]) {
    let [inSolid, inRod] = [0, 0];
    for (let t = -20; t < 20; t += 0.001) {
      const p = apply(inverseView, [x - 16, y - 16, t]);
      const q = apply(inverseAxes, [p[0] - 1, p[1] - 2, p[2] + 1]);
      if (Math.hypot(...q) <= 1) inSolid += 0.001;
      const d = [11, -6, 7];
      const w = [p[0] + 6, p[1] - 2, p[2] + 3];
      const along = Math.min(1, Math.max(0, (w[0] * d[0] + w[1] * d[1] + w[2] * d[2]) / (121 + 36 + 49)));
      if (Math.hypot(w[0] - along * d[0], w[1] - along * d[1], w[2] - along * d[2]) <= 2.2) inRod += 0.001;
    }
    expect(chord(new Footprint(33).ellipsoid(view, solid), x, y)).toBeCloseTo(inSolid, 2);
    expect(chord(new Footprint(33).capsule(view, rod), x, y)).toBeCloseTo(inRod, 2);
  }
});

it('sums slabs by Beer–Lambert: 10 cm of water with 4 cm of lung in it', () => {
  const depth = new Float32Array(4);
  const [water, lung] = [new IntervalSet(2), new IntervalSet(2)];
  water.add(prism(0, 10));
  lung.add(prism(3, 7));
  water.addTo(depth, 0.19);
  lung.addTo(depth, 0.055 - 0.19);
  expect(depth[0]).toBeCloseTo(0.19 * 6 + 0.055 * 4, 5);
  expect(Math.exp(-depth[0])).toBeCloseTo(0.2567, 4); // e^−1.36
});

it('unites, takes away and clips intervals', () => {
  const set = new IntervalSet(2);
  set.add(prism(0, 4));
  set.add(prism(6, 9));
  expect(set.length(0)).toBeCloseTo(7);
  set.add(prism(3, 7)); // joins both
  expect(set.count[0]).toBe(1);
  set.subtract(prism(2, 3)); // splits
  expect(set.count[0]).toBe(2);
  expect(set.length(0)).toBeCloseTo(8);
  const overlap = new Float32Array(4);
  set.addOverlap(overlap, prism(1, 5), 1);
  expect(overlap[0]).toBeCloseTo(1 + 2);
  set.clip(prism(1, 5), Uint8Array.of(1, 0, 0, 0));
  expect(set.length(0)).toBeCloseTo(8); // kept
  expect(set.length(1)).toBeCloseTo(3);
  set.subtract(prism(-1, 20));
  expect(set.count[1]).toBe(0);
});

type Triple = [number, number, number];

const apply = (m: readonly number[], [x, y, z]: readonly number[]): Triple => [
  m[0] * x + m[1] * y + m[2] * z,
  m[3] * x + m[4] * y + m[5] * z,
  m[6] * x + m[7] * y + m[8] * z,
];

function inverse([a, b, c, d, e, f, g, h, i]: readonly number[]): number[] {
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const adjugate = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f];
  return [...adjugate, d * h - e * g, b * g - a * h, a * e - b * d].map((v) => v / det);
}
