import { type Finding, type FindingKind, type Side, sign } from './findings';
import type { PhantomStudy } from './study';
import { ball, type Capsule, type Ellipsoid, ellipsoid, tilted, type Vec3 } from './view';

/** A bent tube: capsules end to end. */
export interface Tube {
  readonly points: readonly Vec3[];
  readonly radius: number;
}

/** The parts of one half of the chest. */
export interface Half {
  readonly side: Side;
  /** The pleural cavity is the union of these, less what displaces it. */
  readonly lung: readonly Ellipsoid[];
  readonly dome: Ellipsoid;
  readonly domeEdge: { readonly outer: Ellipsoid; readonly inner: Ellipsoid };
  readonly hilum: Ellipsoid;
  readonly ribs: readonly Tube[];
  readonly clavicle: Tube;
  readonly scapula: readonly Ellipsoid[];
  readonly humerus: { readonly head: Ellipsoid; readonly shaft: Capsule };
  /** Ball about the lateral (seen from the front) and the posterior (seen from the side) costophrenic angle. */
  readonly angles: { readonly frontal: Ellipsoid; readonly lateral: Ellipsoid };
}

/** The thorax of one study: solids in the standard body's coordinates (cm). */
export interface Thorax {
  readonly body: readonly Ellipsoid[];
  readonly shoulders: readonly Capsule[];
  readonly arms: readonly Capsule[];
  readonly neck: Capsule;
  readonly heart: readonly Ellipsoid[];
  readonly mediastinum: readonly Ellipsoid[];
  readonly aorta: Tube;
  readonly vertebrae: readonly Ellipsoid[];
  /** Bony spurs at the vertebrae's edges. */
  readonly spurs: readonly Ellipsoid[];
  readonly canal: Tube;
  readonly sternum: Capsule;
  readonly trachea: Tube;
  readonly bronchi: readonly Tube[];
  readonly stomachAir: Ellipsoid | null;
  readonly halves: readonly [right: Half, left: Half];
  /** Level below which there is only abdomen. */
  readonly floor: number;
}

/** Width factor of the heart for no, mild, moderate and severe enlargement. */
export const HEART_FACTORS = [1, 1.24, 1.42, 1.62] as const;

/** Builds the solids of a study (arms down for the frontal view, raised for the lateral one), with those findings that change an organ's shape or place. */
export function buildThorax(study: PhantomStudy, frontal: boolean): Thorax {
  const { habitus, inspiration, findings } = study;
  const find = (kind: FindingKind): Finding | undefined => findings.find((f) => f.kind === kind);
  const big = HEART_FACTORS[find('cardiomegaly')?.degree ?? 0] * habitus.heart;
  const wide = find('wide mediastinum') ? 1.5 + 0.18 * find('wide mediastinum')!.degree : 1;
  const hyper = find('hyperinflation') ? 1 : 0;
  const curve = find('scoliosis') ? 2.2 * sign(find('scoliosis')!.side ?? 'right') : 0;
  const sink = -1.8 * inspiration - 2 * hyper; // of the diaphragm, cm
  const push = mediastinalShift(findings);
  const h: Vec3 = [push, 0, 0.55 * sink];
  const wall = habitus.wall;
  const body = [ellipsoid([0, -0.3, -9], 16.6 + wall, 11.2 + 0.6 * wall, 36)];
  if (habitus.breast > 0) {
    for (const s of [-1, 1])
      body.push(ellipsoid([s * 8.5, 7.5 + 0.5 * wall, -4.5], 6.5, 3 + 0.8 * habitus.breast, 8));
  }
  const spineX = (z: number): number => curve * Math.sin((z + 4) / 6.5);
  const spineY = (z: number): number => -8.4 + 0.012 * (z - 1) * (z - 1);
  const levels = Array.from({ length: 18 }, (_, k) => 19 - 2.35 * k);
  return {
    body,
    shoulders: [-1, 1].map((s) => ({
      from: [0, -2, 15.5],
      to: [s * (frontal ? 17 : 9), -2, frontal ? 11.5 : 15],
      radius: frontal ? 4.6 : 3.4,
    })),
    arms: [-1, 1].map((s) => ({ from: [s * 18.5, -2, 11], to: [s * 22.5, -2, -22], radius: 3.6 })),
    neck: { from: [0, -2.5, 13], to: [0, -1.5, 28], radius: 5.6 },
    heart: [
      tilted(at(h, -0.4, 2.4, -3.6), 3.9 * (0.4 + 0.6 * big), 4.6, 5, 0),
      tilted(
        at(h, 2 + 1.9 * (big - 1), 2.8, -4.6),
        6.5 * big,
        5.2 * (0.6 + 0.4 * big),
        4.7 * (0.7 + 0.3 * big),
        -0.55,
      ),
    ],
    mediastinum: [
      ellipsoid([push, -0.5, 5.5], 2.7 * wide, 5.2, 11),
      ellipsoid(at(h, 2.5, 1, 2.2), 1.7, 2, 2.2),
      ellipsoid([push * 0.8 - 0.3, -1.5, -3], 2.3, 5.5, 9),
    ],
    aorta: aorta(find('tortuous aorta') ? 1.45 : 1, push, h[2]),
    vertebrae: levels.map((z) => ellipsoid([spineX(z), spineY(z), z], 1.85, 1.6, 1.02)),
    spurs: find('degenerative spine')
      ? levels
          .slice(4, 14)
          .flatMap((z) => [-1.7, 1.7].map((x) => ball([spineX(z) + x, spineY(z) + 0.9, z - 1.1], 0.62)))
      : [],
    canal: {
      points: levels.filter((_, k) => k % 2 === 0).map((z) => [spineX(z), spineY(z) - 2, z]),
      radius: 0.85,
    },
    sternum: { from: [0, 8.2, 10.5], to: [0, 10, -5], radius: 0.85 },
    trachea: {
      points: [
        [0, -1.5, 22],
        [push * 0.4, -2.4, 12],
        [push * 0.8 - 0.2, -3, 5.6],
      ],
      radius: 0.95,
    },
    bronchi: [
      {
        points: [
          [push * 0.8 - 0.2, -3, 5.4],
          [push - 2.4, -2.7, 3.2],
          [push - 4.2, -2.5, 1.2],
        ],
        radius: 0.62,
      },
      {
        points: [
          [push * 0.8 - 0.2, -3, 5.4],
          [push + 2.6, -3, 3.6],
          [push + 4.6, -3, 2],
        ],
        radius: 0.58,
      },
    ],
    stomachAir: habitus.gastricAir ? ellipsoid([6.2, 2, -14.2 + sink], 3.1, 3, 2) : null,
    halves: [half('right', study, sink, push), half('left', study, sink, push)],
    floor: -16.5 + sink,
  };
}

/** How far findings pull or push the mediastinum, cm to the patient's left. */
export function mediastinalShift(findings: readonly Finding[]): number {
  let shift = 0;
  for (const { kind, side, degree } of findings) {
    if (side === undefined) continue;
    if (kind === 'pneumothorax' && degree === 3) shift -= 1.1 * sign(side);
    if (kind === 'effusion' && degree === 3) shift -= 0.8 * sign(side);
    if (kind === 'atelectasis' && degree === 3) shift += 1.4 * sign(side);
  }
  return shift;
}

function half(side: Side, { findings }: PhantomStudy, sink: number, push: number): Half {
  const s = sign(side);
  const mine = (kind: FindingKind): Finding | undefined =>
    findings.find((f) => f.kind === kind && f.side === side);
  const collapse = mine('atelectasis');
  const raised = (mine('raised diaphragm') ? 4.2 : 0) + (collapse?.degree === 3 ? 2.4 : 0);
  const flat = findings.some((f) => f.kind === 'hyperinflation') ? 0.62 : 1;
  const top = (side === 'right' ? -8 : -9.3) + sink + raised;
  const tall = 13 * flat;
  const centre: Vec3 = [s * 6.9, 0.8, top - tall];
  const lung = [
    ellipsoid([s * 6.3, -1, 3.5], 4.9, 7.4, 11),
    ellipsoid([s * 7.6, -0.4, -5], 6, 8.8, 13.5 - 0.5 * sink),
  ];
  const edge = (grow: number): Ellipsoid => ellipsoid(centre, 8 + grow, 11.2 + grow, tall + grow);
  return {
    side,
    lung,
    dome: edge(0),
    domeEdge: { outer: edge(0.8), inner: edge(-1.1) },
    hilum: tilted([s * 4.1 + push, -1.6, side === 'right' ? 0.9 : 1.7], 1.3, 1.7, 2.5, s * 0.25),
    ribs: ribs(side, findings),
    clavicle: {
      points: [
        [s * 1.8, 6.2, 11.6],
        [s * 5, 6.4, 12.9],
        [s * 10, 3.2, 14],
        [s * 15.5, -0.5, 14.6],
      ],
      radius: 0.62,
    },
    scapula: [
      tilted([s * 12.4, -6.6, 6.5], 2.6, 0.5, 6.4, s * 0.22),
      tilted([s * 15.2, -4, 12.8], 2.8, 1.2, 1, s * 0.3),
    ],
    humerus: {
      head: ball([s * 17.6, -1.8, 11.8], 2.3),
      shaft: { from: [s * 18.2, -2, 10.5], to: [s * 22, -2, -22], radius: 1.15 },
    },
    angles: {
      frontal: ball([s * 12.7, -0.4, meets(lung[1], edge(0), 12.9) + 0.6], 2.3),
      lateral: ball([s * 7, -8.2, meetsBack(lung[1], edge(0), -8.4) + 0.6], 2.3),
    },
  };
}

/** Height of the dome at a lateral place of the lung's outer wall. */
function meets(lung: Ellipsoid, dome: Ellipsoid, x: number): number {
  const q = 1 - ((x - Math.abs(dome.centre[0])) / dome.axes[0]) ** 2;
  const p = 1 - ((x - Math.abs(lung.centre[0])) / lung.axes[0]) ** 2;
  const floor = lung.centre[2] - lung.axes[8] * Math.sqrt(Math.max(0, p));
  return Math.max(floor, dome.centre[2] + dome.axes[8] * Math.sqrt(Math.max(0, q)));
}

function meetsBack(lung: Ellipsoid, dome: Ellipsoid, y: number): number {
  const q = 1 - ((y - dome.centre[1]) / dome.axes[4]) ** 2;
  const p = 1 - ((y - lung.centre[1]) / lung.axes[4]) ** 2;
  const floor = lung.centre[2] - lung.axes[8] * Math.sqrt(Math.max(0, p));
  return Math.max(floor, dome.centre[2] + dome.axes[8] * Math.sqrt(Math.max(0, q)));
}

/** Ten ribs of a side, from the spine round to the front and down; a fracture leaves a gap and a step. */
function ribs(side: Side, findings: readonly Finding[]): Tube[] {
  const s = sign(side);
  const broken = findings.find((f) => f.kind === 'fracture' && f.side === side);
  const out: Tube[] = [];
  for (let k = 1; k <= 10; k++) {
    const head = 14 - 2.35 * (k - 1);
    const drop = 2.5 + Math.min(k, 6) * 0.95;
    const points: [number, number, number][] = [];
    const n = 11;
    for (let i = 0; i <= n; i++) {
      const a = i / n;
      const angle = -1.42 + a * 2.45;
      const z = head + 0.6 * Math.sin(3 * a) - drop * a ** 1.25;
      const [w, d] = girth(z, k);
      points.push([s * (w * Math.cos(angle) + 1.2 * (1 - a)), d * Math.sin(angle) - 0.6, z]);
    }
    if (broken?.rib !== k) {
      out.push({ points, radius: 0.46 });
      continue;
    }
    const step = 0.5 + 0.25 * broken.degree;
    const gap = points[6].map((c, j) => c + 0.45 * (points[7][j] - c)) as unknown as Vec3;
    out.push({ points: points.slice(0, 7), radius: 0.5 });
    out.push({
      points: [gap, ...points.slice(7)].map(([x, y, z]) => [x, y, z - step] as const),
      radius: 0.5,
    });
  }
  return out;
}

/** Half-width and half-depth of the rib cage at a height. */
function girth(z: number, rib: number): [number, number] {
  const bell = (top: number, bottom: number, width: number): number => {
    const q = 1 - ((z - bottom) / (top - bottom)) ** 2;
    return z < bottom ? width : width * Math.sqrt(Math.max(0.02, q));
  };
  const w = Math.max(bell(15.6, -5, 13.6), 4.4 + 0.4 * rib);
  return [w, 0.4 + 0.68 * w];
}

function aorta(factor: number, push: number, drop: number): Tube {
  const f = factor;
  return {
    points: [
      [push - 1.5 * f, 1.8, -1 + drop],
      [push - 1.6 * f, 1.2, 3],
      [push + 0.4, -0.8, 6.2 * (0.5 + 0.5 * f)],
      [push + 2.2 * f, -3.2, 5.2 * (0.6 + 0.4 * f)],
      [push + 2.3 * f, -4.8, 2],
      [push + 1.9, -5.4, -5],
      [push * 0.6 + 1.2, -5.6, -15],
    ],
    radius: 1.15 + 0.35 * (f - 1),
  };
}

const at = ([x, y, z]: Vec3, dx: number, dy: number, dz: number): Vec3 => [x + dx, y + dy, z + dz];
