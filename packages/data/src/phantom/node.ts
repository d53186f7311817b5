import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotateReport } from '../annotate/annotate-report';
import { parseManifest, SPLITS, type Study } from '../dataset';
import { DataError } from '../errors';
import { readAnnotation } from '../node/read';
import { cleanReport } from '../text/clean';
import {
  type DrawOptions,
  LICENCE,
  make,
  type PhantomResult,
  type Planned,
  settings,
  wholeNumber,
} from './make';

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
