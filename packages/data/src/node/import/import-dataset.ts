import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { insideOf, writeFileAtomic } from '@raca/core/node';
import { type Annotation, type Manifest, parseManifest, SPLITS, type Split, type Study } from '../../dataset';
import { DataError } from '../../errors';
import { chooseStudies, type Settings } from '../../import/choose-studies';
import { Funnel, imagesOf } from '../../import/funnel';
import { agreementWith, type GivenSplit, type SplitAgreement } from '../../import/given-split';
import type { ImageChoice } from '../../import/image-choice';
import { type Comparison, comparePublished } from '../../import/published';
import type { MarkChoice, SectionChoice } from '../../import/sections';
import { DEFAULT_SHARES, type Shares } from '../../import/split';
import { type ChosenStudy, entriesOf, type ImportImage, targetOf } from '../../import/study';
import { inTime } from '../../import/timeline';
import type { PictureOptions } from '../decode';
import { readJson } from '../read';
import { writeDataset } from '../write';
import { extensionOf, type FoundImage, type ImageMode, type ImageWarning, placeImages } from './images';
import type { ImportSource, SourceContent } from './import-source';
import { Inputs } from './inputs';
import { writeLosses } from './losses';
import { readingOf } from './reading';
import { Scratch } from './scratch';
import { readGivenSplit } from './sources/r2gen';
import { inStage, placeOf } from './stage';

/** Options of every import. */
export interface ImportOptions {
  /** Folders and archives that hold reports, tables and images. */
  readonly from: readonly string[];
  /** Data set folder to make. A complete import of the same options is reused. */
  readonly out: string;
  /** Default that of the source, else `findings`. */
  readonly section?: SectionChoice;
  /** Default `keep`. */
  readonly marks?: MarkChoice;
  /** Take a text without headers as the report; default only where `section` is not `findings` or `impression`. */
  readonly untitled?: boolean;
  /** Default that of the source (`two` for IU X-ray, `one` for MIMIC-CXR, `each` where its split is followed), else `all`. */
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

/**
 * Imports a data set: reads the source, filters its studies, brings their images, and writes a data set folder with a manifest and a
 * table of all that was left out. A broken-off import goes on where it was; a finished one of the same options and inputs is
 * used again.
 *
 * @throws DataError on unreadable input, where no study passes the filters, or if `out` holds something else
 */
export async function importDataset(source: ImportSource, options: ImportOptions): Promise<ImportResult> {
  const { out, images: mode = 'copy', overwrite = false, pictures, onProgress, signal } = options;
  const funnel = new Funnel();
  const inputs = new Inputs();
  const scratch = new Scratch();
  const reading = readingOf(options.from, funnel, inputs, scratch, signal);
  const read = await source.read(reading).finally(() => scratch.dispose());
  const content = { ...read, studies: inTime(read.studies) };
  signal?.throwIfAborted();
  const given = options.split === undefined ? undefined : readGivenSplit(options.split);
  if (options.split !== undefined) await inputs.addFile(`split: ${basename(options.split)}`, options.split);
  const settings = settingsOf(source, content, options, given);
  funnel.row('read', content.studies.length, imagesOf(content.studies));
  const hasFile = (image: ImportImage): boolean => fileOf(image, content.images) !== undefined;
  const chosen = chooseStudies(
    { source, content, given, ...(mode !== 'none' && { hasFile }) },
    settings,
    funnel,
  );

  const recipe = JSON.parse(
    JSON.stringify({
      kind: 'import',
      source: source.name,
      form: content.form ?? source.name,
      ...settings,
      images: mode,
      pictures,
      inputs,
      options: source.options,
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
          file ? extensionOf(file, options.pictures) : (source.extension ?? 'jpg'),
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
      ...source.about,
      ...content.about,
      sections: `${settings.section}${settings.untitled ? ', else the last paragraph' : ''}; marks of de-identification: ${settings.marks}`,
      counts: funnel.rows.map((row) => ({ ...row })),
      inputs: inputs.toJSON(),
      imageFiles:
        placed === undefined
          ? { mode }
          : { mode, files: files.size, bytes: placed.bytes, warnings: placed.warnings },
      published: comparePublished(source.published ?? [], counts, settings.perStudy),
      ...(given && { agreement: agree(source, given, annotation, funnel) }),
      ...(content.remarks && { remarks: Object.fromEntries(content.remarks) }),
      notice: 'Not for clinical use.',
      recipe,
    };
    for (const [name, text] of content.files ?? []) writeFileAtomic(insideOf(dir, name), text);
    writeLosses(`${dir}/dropped.csv`, funnel.losses);
    writeDataset(dir, annotation, manifest);
  });
  return { dir: out, reused: false, manifest: manifest! };
}

/** The defaults filled in. */
function settingsOf(
  source: ImportSource,
  content: SourceContent,
  options: ImportOptions,
  given: GivenSplit | undefined,
): Settings {
  const {
    section = source.section ?? 'findings',
    marks = 'keep',
    seed = 42,
    shares = DEFAULT_SHARES,
  } = options;
  const both = section === 'both' || section === 'findings-or-impression';
  const usual = (given && source.perStudyOfSplit) ?? source.perStudy ?? 'all';
  return {
    section,
    marks,
    untitled: options.untitled ?? both,
    perStudy: options.perStudy ?? (content.chosen ? 'all' : usual),
    views: options.views?.map((view) => view.trim().toUpperCase()),
    seed,
    shares,
  };
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

function agree(
  source: ImportSource,
  given: GivenSplit,
  annotation: Annotation,
  funnel: Funnel,
): SplitAgreement {
  const texts = new Map(SPLITS.flatMap((split) => annotation[split].map(({ id, report }) => [id, report])));
  const key = source.splitKey ?? ((id: string) => id);
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
