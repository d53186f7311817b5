import { Random } from '@raca/core/random';
import type { Thorax, Tube } from './anatomy';
import { type Finding, sign } from './findings';
import { ball, type Capsule, type Ellipsoid, ellipsoid, tilted, type Vec3 } from './view';

/** Fluid, air and lesions of one lung, as solids that act on its air. */
export interface LungSigns {
  /** Takes air away, wholly. */
  readonly solid: readonly Ellipsoid[];
  /** Clouds with a share 0..1 of the lung's air replaced; united before use. */
  readonly clouds: readonly { readonly balls: readonly Ellipsoid[]; readonly share: number }[];
  /** Adds attenuation (1/cm) over its chord: lesions denser than water. */
  readonly dense: readonly { readonly solid: Ellipsoid; readonly mu: number }[];
  /** Adds a thin veil, as a share of the difference of water and lung. */
  readonly veils: readonly { readonly solid: Ellipsoid; readonly share: number }[];
  /** The lung that floats above fluid: its lower border, below `level` only. */
  readonly fluid: { readonly rest: Ellipsoid; readonly level: number } | null;
  /** The lung left by a pneumothorax. */
  readonly collapsed: { readonly outer: Ellipsoid; readonly inner: Ellipsoid; readonly share: number } | null;
}

/** Signs of the findings on one side; `seed` shapes the clouds. */
export function lungSigns(
  thorax: Thorax,
  index: 0 | 1,
  findings: readonly Finding[],
  seed: number,
): LungSigns {
  const half = thorax.halves[index];
  const s = sign(half.side);
  const apex = half.dome.centre[2] + half.dome.axes[8]; // of the diaphragm
  const clouded = new Random(seed).split(`clouds ${half.side}`);
  const solid: Ellipsoid[] = [];
  const clouds: { balls: Ellipsoid[]; share: number }[] = [];
  const dense: { solid: Ellipsoid; mu: number }[] = [];
  const veils: { solid: Ellipsoid; share: number }[] = [];
  let fluid: LungSigns['fluid'] = null;
  let collapsed: LungSigns['collapsed'] = null;
  for (const finding of findings) {
    if (finding.side !== undefined && finding.side !== half.side) continue;
    const { degree, at, radius = 1, shape } = finding;
    const random = shape === undefined ? clouded : new Random(shape).split(half.side);
    switch (finding.kind) {
      case 'effusion': {
        const level = apex + [0, -3.4, 2, 8.6][degree] + 9;
        fluid = { rest: ellipsoid([s * 5, 0.8, level], 9.2, 12.5, 9), level };
        break;
      }
      case 'consolidation':
        clouds.push({ balls: cloud(random, at!, 1.15 * radius, 8, 0.62), share: 0.95 });
        break;
      case 'opacity':
        clouds.push({ balls: cloud(random, at!, 1.5 * radius, 22, 0.24), share: 0.85 });
        break;
      case 'nodule':
      case 'mass':
        solid.push(ball(at!, radius));
        dense.push({ solid: ball(at!, radius), mu: finding.kind === 'nodule' ? 0.28 : 0.16 });
        break;
      case 'pneumothorax': {
        const rest = [
          [5.9, 7.2, 9.4, 13.6],
          [5.4, 5.9, 8.4, 12.2],
          [4.4, 3.9, 5.6, 8.4],
        ][degree - 1];
        const outer = ellipsoid([s * rest[0], -0.6, -4.2], rest[1], rest[2], rest[3]);
        const inner = ellipsoid([s * rest[0], -0.6, -4.2], rest[1] - 0.28, rest[2] - 0.28, rest[3] - 0.28);
        collapsed = { outer, inner, share: [0, 0.02, 0.07, 0.3][degree] };
        break;
      }
      case 'atelectasis':
        solid.push(...bands(random, s, apex, finding));
        break;
      case 'edema': {
        const strength = [0, 0.24, 0.36, 0.5][degree];
        veils.push({ solid: ellipsoid([s * 6.2, -1, -0.5], 4.8, 6, 7), share: strength });
        veils.push({ solid: ellipsoid([s * 7.4, -0.5, -1], 6.6, 9, 13), share: 0.5 * strength });
        for (let k = 0; k < 12; k++) {
          const place: Vec3 = [s * random.uniform(4, 10), random.uniform(-5, 4), random.uniform(-7, 8)];
          veils.push({ solid: ball(place, random.uniform(1, 1.9)), share: 1.1 * strength });
        }
        break;
      }
      case 'pleural thickening':
        solid.push(
          tilted([s * 13.1, 0.5, -3], 1.3, 6.5, 6.5, s * 0.06),
          tilted([s * 6.4, -1, 14.4], 4.6, 6, 1.3 + 0.35 * degree, s * 0.3),
        );
        break;
      default:
    }
  }
  return { solid, clouds, dense, veils, fluid, collapsed };
}

/** Flat bands above the diaphragm; the severe form is a collapsed lobe beside the spine. */
function bands(random: Random, s: 1 | -1, apex: number, { degree, lobe }: Finding): Ellipsoid[] {
  const base = lobe === 'upper' ? 7 : lobe === 'middle' ? 0 : apex + 2.2;
  if (degree === 3) {
    return [
      tilted([s * 5.2, -4, base - 2.2], 3.4, 4.6, 6.2, s * 0.45),
      tilted([s * 8.6, -2, base], 3.4, 4, 0.45, s * 0.2),
    ];
  }
  const out: Ellipsoid[] = [];
  for (let k = 0; k < 1 + degree; k++) {
    const lean = s * random.uniform(-0.3, 0.3);
    const x = s * (7.8 + random.uniform(-0.6, 1.2));
    out.push(tilted([x, random.uniform(-3, 1), base + 1.8 * k], 4, 4.2, 0.5 + 0.06 * degree, lean));
  }
  return out;
}

function cloud(random: Random, [x, y, z]: Vec3, radius: number, n: number, size: number): Ellipsoid[] {
  return Array.from({ length: n }, () => {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    const reach = (radius * (0.25 + 0.45 * random.next())) / Math.hypot(a, b, c);
    const r = size * radius * random.uniform(0.75, 1.1);
    return ellipsoid([x + a * reach, y + 1.4 * b * reach, z + c * reach], r, 1.7 * r, r);
  });
}

/** Vessels of one lung: branches from the hilum that split twice, as straight pieces. */
export function vessels(thorax: Thorax, index: 0 | 1, seed: number, thickness: number): Capsule[] {
  const { side, hilum } = thorax.halves[index];
  const s = sign(side);
  const random = new Random(seed).split(`vessels ${side}`);
  const out: Capsule[] = [];
  const grow = (from: Vec3, direction: Vec3, length: number, radius: number, generation: number): void => {
    const to: Vec3 = [
      from[0] + direction[0] * length,
      from[1] + direction[1] * length,
      from[2] + direction[2] * length,
    ];
    if (Math.abs(to[0]) > 12.4 || to[2] > 12 || to[2] < -14 || Math.abs(to[1]) > 8.5 || Math.abs(to[0]) < 2)
      return;
    out.push({ from, to, radius: radius * thickness });
    if (generation === 3) return;
    for (let k = 0; k < 2; k++) {
      const turned = direction.map((c) => c + random.uniform(-0.45, 0.45));
      const norm = Math.hypot(...turned);
      grow(to, turned.map((c) => c / norm) as unknown as Vec3, length * 0.82, radius * 0.72, generation + 1);
    }
  };
  for (let k = 0; k < 6; k++) {
    const angle = -1.35 + (2.75 * (k + random.next())) / 6; // from down to up, in the frontal plane
    const lean = random.uniform(-0.7, 0.7);
    const direction: Vec3 = [
      s * Math.cos(angle) * Math.cos(lean),
      Math.sin(lean),
      Math.sin(angle) * Math.cos(lean),
    ];
    grow(hilum.centre, direction, 3.4, 0.5, 1);
  }
  return out;
}

/** Metal and plastic: tubes and plates with their attenuation per cm above water. */
export function hardware(finding: Finding): {
  tubes: (Tube & { mu: number })[];
  plates: { solid: Ellipsoid; mu: number }[];
} {
  const s = sign(finding.side ?? 'left');
  switch (finding.device) {
    case 'pacemaker':
      return {
        tubes: [
          {
            points: [
              [s * 8, 6.6, 8.5],
              [s * 5.5, 5.6, 11.5],
              [s * 1, 4, 9.5],
              [-1.9, 2.6, 6],
              [-2.2, 2.6, -1.5],
              [0, 3.6, -5.5],
              [4.2, 4.2, -6.6],
            ],
            radius: 0.2,
            mu: 2.6,
          },
        ],
        plates: [{ solid: ellipsoid([s * 8.4, 6.7, 7.6], 2.5, 0.55, 2.1), mu: 1.6 }],
      };
    case 'central line':
      return {
        tubes: [
          {
            points: [
              [s * 4.5, 2, 19],
              [s * 3, 3, 12.5],
              [s > 0 ? 0 : -2, 2.4, 8.5],
              [-2.2, 2, 5],
              [-2.3, 2, 0],
            ],
            radius: 0.2,
            mu: 2.2,
          },
        ],
        plates: [],
      };
    case 'endotracheal tube':
      return {
        tubes: [
          {
            points: [
              [0.3, -1.2, 22],
              [0, -2, 14],
              [-0.1, -2.7, 8.2],
            ],
            radius: 0.33,
            mu: 1.5,
          },
        ],
        plates: [],
      };
    case 'chest tube':
      return {
        tubes: [
          {
            points: [
              [s * 17, 1, -7],
              [s * 12.5, -1, -4],
              [s * 10.5, -3, 2],
              [s * 8, -3, 8.5],
              [s * 6.6, -2, 11],
            ],
            radius: 0.3,
            mu: 1.8,
          },
        ],
        plates: [],
      };
    case 'valve': {
      const ring = Array.from({ length: 13 }, (_, k): Vec3 => {
        const a = (k / 12) * 2 * Math.PI;
        return [0.9 + 1.5 * Math.cos(a), 1.8 + 0.9 * Math.sin(a), -3.2 + 1.2 * Math.sin(a)];
      });
      const wires = Array.from({ length: 5 }, (_, k) => ({
        points: [
          [-0.9, 8.3 + 0.3 * k, 9.5 - 2.9 * k],
          [0, 8.5 + 0.3 * k, 9.9 - 2.9 * k],
          [0.9, 8.3 + 0.3 * k, 9.4 - 2.9 * k],
        ] as Vec3[],
        radius: 0.2,
        mu: 2.4,
      }));
      return { tubes: [{ points: ring, radius: 0.26, mu: 3 }, ...wires], plates: [] };
    }
    case 'clips':
      return {
        tubes: [0, 1, 2, 3].map((k) => ({
          points: [
            [s * (3.4 + 0.9 * (k % 2)), 1, 3.4 - 1.5 * k],
            [s * (4.2 + 0.9 * (k % 2)), 1.3, 3 - 1.5 * k],
          ],
          radius: 0.22,
          mu: 3,
        })),
        plates: [],
      };
    default:
      return { tubes: [], plates: [] };
  }
}
