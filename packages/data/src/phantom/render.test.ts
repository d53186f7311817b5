import { Random } from '@raca/core/random';
import { REGIONS } from '@raca/core/regions';
import { describe, expect, it } from 'vitest';
import { buildThorax } from './anatomy';
import type { Degree, Finding } from './findings';
import { bitmap, patchMasks } from './masks';
import { VIEWS, type ViewName, viewOf } from './pose';
import { project, type RenderedView, renderView } from './render';
import { type PhantomStudy, sampleStudy } from './study';
import { toView } from './view';

const SIZE = 128;
const study = (seed: number, findings: readonly Finding[], pose: 'none' | 'mild' | 'strong' = 'none') =>
  sampleStudy(new Random(seed), { pose, findings });
const depthOf = (s: PhantomStudy, name: ViewName): Float32Array =>
  project(s, name, SIZE, new Uint16Array(SIZE * SIZE)).slice();

/** First and last row (or column) of a mask. */
function extent(mask: Uint8Array, axis: 'x' | 'y'): [number, number] {
  let [low, high] = [SIZE, -1];
  mask.forEach((on, i) => {
    if (!on) return;
    const k = axis === 'x' ? i % SIZE : Math.floor(i / SIZE);
    low = Math.min(low, k);
    high = Math.max(high, k);
  });
  return [low, high];
}
const width = (view: RenderedView, name: (typeof REGIONS)[number]): number => {
  const [low, high] = extent(bitmap(view, name), 'x');
  return high - low + 1;
};

it('gives the same bytes for the same seed, other bytes for another', () => {
  for (const name of VIEWS) {
    const [a, b] = [0, 0].map(() => renderView(sampleStudy(new Random(5)), name, SIZE));
    expect(a.image).toEqual(b.image);
    expect(a.regions).toEqual(b.regions);
    expect(renderView(sampleStudy(new Random(6)), name, SIZE).image).not.toEqual(a.image);
  }
});

it('has a heart mask that agrees with the projected surface of the heart, in strong poses', () => {
  for (const seed of [1, 2, 3]) {
    for (const name of VIEWS) {
      const s = study(seed, [], 'strong');
      const mask = bitmap(renderView(s, name, SIZE), 'Heart');
      const view = viewOf(s, name, SIZE);
      let [both, either] = [0, 0];
      const shadow = new Uint8Array(SIZE * SIZE);
      for (const { centre, axes: m } of buildThorax(s, name === 'frontal').heart) {
        for (let a = 0; a < Math.PI; a += 0.012) {
          for (let b = 0; b < 2 * Math.PI; b += 0.012) {
            const [x, y, z] = [Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b), Math.cos(a)];
            const [u, v] = toView(view, [
              centre[0] + m[0] * x + m[1] * y + m[2] * z,
              centre[1] + m[3] * x + m[4] * y + m[5] * z,
              centre[2] + m[6] * x + m[7] * y + m[8] * z,
            ]);
            const px = Math.floor(view.origin[0] + u * view.pixelsPerCm);
            const py = Math.floor(view.origin[1] + v * view.pixelsPerCm);
            if (px >= 0 && py >= 0 && px < SIZE && py < SIZE) shadow[py * SIZE + px] = 1;
          }
        }
      }
      shadow.forEach((on, i) => {
        both += on & mask[i];
        either += on | mask[i];
      });
      expect(both / either).toBeGreaterThan(0.93); // splatting widens the outline by half a pixel
    }
  }
});

it('has patch masks that are the means of the full-size masks', () => {
  const view = renderView(study(4, []), 'frontal', 126);
  const masks = patchMasks(view, 7, 7);
  const spine = bitmap(view, 'Spine');
  for (const p of [3, 24, 45]) {
    let sum = 0;
    for (let y = 0; y < 18; y++)
      for (let x = 0; x < 18; x++) sum += spine[(Math.floor(p / 7) * 18 + y) * 126 + (p % 7) * 18 + x];
    expect(masks.Spine[p]).toBeCloseTo(sum / 324, 2);
  }
  expect(masks.Spine[24]).toBeGreaterThan(0.2);
  for (const name of REGIONS)
    expect(
      masks[name].some((share) => share > 0),
      name,
    ).toBe(true);
  expect(() => patchMasks(view, 0, 7)).toThrow(/rows and cols/);
});

it('widens the cardiothoracic ratio with the degree of cardiomegaly', () => {
  for (const seed of [1, 2, 3, 4]) {
    const ratios = ([0, 1, 2, 3] as const).map((degree) => {
      const findings: Finding[] = degree ? [{ kind: 'cardiomegaly', degree: degree as Degree }] : [];
      const view = renderView(study(seed, findings), 'frontal', SIZE);
      return width(view, 'Heart') / width(view, 'Lung fields');
    });
    expect(ratios[0]).toBeGreaterThan(0.38);
    expect(ratios[0]).toBeLessThan(0.5); // the usual limit of normal
    expect(ratios[1]).toBeGreaterThan(0.5);
    for (let k = 1; k < 4; k++) expect(ratios[k]).toBeGreaterThan(ratios[k - 1] + 0.02);
  }
});

it('puts the left lung on the right of the frontal image, and only there a left effusion', () => {
  for (const degree of [1, 2] as const) {
    const clean = depthOf(study(3, []), 'frontal');
    const wet = depthOf(study(3, [{ kind: 'effusion', side: 'left', degree }]), 'frontal');
    let changed = 0;
    clean.forEach((value, i) => {
      const change = wet[i] - value;
      if (i % SIZE < SIZE / 2) expect(change).toBe(0);
      else if (Math.abs(change) > 0.1) changed++;
      expect(change).toBeGreaterThan(-1e-4); // fluid only adds
    });
    expect(changed).toBeGreaterThan(100 * degree);
  }
});

it('clears the edge of the lung in a pneumothorax and whitens a consolidation', () => {
  const clean = depthOf(study(8, []), 'frontal');
  const air = depthOf(study(8, [{ kind: 'pneumothorax', side: 'right', degree: 2 }]), 'frontal');
  const apex = 36 * SIZE + 40; // right upper lung
  expect(air[apex]).toBeLessThan(clean[apex] - 0.1);
  const at = [-7.5, 0, 6] as const;
  const patch: Finding = { kind: 'consolidation', side: 'right', lobe: 'upper', degree: 3, radius: 4, at };
  const s = study(8, [patch]);
  const white = depthOf(s, 'frontal');
  const view = viewOf(s, 'frontal', SIZE);
  const [u, v] = toView(view, at);
  const centre = Math.round(64 + v * view.pixelsPerCm) * SIZE + Math.round(64 + u * view.pixelsPerCm);
  expect(white[centre]).toBeGreaterThan(clean[centre] + 0.4);
});

it('shows organs at the same height in both views', () => {
  for (const seed of [1, 2, 3]) {
    const s = study(seed, []);
    const [frontal, lateral] = VIEWS.map((name) => renderView(s, name, SIZE));
    for (const name of ['Heart', 'Spine', 'Airways'] as const) {
      const [a, b] = [frontal, lateral].map((view) => extent(bitmap(view, name), 'y'));
      expect(Math.abs(a[0] - b[0]), name).toBeLessThanOrEqual(1);
      expect(Math.abs(a[1] - b[1]), name).toBeLessThanOrEqual(1);
    }
  }
});

it('places the costophrenic angles where lung, diaphragm and chest wall meet', () => {
  for (const seed of [1, 2, 3]) {
    const view = renderView(study(seed, []), 'frontal', SIZE);
    const lung = bitmap(view, 'Lung fields');
    const angles = bitmap(view, 'Costophrenic angles');
    for (const right of [false, true]) {
      const here = (i: number): boolean => i % SIZE >= SIZE / 2 === right;
      const lowest = lung.findLastIndex((on, i) => on === 1 && here(i));
      const [sum, n] = angles.reduce(
        ([s, k], on, i) => (on && here(i) ? [s + Math.floor(i / SIZE), k + 1] : [s, k]),
        [0, 0],
      );
      expect(Math.abs(sum / n - Math.floor(lowest / SIZE))).toBeLessThan(8);
      expect(angles[lowest]).toBe(1); // the lung's lowest point lies in the angle
    }
  }
});

describe('poses', () => {
  it('move the masks with the patient', () => {
    const s = study(2, []);
    const shifted = {
      ...s,
      poses: { ...s.poses, frontal: { ...s.poses.frontal, shift: [0.125, 0] as const } },
    };
    const [a, b] = [s, shifted].map((each) =>
      extent(bitmap(renderView(each, 'frontal', SIZE), 'Heart'), 'x'),
    );
    expect(b[0] - a[0]).toBe(16); // an eighth of 128
    const bigger = { ...s, poses: { ...s.poses, frontal: { ...s.poses.frontal, scale: 1.2 } } };
    const [c, d] = [s, bigger].map((each) => width(renderView(each, 'frontal', SIZE), 'Heart'));
    expect(d / c).toBeGreaterThan(1.15);
    expect(d / c).toBeLessThan(1.25);
  });

  it('stay within their ranges', () => {
    const strong = Array.from({ length: 200 }, (_, k) => study(k, [], 'strong').poses.frontal);
    expect(Math.max(...strong.map((p) => Math.abs(p.tilt)))).toBeLessThanOrEqual(12);
    expect(Math.max(...strong.map((p) => Math.abs(p.tilt)))).toBeGreaterThan(10);
    expect(Math.max(...strong.map((p) => Math.abs(p.shift[0])))).toBeLessThanOrEqual(0.15);
    expect(strong.filter((p) => p.crop[2] < 1).length).toBeGreaterThan(60);
    expect(study(1, [], 'none').poses.lateral).toEqual({
      turn: 0,
      tilt: 0,
      shift: [0, 0],
      scale: 1,
      crop: [0, 0, 1],
    });
  });
});

it('refuses sizes that it cannot draw', () => {
  expect(() => renderView(study(1, []), 'frontal', 8)).toThrow(
    /size must be an integer from 16 to 2048, got 8/,
  );
});
