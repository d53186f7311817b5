import type { Random } from '@raca/core/random';
import type { Vec3 } from './view';

export type Side = 'left' | 'right';
/** Lung zones by which a report names a place; `middle` is the right middle lobe or the lingula. */
export type Lobe = 'upper' | 'middle' | 'lower';
export type Device = 'pacemaker' | 'central line' | 'endotracheal tube' | 'chest tube' | 'valve' | 'clips';
/** 1 mild or small, 2 moderate, 3 severe or large. */
export type Degree = 1 | 2 | 3;

export const FINDING_KINDS = [
  'cardiomegaly',
  'wide mediastinum',
  'effusion',
  'consolidation',
  'opacity',
  'nodule',
  'mass',
  'pneumothorax',
  'atelectasis',
  'edema',
  'fracture',
  'pleural thickening',
  'device',
  'hyperinflation',
  'scoliosis',
  'raised diaphragm',
  'tortuous aorta',
  'degenerative spine',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something to see and to report. Which of the optional fields are set depends on the kind. */
export interface Finding {
  readonly kind: FindingKind;
  readonly degree: Degree;
  readonly side?: Side;
  readonly lobe?: Lobe;
  /** Centre in the standard body, cm. */
  readonly at?: Vec3;
  /** Radius, cm. */
  readonly radius?: number;
  readonly device?: Device;
  /** Rib number of a fracture, 3..9. */
  readonly rib?: number;
  /** Consolidation that is one of several places of a pneumonia. */
  readonly pneumonia?: boolean;
  /** Seed of its texture, so that it looks alike in every study of a patient; by default the study's `detail`. */
  readonly shape?: number;
}

/** Share of studies with none of the {@link WEIGHTS}; devices and variants come on top. */
const HEALTHY = 0.31;
const DEVICE = 0.16;
const VARIANT = 0.16;

/** Weights of the findings of which an abnormal study has one to three. */
const WEIGHTS = [
  ['cardiomegaly', 1.5],
  ['effusion', 1.6],
  ['consolidation', 0.95],
  ['pneumonia', 0.75],
  ['opacity', 1.05],
  ['nodule', 0.55],
  ['mass', 0.7],
  ['pneumothorax', 1.15],
  ['atelectasis', 1.25],
  ['edema', 1.1],
  ['wide mediastinum', 1.0],
  ['pleural thickening', 0.45],
  ['fracture', 0.35],
] as const;
const VARIANTS = ['hyperinflation', 'scoliosis', 'raised diaphragm', 'tortuous aorta'] as const;
const DEVICES = ['pacemaker', 'central line', 'endotracheal tube', 'chest tube', 'valve'] as const;

/**
 * Draws a study's findings: none in about 31 %, else one to three kinds; placed where they seldom hide each other. Shares over
 * 3,000 studies, %: No Finding 27, Enlarged Cardiomediastinum 12, Cardiomegaly 17, Lung Lesion 14, Lung Opacity 13,
 * Edema 13, Consolidation 19, Pneumonia 9, Atelectasis 16, Pneumothorax 13, Pleural Effusion 17, Pleural Other 5,
 * Fracture 4 (rare, since hard to see at 128 pixels), Support Devices 16.
 */
export function sampleFindings(random: Random): Finding[] {
  const out: Finding[] = [];
  if (random.next() >= HEALTHY) {
    const kinds = pickWeighted(random, 1 + (random.next() < 0.68 ? 1 : 0) + (random.next() < 0.4 ? 1 : 0));
    for (const kind of kinds) out.push(...place(random, kind, out));
  }
  if (random.next() < DEVICE) out.push(placeDevice(random, random.pick(DEVICES), out));
  if (random.next() < VARIANT) {
    const kind = random.pick(VARIANTS);
    if (!(kind === 'tortuous aorta' && has(out, 'wide mediastinum'))) {
      if (!(kind === 'hyperinflation' && (has(out, 'edema') || has(out, 'cardiomegaly')))) {
        if (!(kind === 'raised diaphragm' && (has(out, 'effusion') || has(out, 'atelectasis')))) {
          out.push({ kind, degree: 2, side: kind === 'raised diaphragm' ? 'right' : random.pick(SIDES) });
        }
      }
    }
  }
  return out;
}

const SIDES = ['left', 'right'] as const;
const has = (list: readonly Finding[], kind: FindingKind): boolean => list.some((f) => f.kind === kind);
const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');
const degree = (random: Random): Degree => random.pick([1, 2, 2, 3, 3]) as Degree;

/** Patient's side as a sign: left is +x. */
export const sign = (side: Side): 1 | -1 => (side === 'left' ? 1 : -1);

/** Places one finding of a kind (`pneumonia` gives two or three consolidations) where those before leave it visible. */
export function place(
  random: Random,
  kind: FindingKind | 'pneumonia',
  before: readonly Finding[],
  wish: Partial<Finding> = {},
): Finding[] {
  const side = wish.side ?? freeSide(random, before);
  const grade = wish.degree ?? degree(random);
  switch (kind) {
    case 'effusion': {
      const sides: readonly Side[] =
        wish.side !== undefined ? [side] : random.next() < 0.25 ? ['right', 'left'] : [side];
      return sides.map((s) => ({ kind, side: s, degree: grade }));
    }
    case 'consolidation':
    case 'opacity': {
      const lobe = wish.lobe ?? freeLobe(random, before, side);
      return [patch(random, kind, side, lobe, grade)];
    }
    case 'pneumonia': {
      const first = freeLobe(random, before, side);
      const second = freeLobe(random, before, other(side));
      return [
        { ...patch(random, 'consolidation', side, first, 2), pneumonia: true },
        { ...patch(random, 'consolidation', other(side), second, 2), pneumonia: true },
      ];
    }
    case 'nodule':
    case 'mass': {
      const lobe = wish.lobe ?? freeLobe(random, before, side);
      const radius = kind === 'nodule' ? random.uniform(1.35, 1.6) : random.uniform(2.1, 3.1);
      return [{ kind, side, lobe, degree: grade, radius, at: lungPoint(random, side, lobe, radius) }];
    }
    case 'atelectasis': {
      const lobe: Lobe = wish.lobe ?? 'lower';
      return [{ kind, side, lobe, degree: grade }];
    }
    case 'pneumothorax':
    case 'pleural thickening':
      return [{ kind, side, degree: grade }];
    case 'fracture':
      return [{ kind, side, degree: grade, rib: wish.rib ?? 4 + random.int(5) }];
    case 'device':
      return [placeDevice(random, wish.device ?? random.pick(DEVICES), before, wish.side)];
    default:
      return [{ kind, degree: grade, ...(wish.side && { side: wish.side }) }];
  }
}

function placeDevice(random: Random, device: Device, before: readonly Finding[], side?: Side): Finding {
  const drained = before.find((f) => f.kind === 'pneumothorax' || f.kind === 'effusion');
  const usual: Side = device === 'pacemaker' ? (random.next() < 0.8 ? 'left' : 'right') : random.pick(SIDES);
  const chosen = side ?? (device === 'chest tube' && drained?.side ? drained.side : usual);
  return { kind: 'device', device, degree: 2, side: chosen };
}

function patch(
  random: Random,
  kind: 'consolidation' | 'opacity',
  side: Side,
  lobe: Lobe,
  grade: Degree,
): Finding {
  const radius = 2 + 0.6 * grade + random.uniform(0, 0.5);
  return { kind, side, lobe, degree: grade, radius, at: lungPoint(random, side, lobe, 0.6 * radius) };
}

/** Centre of a lesion inside a lobe of the standard body, clear of heart and diaphragm. */
export function lungPoint(random: Random, side: Side, lobe: Lobe, radius: number): Vec3 {
  const s = sign(side);
  const [low, high, front, back] = {
    upper: [4.5, 9.5, 3, -3],
    middle: [-3, 1, 5, 2],
    lower: [-6.5, -1.5, -3, -6],
  }[lobe];
  const z = random.uniform(low, high);
  const inner = side === 'left' && lobe !== 'upper' ? 8.2 : 5.2;
  const outer = Math.max(inner, (lobe === 'upper' ? 9.8 - 0.3 * (z - 4.5) : 11.6) - 0.7 * radius);
  return [s * random.uniform(inner, outer), random.uniform(back, front), z];
}

function freeSide(random: Random, before: readonly Finding[]): Side {
  const side = random.pick(SIDES);
  const blocked = (s: Side): boolean =>
    before.some((f) => f.side === s && (f.kind === 'effusion' || f.kind === 'pneumothorax'));
  if (blocked(side) && !blocked(other(side))) return other(side);
  return side;
}

/** A lobe that neither fluid nor an earlier lesion covers. */
function freeLobe(random: Random, before: readonly Finding[], side: Side): Lobe {
  const fluid = before.some((f) => f.kind === 'effusion' && f.side === side);
  const taken = new Set(before.filter((f) => f.side === side && f.lobe).map((f) => f.lobe));
  if (fluid || before.some((f) => f.kind === 'atelectasis' && f.side === side)) taken.add('lower');
  const free = (['upper', 'middle', 'lower'] as const).filter((lobe) => !taken.has(lobe));
  return free.length > 0 ? random.pick(free) : 'upper';
}

function pickWeighted(random: Random, n: number): (typeof WEIGHTS)[number][0][] {
  const left = [...WEIGHTS];
  const out: (typeof WEIGHTS)[number][0][] = [];
  for (let k = 0; k < n; k++) {
    const target = random.next() * left.reduce((sum, [, w]) => sum + w, 0);
    let i = 0;
    for (let sum = left[0][1]; sum <= target && i < left.length - 1; ) sum += left[++i][1];
    const [[kind]] = left.splice(i, 1);
    out.push(kind);
  }
  // fluid and air first: they decide where the rest can be seen
  const rank = (kind: string): number => (kind === 'effusion' ? 0 : kind === 'pneumothorax' ? 1 : 2);
  return out.sort((a, b) => rank(a) - rank(b));
}
