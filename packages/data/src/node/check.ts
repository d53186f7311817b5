import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '@raca/core/node';
import { REGIONS } from '@raca/core/regions';
import { parseChanges } from '../changes/truth';
import { contextCounts } from '../context';
import {
  parseManifest,
  parseRegionTruth,
  SPLITS,
  type Split,
  type Study,
  studySchema,
  unknownRegions,
} from '../dataset';
import { DataError, parseOrThrow, shown } from '../errors';
import { type Cleaning, cleanReport, words } from '../text/clean';
import { buildVocabulary } from '../text/tokenizer';
import { type PictureOptions, readRadiograph } from './decode';
import { readJsonLists } from './json-lists';
import { imageFile, readJson } from './read';

export interface DataProblem {
  /** `error`: training or evaluation would stop here or be wrong. `warning`: worth knowing. */
  readonly level: 'error' | 'warning';
  /** One line naming the file and the field. */
  readonly message: string;
}

/** Counts of one split. */
export interface SplitCounts {
  readonly studies: number;
  readonly images: number;
  /** Distinct cleaned reports. */
  readonly distinctReports: number;
  /** Reports whose cleaned text also stands in the training split (0 for `train` itself). */
  readonly reportsAlsoInTrain: number;
  /** Words of a cleaned report, full stops included. */
  readonly reportWords: {
    readonly min: number;
    readonly median: number;
    readonly mean: number;
    readonly max: number;
  };
}

export interface DataCheck {
  readonly problems: DataProblem[];
  readonly counts: {
    readonly splits: Record<Split, SplitCounts>;
    /** Words of the training reports seen at least `threshold` times, and `<unk>`. */
    readonly vocabulary: { readonly threshold: number; readonly size: number };
  };
}

export interface CheckOptions {
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** Default 10 for MIMIC's cleaning, else 3. */
  readonly threshold?: number;
  /** Decode every image (default true); otherwise only look whether the files are there. */
  readonly decodeImages?: boolean;
  /** How images are read; by default as their files say. */
  readonly pictures?: PictureOptions;
}

/**
 * Looks through a whole data set folder and lists what is wrong instead of stopping at the first fault:
 * wrong types, ids used twice, empty reports, missing or corrupt images, unknown regions, text that stands
 * in training and in another split, patients (`subject_id`) and image files in two splits, pictures that look wrong.
 *
 * @throws DataError only where nothing can be looked at: no folder, no readable `annotation.json`
 */
export async function checkDataset(dir: string, options: CheckOptions = {}): Promise<DataCheck> {
  const problems: DataProblem[] = [];
  const report = (level: DataProblem['level'], message: string) => problems.push({ level, message });
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DataError) || isSystemError(error)) throw error;
      report('error', error.message);
      return undefined;
    }
  };

  const file = join(dir, 'annotation.json');
  const studies = readSplits(file, attempt);
  const ifThere = <T>(name: string, parse: (value: unknown, file: string) => T) =>
    existsSync(join(dir, name))
      ? attempt(() => parse(readJson(join(dir, name)), join(dir, name)))
      : undefined;
  const manifest = ifThere('manifest.json', parseManifest);
  ifThere('regions.json', (value, file) => parseRegionTruth(value, file, manifest?.regions));
  ifThere('changes.json', parseChanges);

  const cleaning = options.cleaning ?? manifest?.cleaning ?? 'iu_xray';
  const threshold = options.threshold ?? (cleaning === 'mimic_cxr' ? 10 : 3);
  checkOwners(studies, file, report);
  if ((manifest?.imageFiles as { mode?: unknown } | undefined)?.mode === 'none')
    report('warning', `${dir}: imported without images`);
  else await checkImages(dir, studies, options, report);
  for (const [fault, count] of Object.entries(contextCounts(studies).faults))
    if (count > 0) report('warning', `${file}: prior_study: ${count} earlier studies are ${fault}: not used`);
  for (const [name, uses] of unknownRegions(studies, manifest?.regions)) {
    report(
      'warning',
      `${file}: sentence_regions: ${shown(name)} is not one of the ${manifest?.regions?.length ?? REGIONS.length} regions (${uses} uses)`,
    );
  }

  const texts = (split: Split) => studies[split].map((study) => cleanReport(study.report, cleaning));
  const train = texts('train');
  const inTrain = new Set(train);
  const countsOf = (split: Split) =>
    countSplit(studies[split], texts(split), split === 'train' ? undefined : inTrain);
  const splits = { train: countsOf('train'), val: countsOf('val'), test: countsOf('test') };
  for (const split of SPLITS) {
    const { studies, reportsAlsoInTrain } = splits[split];
    if (studies === 0) report('warning', `${file}: ${split}: expected studies, found none`);
    if (reportsAlsoInTrain > 0) {
      report(
        'warning',
        `${file}: ${split}: ${reportsAlsoInTrain} of ${studies} reports stand word for word in train`,
      );
    }
  }
  return {
    problems,
    counts: { splits, vocabulary: { threshold, size: buildVocabulary(train, { threshold }).length } },
  };
}

type Studies = Record<Split, Study[]>;
type Report = (level: DataProblem['level'], message: string) => void;

/** The studies that are well formed; the others are reported. */
function readSplits(file: string, attempt: <T>(read: () => T) => T | undefined): Studies {
  const studies: Studies = { train: [], val: [], test: [] };
  const lists = new Set<string>();
  for (const { list, index, value } of readJsonLists(file, { lists: (name) => lists.add(name) })) {
    const split = SPLITS.find((name) => name === list);
    if (!split) continue;
    lists.add(list);
    const study = attempt(() => {
      if (index === undefined)
        throw new DataError(`${file}: ${split}: expected an array of studies, found ${shown(value)}`);
      return parseOrThrow(studySchema, value, `${file}: ${split}[${index}]`);
    });
    if (study) studies[split].push(study);
  }
  for (const split of SPLITS) {
    if (!lists.has(split))
      attempt(() => {
        throw new DataError(`${file}: ${split}: expected an array of studies, found nothing`);
      });
  }
  return studies;
}

/** Each id once, in the list of its split; each patient and each image in one split. */
function checkOwners(studies: Studies, file: string, report: Report): void {
  const ids = new Set<string>();
  const patients = new Map<unknown, Split>();
  const shared = new Set<unknown>();
  const images = new Map<string, Split>();
  const sharedImages = new Set<string>();
  for (const split of SPLITS) {
    for (const study of studies[split]) {
      if (ids.has(study.id)) report('error', `${file}: ${split}: id ${shown(study.id)} is used twice`);
      ids.add(study.id);
      if (study.split !== split) {
        report(
          'error',
          `${file}: ${split}: ${shown(study.id)}: expected split "${split}", found "${study.split}"`,
        );
      }
      for (const path of study.image_path) {
        if ((images.get(path) ?? split) !== split) sharedImages.add(path);
        images.set(path, split);
      }
      const patient = study.patient ?? study.subject_id;
      if (patient === undefined || patient === null) continue;
      if ((patients.get(patient) ?? split) !== split) shared.add(patient);
      patients.set(patient, split);
    }
  }
  if (sharedImages.size > 0) {
    const [first] = sharedImages;
    report(
      'error',
      `${file}: image_path: ${sharedImages.size} images stand in two splits, first ${shown(first)}`,
    );
  }
  if (shared.size > 0) {
    report(
      'error',
      `${file}: subject_id: ${shared.size} patients stand in two splits, first ${shown([...shared][0])}`,
    );
  }
}

async function checkImages(
  dir: string,
  studies: Studies,
  { decodeImages: decode = true, pictures }: CheckOptions,
  report: Report,
): Promise<void> {
  const paths = [...new Set(SPLITS.flatMap((split) => studies[split].flatMap((study) => study.image_path)))];
  const faults: (string | undefined)[] = new Array(paths.length).fill(undefined);
  const odd = new Map<string, string[]>();
  let next = 0;
  const lane = async () => {
    while (next < paths.length) {
      const i = next++;
      const file = imageFile(dir, paths[i]);
      if (!existsSync(file)) faults[i] = `${file}: expected an image, found nothing`;
      else if (decode) {
        try {
          for (const warning of (await readRadiograph(file, pictures)).warnings)
            addTo(odd, warning.split(':')[0], paths[i]);
        } catch (error) {
          if (!(error instanceof DataError)) throw error; // the disk's fault, not the image's
          faults[i] = error.message;
        }
      }
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  for (const fault of faults) if (fault) report('error', fault);
  for (const [what, found] of odd)
    report('warning', `${join(dir, 'images')}: ${what}: ${found.length} images, first ${found.sort()[0]}`);
}

function addTo(lists: Map<string, string[]>, name: string, value: string): void {
  lists.set(name, [...(lists.get(name) ?? []), value]);
}

function countSplit(studies: Study[], texts: string[], inTrain = new Set<string>()): SplitCounts {
  const lengths = texts.map((text) => words(text).length).sort((a, b) => a - b);
  const n = lengths.length;
  return {
    studies: n,
    images: studies.reduce((sum, { image_path }) => sum + image_path.length, 0),
    distinctReports: new Set(texts).size,
    reportsAlsoInTrain: texts.filter((text) => inTrain.has(text)).length,
    reportWords: {
      min: lengths[0] ?? 0,
      median: n === 0 ? 0 : (lengths[(n - 1) >> 1] + lengths[n >> 1]) / 2,
      mean: n === 0 ? 0 : lengths.reduce((sum, length) => sum + length, 0) / n,
      max: lengths[n - 1] ?? 0,
    },
  };
}
