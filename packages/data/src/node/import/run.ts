import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { insideOf } from '@raca/core/node';
import { type Annotation, type Manifest, parseManifest, SPLITS, type Split, type Study } from '../../dataset';
import { DataError } from '../../errors';
import { Funnel, imagesOf } from '../../import/funnel';
import { agreementWith, applySplit, type GivenSplit, type SplitAgreement } from '../../import/given-split';
import { chooseImages, type ImageChoice } from '../../import/image-choice';
import { type Comparison, comparePublished, type Source } from '../../import/published';
import { chooseText, type MarkChoice, type SectionChoice } from '../../import/sections';
import { DEFAULT_SHARES, type Shares, splitByPatient } from '../../import/split';
import {
  type ChosenStudy,
  entriesOf,
  type ImportImage,
  type ImportStudy,
  SAFE_ID,
  targetOf,
} from '../../import/study';
import type { PictureOptions } from '../decode';
import { readJson } from '../read';
import { writeDataset } from '../write';
import { type CsvColumns, readCsv } from './csv';
import { extensionOf, type FoundImage, type ImageMode, type ImageWarning, placeImages } from './images';
import { Inputs } from './inputs';
import { type IuForm, iuKey, readIuXray } from './iu-xray';
import { writeLosses } from './losses';
import { type MimicForm, readMimicCxr } from './mimic-cxr';
import { readGivenSplit } from './r2gen';
import { Scratch } from './scratch';
import { inStage, placeOf } from './stage';

/** Options of both imports. */
interface ImportOptions {
  /** Folders and archives that hold reports, tables and images. */
  readonly from: readonly string[];
  /** Data set folder to make. A complete import of the same options is reused. */
  readonly out: string;
  /** Default `findings`; of a CSV `findings-or-impression`. */
  readonly section?: SectionChoice;
  /** Default `keep`. */
  readonly marks?: MarkChoice;
  /** Take a text without headers as the report; default only where `section` is not `findings` or `impression`. */
  readonly untitled?: boolean;
  /** Default `two` for IU X-ray, `one` for MIMIC-CXR, `each` for R2Gen's MIMIC-CXR, `all` for a CSV. */
  readonly perStudy?: ImageChoice;
  /** Take only these views, by their names in the source, e.g. `PA`, `AP`; `unknown` for images without one. */
  readonly views?: readonly string[];
  /** How DICOM and other files that become PNG are read; any other gray levels than the files' own make PNG of all. */
  readonly pictures?: PictureOptions;
  /** Default `copy`. */
  readonly images?: ImageMode;
  /** R2Gen's `annotation.json` for its split. */
  readonly split?: string;
  /** Of a split of one's own; default 42. */
  readonly seed?: number;
  /** Shares of a split of one's own; default 7, 1, 2. */
  readonly shares?: Shares;
  /** Replaces a finished import of other options (never another kind of folder). */
  readonly overwrite?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface IuXrayOptions extends ImportOptions {
  /** Needed where the folders hold more than one form. */
  readonly form?: IuForm;
}

export interface MimicCxrOptions extends ImportOptions {
  readonly form?: MimicForm;
}

export interface CsvOptions extends ImportOptions {
  /** Names of columns that are not known by themselves. */
  readonly columns?: CsvColumns;
}

/** What an import did. All of it stands in `manifest.json` too. */
export interface ImportResult {
  readonly dir: string;
  /** The folder was there already, made with the same options from the same inputs. */
  readonly reused: boolean;
  readonly manifest: ImportManifest;
}

export interface ImportManifest extends Manifest {
  /** Our counts beside published ones. */
  readonly published: readonly Comparison[];
  /** Where a split file was given. */
  readonly agreement?: SplitAgreement;
  readonly imageFiles?: {
    readonly mode: ImageMode;
    readonly files?: number;
    readonly bytes?: number;
    /** What was chosen for, or looks wrong with, images that were made of DICOM. */
    readonly warnings?: readonly ImageWarning[];
  };
  /** Unusual forms of MIMIC reports, counted. */
  readonly remarks?: Readonly<Record<string, number>>;
}

/** Imports IU X-ray. @throws DataError on unreadable input or if `out` holds something else */
export const importIuXray = (options: IuXrayOptions): Promise<ImportResult> =>
  run('iu-xray', options, async (funnel, inputs, scratch) =>
    readIuXray(options.from, options.form, funnel, inputs, scratch, options.signal),
  );

/** Imports MIMIC-CXR. @throws DataError on unreadable input or if `out` holds something else */
export const importMimicCxr = (options: MimicCxrOptions): Promise<ImportResult> =>
  run('mimic-cxr', options, async (funnel, inputs, scratch) =>
    readMimicCxr(options.from, options.form, funnel, inputs, scratch, options.signal),
  );

/** Imports a CSV of image paths and reports ({@link readCsv}). @throws DataError on unreadable input or if `out` holds something else */
export const importCsv = (options: CsvOptions): Promise<ImportResult> =>
  run('csv', options, async (funnel, inputs, scratch) =>
    readCsv(options.from, options.columns ?? {}, funnel, inputs, scratch, options.signal),
  );

interface Content {
  readonly form: string;
  readonly studies: readonly ImportStudy[];
  readonly images: ReadonlyMap<string, FoundImage>;
  readonly remarks?: ReadonlyMap<string, number>;
}

const ABOUT = {
  'iu-xray': {
    source: 'IU X-ray (Open-i, Indiana University)',
    licence: 'CC BY-NC-ND 4.0',
    access: 'open',
    cleaning: 'iu_xray',
  },
  'mimic-cxr': {
    source: 'MIMIC-CXR (PhysioNet)',
    licence: 'PhysioNet Credentialed Health Data License 1.5.0',
    access: 'credentialed',
    cleaning: 'mimic_cxr',
  },
  // Whose reports these are is not known: they count as credentialed until its manifest says `"access": "open"`.
  csv: { source: 'a CSV of image paths and reports', licence: 'not stated', cleaning: 'iu_xray' },
} as const;

async function run(
  source: Source,
  options: ImportOptions,
  read: (funnel: Funnel, inputs: Inputs, scratch: Scratch) => Promise<Content>,
): Promise<ImportResult> {
  const { out, images: mode = 'copy', overwrite = false, pictures, onProgress, signal } = options;
  const funnel = new Funnel();
  const inputs = new Inputs();
  const scratch = new Scratch();
  const content = await read(funnel, inputs, scratch).finally(() => scratch.dispose());
  signal?.throwIfAborted();
  const given = options.split === undefined ? undefined : readGivenSplit(options.split);
  if (options.split !== undefined) await inputs.addFile(`split: ${basename(options.split)}`, options.split);
  const settings = settingsOf(source, content.form, options, given);
  funnel.row('read', content.studies.length, imagesOf(content.studies));
  const chosen = filter(source, content, settings, given, mode, funnel);

  const recipe = JSON.parse(
    JSON.stringify({
      kind: 'import',
      source,
      form: content.form,
      ...settings,
      images: mode,
      pictures,
      inputs,
    }),
  );
  const place = placeOf(out, recipe);
  if (place === 'same') {
    const file = `${out}/manifest.json`;
    return { dir: out, reused: true, manifest: parseManifest(readJson(file), file) as ImportManifest };
  }
  if (place === 'taken' || (place === 'other import' && !overwrite)) {
    const found = place === 'taken' ? 'other files' : 'an import of other options or inputs';
    throw new DataError(`${out}: expected a missing or empty folder, found ${found}`);
  }
  let manifest: ImportManifest | undefined;
  await inStage(out, recipe, place === 'other import', async (dir) => {
    const files = new Map<string, FoundImage>();
    const paths = chosen.map((study) =>
      study.images.map((image, n) => {
        const file = fileOf(image, content.images);
        const target = targetOf(
          study,
          image,
          n,
          file ? extensionOf(file, options.pictures) : source === 'iu-xray' ? 'png' : 'jpg',
        );
        if (file && mode !== 'none') files.set(target, file);
        return target;
      }),
    );
    const placed =
      mode === 'none'
        ? undefined
        : await placeImages(`${dir}/images`, files, mode, { onProgress, signal, pictures });
    const kept = dropUnreadable(chosen, paths, placed?.failed ?? new Map(), settings.perStudy, funnel);
    const used = new Set(kept.flatMap((study) => study.paths));
    for (const target of files.keys())
      if (!used.has(target)) rmSync(insideOf(`${dir}/images`, target), { force: true });
    const annotation = annotationOf(kept, settings.perStudy);
    const counts = countsOf(
      kept.map(({ study }) => study),
      funnel,
    );
    if (counts.train.studies + counts.val.studies + counts.test.studies === 0)
      throw new DataError(
        `${options.from.join(', ')}: expected studies, found none that pass the filters (${explain(funnel)})`,
      );
    manifest = {
      ...ABOUT[source],
      sections: `${settings.section}${settings.untitled ? ', else the last paragraph' : ''}; marks of de-identification: ${settings.marks}`,
      counts: funnel.rows.map((row) => ({ ...row })),
      inputs: inputs.toJSON(),
      imageFiles:
        placed === undefined
          ? { mode }
          : { mode, files: files.size, bytes: placed.bytes, warnings: placed.warnings },
      published: comparePublished(source, counts, settings.perStudy),
      ...(given && { agreement: agree(source, given, annotation, funnel) }),
      ...(content.remarks && { remarks: Object.fromEntries(content.remarks) }),
      notice: 'Not for clinical use.',
      recipe,
    };
    writeLosses(`${dir}/dropped.csv`, funnel.losses);
    writeDataset(dir, annotation, manifest);
  });
  return { dir: out, reused: false, manifest: manifest! };
}

/** All that decides about the result, defaults filled in. */
function settingsOf(source: Source, form: string, options: ImportOptions, given: GivenSplit | undefined) {
  const {
    section = source === 'csv' ? 'findings-or-impression' : 'findings',
    marks = 'keep',
    seed = 42,
    shares = DEFAULT_SHARES,
  } = options;
  const both = section === 'both' || section === 'findings-or-impression';
  const byImage = source === 'mimic-cxr' && (given !== undefined || form === 'r2gen');
  return {
    section,
    marks,
    untitled: options.untitled ?? both,
    perStudy:
      options.perStudy ??
      (form === 'r2gen'
        ? 'all'
        : source === 'iu-xray'
          ? 'two'
          : source === 'csv'
            ? 'all'
            : byImage
              ? 'each'
              : 'one'),
    views: options.views?.map((view) => view.trim().toUpperCase()),
    seed,
    shares,
  } as const;
}

type Settings = ReturnType<typeof settingsOf>;

function filter(
  source: Source,
  content: Content,
  settings: Settings,
  given: GivenSplit | undefined,
  mode: ImageMode,
  funnel: Funnel,
): ChosenStudy[] {
  const ids = new Map<string, string>();
  let studies = funnel.filter('each id once', content.studies, ({ id, subject, origin }) => {
    if (!SAFE_ID.test(id)) return 'an id of other than letters, digits, ".", "_" or "-"';
    const key = source === 'iu-xray' && content.form !== 'r2gen' ? subject : id;
    const earlier = ids.get(key);
    if (earlier === undefined) ids.set(key, origin);
    return earlier === undefined
      ? undefined
      : { reason: 'id used twice', place: `${origin}, first in ${earlier}` };
  });
  if (given) {
    studies =
      source === 'iu-xray' ? applySplit(studies, given, funnel, iuKey) : byImages(studies, given, funnel);
    funnel.row('in the split file', studies.length, imagesOf(studies));
  } else if (studies.some(({ split }) => split) && studies.some(({ split }) => !split)) {
    studies = funnel.filter('has a split', studies, ({ split }) =>
      split ? undefined : 'not in the split table',
    );
  }
  const texts = new Map<ImportStudy, string>();
  studies = funnel.filter('has a report', studies, (study) => {
    const result = chooseText(study.text === undefined ? study.sections : { findings: study.text }, {
      ...settings,
      section: study.text === undefined ? settings.section : 'findings',
    });
    if ('reason' in result) return study.text === undefined ? result.reason : 'no report';
    texts.set(study, result.text);
    return undefined;
  });
  const texted = studies.map((study) => ({ ...study, text: texts.get(study)! }));
  let illustrated = onlyViews(texted, settings.views, funnel);
  if (mode !== 'none') {
    illustrated = illustrated.map((study) => ({
      ...study,
      images: study.images.filter((image) => {
        if (fileOf(image, content.images)) return true;
        funnel.drop(image.id, 'image file missing', { studies: 0, images: 1 });
        return false;
      }),
    }));
    funnel.row('image files there', illustrated.length, imagesOf(illustrated));
  }
  illustrated = illustrated.flatMap((study) => {
    const { id, images } = study;
    const asGiven = content.form === 'r2gen' && images.length > 0;
    const result = asGiven ? { images } : chooseImages(images, settings.perStudy);
    if ('images' in result) return [{ ...study, images: result.images }];
    funnel.drop(id, result.reason, { images: images.length });
    return [];
  });
  funnel.row(`images a study: ${settings.perStudy}`, illustrated.length, imagesOf(illustrated));
  const split = splitByPatient(
    illustrated.filter((s) => !s.split).map((s) => s.subject),
    settings.seed,
    settings.shares,
  );
  return illustrated.map((study) => ({
    ...study,
    split: study.split ?? split.get(study.subject)!,
  }));
}

/** R2Gen's MIMIC split names images. */
function byImages(studies: readonly ImportStudy[], { entries }: GivenSplit, funnel: Funnel): ImportStudy[] {
  const splits = new Map(entries.map(({ id, split }) => [id, split]));
  return studies.flatMap((study) => {
    const images = study.images.filter(({ id }) => splits.has(id));
    if (images.length === 0) {
      funnel.drop(study.id, 'not in the split file', { images: study.images.length });
      return [];
    }
    return [{ ...study, images, split: splits.get(images[0].id) }];
  });
}

function onlyViews<S extends ImportStudy>(
  studies: S[],
  views: readonly string[] | undefined,
  funnel: Funnel,
): S[] {
  if (!views) return studies;
  const chosen = studies.map((study) => ({
    ...study,
    images: study.images.filter((image) => {
      const view = image.view?.toUpperCase() ?? 'UNKNOWN';
      if (views.includes(view)) return true;
      funnel.drop(image.id, `view ${view.toLowerCase()}`, { studies: 0, images: 1 });
      return false;
    }),
  }));
  funnel.row(`views ${views.join(', ')}`, chosen.length, imagesOf(chosen));
  return chosen;
}

const fileOf = ({ keys }: ImportImage, images: ReadonlyMap<string, FoundImage>): FoundImage | undefined => {
  const key = keys.find((name) => images.has(name));
  return key === undefined ? undefined : images.get(key);
};

interface Kept {
  readonly study: ChosenStudy;
  readonly paths: readonly string[];
}

/** Leaves out images that could not be read, and studies that have too few without them. */
function dropUnreadable(
  studies: readonly ChosenStudy[],
  paths: readonly (readonly string[])[],
  failed: ReadonlyMap<string, string>,
  choice: ImageChoice,
  funnel: Funnel,
): Kept[] {
  if (failed.size === 0) return studies.map((study, i) => ({ study, paths: paths[i] }));
  const kept = studies.flatMap((study, i): Kept[] => {
    const good = [...study.images.keys()].filter((n) => !failed.has(paths[i][n]));
    for (const n of study.images.keys()) {
      const reason = failed.get(paths[i][n]);
      if (reason !== undefined)
        funnel.drop(study.images[n].id, 'unreadable image', { studies: 0, images: 1, place: reason });
    }
    if (good.length < study.images.length && (good.length === 0 || choice === 'two' || choice === 'pair')) {
      funnel.drop(study.id, 'too few readable images', { images: good.length });
      return [];
    }
    return [
      { study: { ...study, images: good.map((n) => study.images[n]) }, paths: good.map((n) => paths[i][n]) },
    ];
  });
  funnel.row('images readable', kept.length, imagesOf(kept.map(({ study }) => study)));
  return kept;
}

function annotationOf(kept: readonly Kept[], choice: ImageChoice): Annotation {
  const annotation: Record<Split, Study[]> = { train: [], val: [], test: [] };
  for (const { study, paths } of kept) annotation[study.split].push(...entriesOf(study, paths, choice));
  return annotation;
}

function countsOf(studies: readonly ChosenStudy[], funnel: Funnel) {
  const count = (split: Split) => {
    const mine = studies.filter((study) => study.split === split);
    const counts = { studies: mine.length, images: imagesOf(mine) };
    funnel.row(split, counts.studies, counts.images);
    return counts;
  };
  return Object.fromEntries(SPLITS.map((split) => [split, count(split)])) as Record<
    Split,
    ReturnType<typeof count>
  >;
}

function agree(source: Source, given: GivenSplit, annotation: Annotation, funnel: Funnel): SplitAgreement {
  const texts = new Map(SPLITS.flatMap((split) => annotation[split].map(({ id, report }) => [id, report])));
  const key = source === 'iu-xray' ? iuKey : (id: string) => id;
  const reasons = new Map(funnel.losses.map(({ id, filter, reason }) => [key(id), `${filter}: ${reason}`]));
  return agreementWith(given, texts, (id) => reasons.get(key(id)));
}

/** Why nothing is left. */
function explain({ rows }: Funnel): string {
  return rows
    .flatMap(({ dropped }) => dropped)
    .map(
      ({ reason, studies, images, examples }) =>
        `${reason}: ${studies} studies, ${images} images, ${examples[0]}`,
    )
    .join('; ');
}
