import type { Random } from '@raca/core/random';
import { type Finding, sampleFindings } from './findings';
import { type PoseStrength, type Poses, samplePoses } from './pose';

/** Raised whenever the same seed would give other bytes. */
export const PHANTOM_VERSION = 1;

/** Shape of the body, as factors of the standard one. */
export interface Habitus {
  readonly width: number;
  readonly depth: number;
  readonly height: number;
  /** Thickness of the chest wall, cm beyond the standard one. */
  readonly wall: number;
  /** Breast tissue, cm forward; 0 for none. */
  readonly breast: number;
  /** Factor of the heart's width within normal limits, 0.92..1.05. */
  readonly heart: number;
  readonly gastricAir: boolean;
}

/** How the film answers. */
export interface Exposure {
  /** Shift and stretch of the gray window, fractions of its width. */
  readonly brightness: number;
  readonly contrast: number;
  readonly gamma: number;
  /** Photons a pixel of 128 × 128 behind the densest part; fewer give more noise. */
  readonly photons: number;
  /** Blur, standard deviation in pixels at 128. */
  readonly blur: number;
}

/** One made-up patient: plain data, from which images, masks, labels and report follow. Not for clinical use. */
export interface PhantomStudy {
  readonly version: number;
  readonly habitus: Habitus;
  /** −1 (breathed out) .. 1 (deep breath). */
  readonly inspiration: number;
  readonly poses: Poses;
  readonly exposure: Exposure;
  readonly findings: readonly Finding[];
  /** Seed of what no report speaks of: vessels, texture, noise. */
  readonly detail: number;
  /** Seed of the film's noise where it is not that of the body; default `detail`. */
  readonly grain?: number;
}

/** Options of {@link sampleStudy}. */
export interface StudyOptions {
  /** How freely the patient stands: `none`, `mild` (default) or `strong` (see {@link PoseStrength}). */
  readonly pose?: PoseStrength;
  /** These findings instead of random ones. */
  readonly findings?: readonly Finding[];
}

/** Draws a patient. Each aspect has its own stream, so that other findings leave body and pose as they were. */
export function sampleStudy(random: Random, options: StudyOptions = {}): PhantomStudy {
  const strength = options.pose ?? 'mild';
  const body = random.split('habitus');
  const film = random.split('exposure');
  const inspiration = strength === 'none' ? 0 : clamp(0.35 * body.normal(), -1, 1);
  const habitus: Habitus = {
    width: body.uniform(0.94, 1.06),
    depth: body.uniform(0.9, 1.1),
    height: body.uniform(0.93, 1.05),
    wall: body.uniform(0, 2.2),
    breast: body.next() < 0.5 ? body.uniform(1.5, 3.5) : 0,
    heart: body.uniform(0.92, 1.05),
    gastricAir: body.next() < 0.6,
  };
  const exposure: Exposure = {
    brightness: film.uniform(-0.06, 0.06),
    contrast: film.uniform(0.9, 1.12),
    gamma: film.uniform(0.85, 1.2),
    photons: film.uniform(200, 900),
    blur: film.uniform(0.35, 0.7),
  };
  const findings = options.findings ?? sampleFindings(random.split('findings'));
  const poses = samplePoses(random.split('pose'), strength);
  const detail = random.split('detail').uint32() | 0;
  return { version: PHANTOM_VERSION, habitus, inspiration, poses, exposure, findings, detail };
}

const clamp = (x: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, x));
