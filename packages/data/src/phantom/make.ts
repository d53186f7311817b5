import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import { type Annotation, type Manifest, SPLITS, type Split, type Study } from '../dataset';
import { DataError } from '../errors';
import { writeDataset } from '../node/write';
import type { DrawJob } from './draw';
import { fillFolder, stateOf } from './folder';
import type { PhantomReport } from './grammar';
import { CLASSES } from './labels';
import { type PoseStrength, VIEWS } from './pose';
import { type DrawnRecord, drawAll } from './studio';
import { PHANTOM_VERSION } from './study';

/** What all kinds of phantom have in common. */
export interface DrawOptions {
  /** Folder to make. A complete one of the same options is reused; anything else in its place is an error. */
  readonly out: string;
  /** Any integer; default 1. */
  readonly seed?: number;
  /** Side of the images in pixels; default 128. */
  readonly size?: number;
  /** How freely patients stand; default `mild`. */
  readonly pose?: PoseStrength;
  /** Patch grid of the masks in `regions.json`; default 7 × 7. */
  readonly rows?: number;
  readonly cols?: number;
  /** Threads; default one per core, at most 4. The result does not depend on it. */
  readonly workers?: number;
  /** Replaces an existing phantom of other options (never another kind of folder). */
  readonly overwrite?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface PhantomResult {
  readonly dir: string;
  /** The folder was there already, made with the same options. */
  readonly reused: boolean;
  readonly counts: Readonly<Record<Split, number>>;
}

const NOTICE =
  'A test bed of made-up patients. Numbers on it say nothing about real patients. Not for clinical use.';
export const LICENCE = 'CC0-1.0';

/** A study to draw. A made-up patient unless it has a real report, or is given as a whole with its report. */
export interface Planned {
  readonly id: string;
  readonly split: Split;
  readonly real?: DrawJob['real'];
  readonly regions?: Study['sentence_regions'];
  readonly given?: DrawJob['given'] & {
    readonly report: PhantomReport;
    /** Further fields of the study in `annotation.json`. */
    readonly fields: Readonly<Record<string, unknown>>;
  };
}

/** Options that decide about bytes. */
export function settings({ seed = 1, size = 128, pose = 'mild', rows = 7, cols = 7 }: DrawOptions) {
  wholeNumber('seed', seed, -(2 ** 53), 2 ** 53);
  wholeNumber('size', size, 16, 2048);
  wholeNumber('rows', rows, 1, size);
  wholeNumber('cols', cols, 1, size);
  if (!['none', 'mild', 'strong'].includes(pose)) {
    throw new RangeError(`phantom: pose must be none, mild or strong, got ${pose}`);
  }
  return { version: PHANTOM_VERSION, seed, size, pose, rows, cols };
}

/**
 * Draws the studies of a plan into a folder.
 *
 * @param recipe what decides about bytes: a folder of an equal recipe is reused
 * @param files further JSON files of the folder, by name
 * @throws DataError if `out` holds something else
 */
export async function make(
  options: DrawOptions,
  plan: readonly Planned[],
  recipe: ReturnType<typeof settings> & Record<string, unknown>,
  about: Manifest,
  files: Readonly<Record<string, unknown>> = {},
): Promise<PhantomResult> {
  const { out, overwrite = false, onProgress, signal } = options;
  const counts = Object.fromEntries(
    SPLITS.map((split) => [split, plan.filter((p) => p.split === split).length]),
  ) as Record<Split, number>;
  const state = stateOf(out, recipe);
  if (state === 'same') return { dir: out, reused: true, counts };
  if (state === 'taken' || (state === 'other phantom' && !overwrite)) {
    const found = state === 'taken' ? 'other files' : 'a phantom of other options';
    throw new DataError(`${out}: expected a missing or empty folder, found ${found}`);
  }
  const { seed, size, pose, rows, cols } = recipe;
  const jobs = plan.map(({ id, real, given }): DrawJob => {
    const asked = given && { study: given.study, views: given.views };
    return { id, seed, size, pose, rows, cols, real, given: asked };
  });
  const images = (planned: readonly Planned[]): number =>
    planned.reduce((sum, { given }) => sum + (given?.views ?? VIEWS).length, 0);
  const workers = options.workers ?? Math.min(4, availableParallelism());
  await fillFolder(out, state === 'other phantom', async (dir, interrupt) => {
    const either = signal ? AbortSignal.any([signal, interrupt]) : interrupt;
    const records = await drawAll(dir, jobs, workers, (done) => onProgress?.(done, jobs.length), either);
    const annotation = annotationOf(plan, records);
    const positives = CLASSES.map((name, k) => [name, records.reduce((sum, r) => sum + r.labels[k], 0)]);
    const manifest = {
      ...about,
      notice: NOTICE,
      counts: [
        { filter: 'drawn', studies: plan.length, images: images(plan) },
        ...SPLITS.map((s) => ({
          filter: s,
          studies: counts[s],
          images: images(plan.filter(({ split }) => split === s)),
        })),
      ],
      positives: Object.fromEntries(positives) as Record<string, number>,
      recipe,
    };
    const studies = Object.fromEntries(records.map(({ id, masks }) => [id, masks]));
    const truth = {
      rows,
      cols,
      views: plan.some(({ given }) => given)
        ? Object.fromEntries(plan.map(({ id, given }) => [id, given?.views ?? VIEWS]))
        : VIEWS,
      classes: CLASSES,
      labels: Object.fromEntries(records.map(({ id, labels }) => [id, labels])),
      findings: Object.fromEntries(records.map(({ id, findings }) => [id, findings])),
      studies,
    };
    for (const [name, value] of Object.entries(files))
      writeFileAtomic(join(dir, name), `${JSON.stringify(value)}\n`);
    await writeDataset(dir, annotation, manifest, { regions: truth });
  });
  return { dir: out, reused: false, counts };
}

function annotationOf(plan: readonly Planned[], records: readonly DrawnRecord[]): Annotation {
  const annotation: Record<Split, Study[]> = { train: [], val: [], test: [] };
  plan.forEach(({ id, split, real, regions, given }, k) => {
    const views = given?.views ?? VIEWS;
    const written = given?.report ?? records[k].report;
    annotation[split].push({
      id,
      report: real?.text ?? written!.report,
      image_path: views.map((_, view) => `${id}/${view}.png`),
      split,
      views: [...views],
      sentence_regions: regions ?? written!.sentence_regions,
      ...given?.fields,
    });
  });
  return annotation;
}

export function wholeNumber(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`phantom: ${name} must be a whole number from ${low} to ${high}, got ${value}`);
}
