import { REGIONS } from '@raca/core/regions';
import { z } from 'zod';
import { DataError, parseOrThrow, shown } from './errors';
import { isViewList } from './views';

/** The three parts of a data set, in the order in which they are listed everywhere. */
export const SPLITS = ['train', 'val', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** A path below `images/`, relative and without `..`. */
export const imagePath = z
  .string()
  .min(1, 'expected a path below images/')
  .refine((path) => isInside(path), 'expected a path below images/ (relative, without "..")');

/** A text beside the pictures. What is missing (or null) was not there; an empty text was there and says nothing. */
const besideText = z.string().nullish();
const owner = z.union([z.string(), z.number()]).nullish();

/** One study of R2Gen's layout; unknown fields are kept. */
export const studySchema = z
  .looseObject({
    id: z.string().min(1, 'expected an id'),
    report: z.string().regex(/\S/, 'expected a report that is not empty'),
    image_path: z.array(imagePath).min(1, 'expected at least one image'),
    split: z.enum(SPLITS),
    sentence_regions: z
      .record(z.string().regex(/^S[1-9]\d*$/, 'expected S1, S2, ...'), z.array(z.string()))
      .optional(),
    views: z.unknown().optional(),
    indication: besideText,
    history: besideText,
    comparison: besideText,
    technique: besideText,
    patient: owner,
    subject_id: owner,
    day: z.number().nullish(),
    prior_study: z.string().nullish(),
  })
  .superRefine(({ views, image_path: { length } }, context) => {
    if (!isViewList(views) || views.length === length) return;
    const message = `expected a view for each of ${length} images`;
    context.addIssue({ code: 'custom', message, path: ['views'] });
  });

/**
 * One study: its report, images (paths below `images/`) and, where annotated, the regions that each sentence
 * of the cleaned report speaks of (`S1` is the first sentence). Extra fields pass through.
 *
 * Where the source knows them:
 * - `views`: a name for each image, as the source calls it (`PA`, `LATERAL`) or one of `VIEW_KINDS`; null where it has
 *   none ({@link viewKindsOf} reads them)
 * - `indication`, `history`, `comparison`, `technique`: what stood beside the pictures ({@link contextOf} reads them)
 * - `patient` or `subject_id`: whose study it is ({@link patientOf})
 * - `day`: days since a moment that is the patient's own, such as the first study; fractions are times of the day
 * - `prior_study`: id of the patient's study before this one ({@link priorOf})
 */
export type Study = z.infer<typeof studySchema>;

export const annotationSchema = z.looseObject({
  train: z.array(studySchema),
  val: z.array(studySchema),
  test: z.array(studySchema),
});

/** The content of `annotation.json`. */
export interface Annotation {
  readonly train: readonly Study[];
  readonly val: readonly Study[];
  readonly test: readonly Study[];
}

/** What was left after one step of filtering. */
const countSchema = z.looseObject({
  filter: z.string(),
  studies: z.int().nonnegative(),
  images: z.int().nonnegative().optional(),
});

export const manifestSchema = z.looseObject({
  source: z.string(),
  licence: z.string(),
  /** `credentialed` text (MIMIC-CXR) must not leave the machine. */
  access: z.enum(['open', 'credentialed']).optional(),
  cleaning: z.enum(['iu_xray', 'mimic_cxr']).optional(),
  counts: z.array(countSchema).optional(),
  /** sha256 in hexadecimal of each input file, by name. */
  inputs: z
    .record(z.string(), z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in hexadecimal'))
    .optional(),
  /** Which sections of a report were taken, e.g. `findings, else impression`. */
  sections: z.string().optional(),
  /** Names of the regions that `sentence_regions` speaks of, and `regions.json` may besides the 12; absent: the 12. */
  regions: z.array(z.string().min(1)).min(1).optional(),
});

/** The content of `manifest.json`: where a data set comes from and what was done to it. */
export type Manifest = z.infer<typeof manifestSchema>;

const exactCoverage = z.array(z.number().min(0).max(1));

/** {@link exactCoverage}, asked only what is wrong with what is none: a data set holds millions of these numbers. */
const coverage = z.custom<number[]>().superRefine((value, context) => {
  if (isCoverage(value)) return;
  for (const issue of exactCoverage.safeParse(value).error?.issues ?? []) context.addIssue({ ...issue });
});

function isCoverage(value: unknown): value is number[] {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) {
    if (!(typeof value[i] === 'number' && value[i] >= 0 && value[i] <= 1)) return false;
  }
  return true;
}

const regionTruthOf = (names: readonly string[]) =>
  z
    .looseObject({
      rows: z.int().positive(),
      cols: z.int().positive(),
      studies: z.record(z.string(), z.array(z.partialRecord(z.enum(names), coverage))),
    })
    .superRefine(({ rows, cols, studies }, context) => {
      for (const [id, views] of Object.entries(studies)) {
        views.forEach((regions, view) => {
          for (const [region, patches] of Object.entries(regions)) {
            if (patches?.length === rows * cols) continue;
            const message = `expected ${rows} x ${cols} patches`;
            context.addIssue({ code: 'custom', message, path: ['studies', id, view, region] });
          }
        });
      }
    });

/** `regions.json` of the 12 regions. */
export const regionTruthSchema = regionTruthOf(REGIONS);

/**
 * The content of `regions.json`: where each region truly lies (known for the phantom only). `studies[id][view]`
 * gives, per region, the covered fraction 0..1 of each patch of a `rows x cols` grid, row by row.
 */
export interface RegionTruth {
  readonly rows: number;
  readonly cols: number;
  readonly studies: Readonly<Record<string, readonly Partial<Record<string, readonly number[]>>[]>>;
}

/** @throws DataError one line: wrong types, unsafe paths, empty reports, a study in the wrong list, ids used twice */
export function parseAnnotation(value: unknown, file = 'annotation.json'): Annotation {
  const { train, val, test } = parseOrThrow(annotationSchema, value, file);
  const annotation = { train, val, test };
  const checkPlace = placeChecker(file);
  for (const split of SPLITS) {
    for (const [i, study] of annotation[split].entries()) checkPlace(study, split, i);
  }
  return annotation;
}

/** Checks studies one by one: each in the list of its split, each id once. */
export function placeChecker(file: string): (study: Study, split: Split, index: number) => void {
  const places = new Map<string, string>();
  return (study, split, index) => {
    const place = `${split}[${index}]`;
    if (study.split !== split) {
      throw new DataError(
        `${file}: ${place}.split: expected "${split}", found "${study.split}" (${shown(study.id)})`,
      );
    }
    const earlier = places.get(study.id);
    if (earlier) {
      throw new DataError(
        `${file}: ${place}.id: expected ids used once, found ${shown(study.id)} also at ${earlier}`,
      );
    }
    places.set(study.id, place);
  };
}

/** The studies that `keep` says yes to; the order stays. */
export function filterStudies(annotation: Annotation, keep: (study: Study) => boolean): Annotation {
  const { train, val, test } = annotation;
  return { train: train.filter(keep), val: val.filter(keep), test: test.filter(keep) };
}

export const parseManifest = (value: unknown, file = 'manifest.json'): Manifest =>
  parseOrThrow(manifestSchema, value, file);

/** @param names of the regions that it may speak of besides the 12 */
export const parseRegionTruth = (
  value: unknown,
  file = 'regions.json',
  names?: readonly string[],
): RegionTruth =>
  parseOrThrow(names ? regionTruthOf([...new Set([...REGIONS, ...names])]) : regionTruthSchema, value, file);

/** Region names of `sentence_regions` that are not among `names`, with the number of uses; such names are ignored. */
export function unknownRegions(
  annotation: Annotation,
  names: readonly string[] = REGIONS,
): Map<string, number> {
  const known = new Set(names);
  const unknown = new Map<string, number>();
  for (const split of SPLITS) {
    for (const study of annotation[split]) {
      for (const names of Object.values(study.sentence_regions ?? {})) {
        for (const name of names) if (!known.has(name)) unknown.set(name, (unknown.get(name) ?? 0) + 1);
      }
    }
  }
  return unknown;
}

function isInside(path: string): boolean {
  return !/^([/\\]|[A-Za-z]:)/.test(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..');
}
