import type { Random } from '@raca/core/random';
import { type Degree, type Finding, type FindingKind, place } from '../findings';
import type { PoseStrength } from '../pose';
import { type PhantomStudy, sampleStudy } from '../study';
import { weighted } from '../weighted';

/** A condition in one place: what it looks like, and how severe it is in each study. */
export interface Track {
  readonly kind: TrackKind;
  /** At its most severe; a pneumonia has two places. */
  readonly findings: readonly Finding[];
  /** Of each study, 0 where it is absent. */
  readonly degrees: readonly (Degree | 0)[];
}

/** A device, and in which studies it is there. */
export interface DeviceTrack {
  readonly finding: Finding;
  readonly present: readonly boolean[];
}

/** A made-up patient over time. Not for clinical use. */
export interface Course {
  /** Days since the first study, 0 first, growing. */
  readonly days: readonly number[];
  readonly tracks: readonly Track[];
  readonly devices: readonly DeviceTrack[];
  /** What stays as it is. */
  readonly lasting: readonly Finding[];
  /** One a day: the body is the same in all, pose, film and breath are not. */
  readonly studies: readonly PhantomStudy[];
}

/** Share of patients with one, two, three and four studies. */
const STUDIES = [0.12, 0.28, 0.3, 0.3] as const;
/** Share of patients with no, one and two conditions that change. */
const TRACKS = [0.05, 0.55, 0.4] as const;
/** Longest gap between two studies, days. */
const GAP = 400;

/** Weight of each kind among the conditions, and the two degrees it takes: apart enough to tell at 112 pixels. */
const KINDS = {
  effusion: [2, [2, 3]],
  pneumothorax: [1.4, [2, 3]],
  consolidation: [1.4, [1, 3]],
  mass: [1.3, [1, 3]],
  opacity: [1.1, [1, 3]],
  edema: [1.1, [1, 3]],
  cardiomegaly: [1.1, [1, 3]],
  pneumonia: [0.7, [1, 3]],
  atelectasis: [0.7, [1, 3]],
} as const satisfies Partial<Record<FindingKind | 'pneumonia', readonly [number, readonly Degree[]]>>;
export type TrackKind = keyof typeof KINDS;

/** Radius of a condition's places by degree, cm. */
const RADII: Partial<Record<FindingKind, readonly [number, number, number]>> = {
  consolidation: [2.5, 3.4, 4.4],
  opacity: [2.5, 3.4, 4.4],
  mass: [2, 2.7, 3.5],
};
/** Weights of what may happen to a condition that is there, and chance that one that is not comes. */
const STEPS = { larger: 2.1, smaller: 2.1, unchanged: 1.6, resolved: 1.7 } as const;
const STEP_NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[];
const APPEARS = 0.57;

/** Share of patients with each of what lasts. */
const LASTING = [
  ['fracture', 0.08],
  ['nodule', 0.1],
  ['pleural thickening', 0.08],
  ['wide mediastinum', 0.08],
  ['scoliosis', 0.05],
  ['tortuous aorta', 0.05],
] as const;

/** Share of patients who ever have a device, and which. */
const DEVICE = 0.18;
const DEVICES = ['chest tube', 'endotracheal tube', 'central line', 'pacemaker', 'valve'] as const;
/** Chance that a device that is there is left in place, and that one that is not is placed. */
const STAYS = 0.5;
const COMES = 0.45;
/** What is not taken out again. */
const IMPLANTED: ReadonlySet<unknown> = new Set(['pacemaker', 'valve']);

/**
 * Draws a patient's studies: body and places once, severities from study to study. Which of larger, smaller, unchanged
 * and resolved comes next does not depend on how a film looks, beyond what is possible, so that a single study says
 * little about the change.
 */
export function sampleCourse(random: Random, pose: PoseStrength = 'mild'): Course {
  const visits = random.split('visits');
  const count = 1 + among(STUDIES, visits);
  const days = [0];
  for (let k = 1; k < count; k++) days.push(days[k - 1] + Math.floor(GAP ** visits.next()));
  const places = random.split('places');
  const tracks: Track[] = [];
  const taken: Finding[] = [];
  for (const kind of conditions(random.split('conditions'))) {
    const findings = place(places, kind, taken, kind === 'pneumonia' ? {} : { degree: 3 }).slice(0, 2);
    const shaped = (kind === 'effusion' ? findings.slice(0, 1) : findings).map((finding) => ({
      ...finding,
      shape: places.uint32() | 0,
    }));
    taken.push(...shaped);
    tracks.push({ kind, findings: shaped, degrees: severities(random.split(`course ${kind}`), kind, count) });
  }
  const lasting = lastingFindings(random.split('lasting'), taken);
  const devices = deviceTracks(random.split('devices'), taken, count);
  const body = sampleStudy(random, { pose, findings: [] });
  const studies = days.map((_, k): PhantomStudy => {
    const findings = [
      ...tracks.flatMap((track) => findingsAt(track, k)),
      ...devices.filter(({ present }) => present[k]).map(({ finding }) => finding),
      ...lasting,
    ];
    const film = sampleStudy(random.split(`film ${k}`), { pose, findings });
    return { ...film, habitus: body.habitus, detail: body.detail, grain: film.detail };
  });
  return { days, tracks, devices, lasting, studies };
}

/** What a condition looks like in study `k`: nothing where it is absent. */
export function findingsAt({ findings, degrees }: Track, k: number): Finding[] {
  const degree = degrees[k];
  if (degree === 0) return [];
  return findings.map((finding) => {
    const radius = RADII[finding.kind]?.[degree - 1];
    return { ...finding, degree, ...(radius !== undefined && { radius }) };
  });
}

/** Distinct kinds; fluid and air first, since they decide where the rest can be seen. */
function conditions(random: Random): TrackKind[] {
  const left = Object.keys(KINDS) as TrackKind[];
  const out: TrackKind[] = [];
  const count = among(TRACKS, random);
  while (out.length < count) {
    const kind = weighted(left, (name) => KINDS[name][0], random);
    left.splice(left.indexOf(kind), 1);
    const lungs: readonly TrackKind[] = ['consolidation', 'pneumonia', 'opacity'];
    if (lungs.includes(kind) && out.some((other) => lungs.includes(other))) continue; // a report could not tell them apart
    out.push(kind);
  }
  const rank = (kind: TrackKind): number => (kind === 'effusion' ? 0 : kind === 'pneumothorax' ? 1 : 2);
  return out.sort((a, b) => rank(a) - rank(b));
}

function severities(random: Random, kind: TrackKind, count: number): (Degree | 0)[] {
  const levels: readonly Degree[] = KINDS[kind][1];
  const out: (Degree | 0)[] = [];
  for (let k = 0; k < count; k++) {
    const before = k === 0 ? 0 : out[k - 1];
    if (before === 0) {
      out.push(random.next() < APPEARS ? random.pick(levels) : 0);
      continue;
    }
    const above = levels.filter((level) => level > before);
    const below = levels.filter((level) => level < before);
    const possible = STEP_NAMES.filter(
      (name) => !((name === 'larger' && above.length === 0) || (name === 'smaller' && below.length === 0)),
    );
    const step = weighted(possible, (name) => STEPS[name], random);
    if (step === 'unchanged') out.push(before);
    else if (step === 'resolved') out.push(0);
    else out.push(random.pick(step === 'larger' ? above : below));
  }
  return out;
}

function lastingFindings(random: Random, taken: readonly Finding[]): Finding[] {
  const out: Finding[] = [];
  for (const [kind, share] of LASTING) {
    const wanted = random.next() < share;
    if (!wanted) continue;
    const blocked =
      (kind === 'tortuous aorta' && out.some((f) => f.kind === 'wide mediastinum')) ||
      (kind === 'nodule' && taken.some((f) => f.kind === 'mass'));
    if (blocked) continue;
    const [finding] = place(random, kind, [...taken, ...out], kind === 'fracture' ? { degree: 3 } : {});
    out.push({ ...finding, ...(kind === 'scoliosis' && { side: random.pick(['left', 'right'] as const) }) });
  }
  return out;
}

function deviceTracks(random: Random, taken: readonly Finding[], count: number): DeviceTrack[] {
  if (random.next() >= DEVICE) return [];
  const device = random.pick(DEVICES);
  const [finding] = place(random, 'device', taken, { device });
  const present: boolean[] = [];
  for (let k = 0; k < count; k++) {
    const there = k > 0 && present[k - 1];
    present.push(random.next() < (there ? (IMPLANTED.has(device) ? 1 : STAYS) : COMES));
  }
  return [{ finding, present }];
}

/** An index by its share. */
const among = (shares: readonly number[], random: Random): number =>
  weighted([...shares.keys()], (k) => shares[k], random);
