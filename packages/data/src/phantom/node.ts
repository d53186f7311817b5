import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { annotateReport } from '../annotate/annotate-report';
import { type Annotation, type Manifest, parseManifest, SPLITS, type Split, type Study } from '../dataset';
import { DataError } from '../errors';
import { readAnnotation } from '../node/read';
import { writeDataset } from '../node/write';
import { cleanReport } from '../text/clean';
import type { DrawJob } from './draw';
import { fillFolder, stateOf } from './folder';
import { CLASSES } from './labels';
import { type PoseStrength, VIEWS } from './pose';
import { type DrawnRecord, drawAll } from './studio';
import { PHANTOM_VERSION } from './study';

/** What {@link makePhantom} and {@link drawForReports} have in common. */
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

export interface PhantomOptions extends DrawOptions {
  /** Studies a split; defaults 1,600, 200, 200. */
  readonly train?: number;
  readonly val?: number;
  readonly test?: number;
}

export interface ReportsOptions extends DrawOptions {
  /** Folder with an `annotation.json` in R2Gen's layout and, if known, coded findings in `reports.jsonl`. */
  readonly reports: string;
}

export interface PhantomResult {
  readonly dir: string;
  /** The folder was there already, made with the same options. */
  readonly reused: boolean;
  readonly counts: Readonly<Record<Split, number>>;
}

const NOTICE =
  'A test bed of made-up patients. Numbers on it say nothing about real patients. Not for clinical use.';
const LICENCE = 'CC0-1.0';

/**
 * Makes a data set of made-up patients: two views each, reports, and in `regions.json` the truth: patch masks of
 * the 12 regions per view, labels of the 14 classes, findings. Same options, same bytes. Not for clinical use.
 *
 * @throws DataError if `out` holds something else; RangeError on options out of range
 */
export async function makePhantom(options: PhantomOptions): Promise<PhantomResult> {
  const counts = { train: options.train ?? 1600, val: options.val ?? 200, test: options.test ?? 200 };
  for (const split of SPLITS) wholeNumber(split, counts[split], 0, 1e6);
  const recipe = { kind: 'phantom', ...settings(options), ...counts };
  const plan: Planned[] = [];
  for (const split of SPLITS) {
    for (let k = 0; k < counts[split]; k++)
      plan.push({ split, id: `phantom-${split}-${String(k).padStart(5, '0')}` });
  }
  return make(options, plan, recipe, {
    source: 'phantom',
    licence: LICENCE,
    access: 'open',
    sections: 'findings, written by a grammar',
    inputs: {},
  });
}

/**
 * Draws images for real reports: findings from the codes of `reports.jsonl` (rows with `r2gen_id`, `mesh_major`) or of
 * the studies (`mesh`, kept by the import of IU X-ray), else from the text; all else random by seed and id. Sentence regions come from the data set or the lexicon. The
 * images are made up, the reports are not. Not for clinical use.
 *
 * @throws DataError on unreadable input, or if `out` holds something else
 */
export async function drawForReports(options: ReportsOptions): Promise<PhantomResult> {
  const file = (name: string): string => join(options.reports, name);
  const annotation = readAnnotation(file('annotation.json'));
  const codes = existsSync(file('reports.jsonl'))
    ? readCodes(file('reports.jsonl'))
    : new Map<string, string[]>();
  const origin = existsSync(file('manifest.json'))
    ? parseManifest(JSON.parse(readFileSync(file('manifest.json'), 'utf8')), file('manifest.json'))
    : undefined;
  const inputs: Record<string, string> = {};
  for (const name of ['annotation.json', 'reports.jsonl'])
    if (existsSync(file(name))) inputs[name] = sha256(file(name));
  const cleaning = origin?.cleaning ?? 'iu_xray';
  const plan: Planned[] = SPLITS.flatMap((split) =>
    annotation[split].map((study): Planned => {
      if (!/^[\w.-]+$/.test(study.id) || /^\.+$/.test(study.id)) {
        throw new DataError(
          `${file('annotation.json')}: id: expected letters, digits, ".", "_" or "-", found ${JSON.stringify(study.id)}`,
        );
      }
      const regions = study.sentence_regions ?? annotateReport(cleanReport(study.report, cleaning));
      const real = { codes: codes.get(study.id) ?? meshOf(study), text: study.report };
      return { split, id: study.id, real, regions };
    }),
  );
  return make(
    options,
    plan,
    { kind: 'reports', ...settings(options), inputs },
    {
      source: `phantom: images drawn for real reports${origin ? ` of ${origin.source}` : ''}`,
      licence: `images ${LICENCE}; reports ${origin?.licence ?? 'as where they come from'}`,
      ...(origin?.access && { access: origin.access }),
      cleaning,
      ...(origin?.sections && { sections: origin.sections }),
      coded: plan.filter(({ real }) => real!.codes.length > 0).length,
      inputs,
    },
  );
}

interface Planned {
  readonly id: string;
  readonly split: Split;
  readonly real?: DrawJob['real'];
  readonly regions?: Study['sentence_regions'];
}

/** Options that decide about bytes. */
function settings({ seed = 1, size = 128, pose = 'mild', rows = 7, cols = 7 }: DrawOptions) {
  wholeNumber('seed', seed, -(2 ** 53), 2 ** 53);
  wholeNumber('size', size, 16, 2048);
  wholeNumber('rows', rows, 1, size);
  wholeNumber('cols', cols, 1, size);
  if (!['none', 'mild', 'strong'].includes(pose)) {
    throw new RangeError(`phantom: pose must be none, mild or strong, got ${pose}`);
  }
  return { version: PHANTOM_VERSION, seed, size, pose, rows, cols };
}

async function make(
  options: DrawOptions,
  plan: readonly Planned[],
  recipe: ReturnType<typeof settings> & Record<string, unknown>,
  about: Manifest,
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
  const jobs = plan.map(({ id, real }): DrawJob => ({ id, seed, size, pose, rows, cols, real }));
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
        { filter: 'drawn', studies: plan.length, images: VIEWS.length * plan.length },
        ...SPLITS.map((s) => ({ filter: s, studies: counts[s], images: VIEWS.length * counts[s] })),
      ],
      positives: Object.fromEntries(positives) as Record<string, number>,
      recipe,
    };
    const studies = Object.fromEntries(records.map(({ id, masks }) => [id, masks]));
    const truth = {
      rows,
      cols,
      views: VIEWS,
      classes: CLASSES,
      labels: Object.fromEntries(records.map(({ id, labels }) => [id, labels])),
      findings: Object.fromEntries(records.map(({ id, findings }) => [id, findings])),
      studies,
    };
    await writeDataset(dir, annotation, manifest, { regions: truth });
  });
  return { dir: out, reused: false, counts };
}

function annotationOf(plan: readonly Planned[], records: readonly DrawnRecord[]): Annotation {
  const annotation: Record<Split, Study[]> = { train: [], val: [], test: [] };
  plan.forEach(({ id, split, real, regions }, k) => {
    annotation[split].push({
      id,
      report: real?.text ?? records[k].report!.report,
      image_path: VIEWS.map((_, view) => `${id}/${view}.png`),
      split,
      views: [...VIEWS],
      sentence_regions: regions ?? records[k].report!.sentence_regions,
    });
  });
  return annotation;
}

/** Coded findings that an import of IU X-ray keeps with the study. */
function meshOf({ mesh }: Study): string[] {
  return Array.isArray(mesh) && mesh.every((code) => typeof code === 'string') ? mesh : [];
}

/** `r2gen_id` → coded findings. */
function readCodes(file: string): Map<string, string[]> {
  const out = new Map<string, string[]>();
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, k) => {
      if (line.trim() === '') return;
      let row: { r2gen_id?: unknown; mesh_major?: unknown };
      try {
        row = JSON.parse(line);
      } catch {
        throw new DataError(
          `${file}: line ${k + 1}: expected JSON, found ${JSON.stringify(line.slice(0, 40))}`,
        );
      }
      const { r2gen_id: id, mesh_major: codes } = row ?? {};
      if (typeof id !== 'string') return;
      if (!Array.isArray(codes) || !codes.every((code) => typeof code === 'string')) {
        throw new DataError(`${file}: line ${k + 1}: mesh_major: expected an array of strings`);
      }
      out.set(id, codes);
    });
  return out;
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

function wholeNumber(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`phantom: ${name} must be a whole number from ${low} to ${high}, got ${value}`);
}
