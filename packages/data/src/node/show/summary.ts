import { patientOf } from '../../context';
import { type Annotation, SPLITS, type Split, type Study } from '../../dataset';
import { type Cleaning, cleanReport, words } from '../../text/clean';
import { buildVocabulary, UNKNOWN } from '../../text/tokenizer';

/** Labels of a report by class: 1, 0, -1 (uncertain); a class that is not mentioned is missing. */
export type Labeler = (report: string) => Readonly<Record<string, number | undefined>>;

export type BySplit<T> = Readonly<Record<Split, T>>;

/** What a data set holds, in numbers. */
export interface DataSummary {
  readonly studies: BySplit<number>;
  readonly images: BySplit<number>;
  /** By `patient` or `subject_id`; 0 where no study has one. */
  readonly patients: BySplit<number>;
  readonly imagesPerStudy: readonly (readonly [images: number, studies: number])[];
  /** Images by view, most frequent first; `unknown` where a study does not tell. */
  readonly views: readonly (readonly [view: string, images: BySplit<number>])[];
  readonly lengths: {
    /** Words a bin; the last bin holds all that is longer. */
    readonly width: number;
    readonly bins: BySplit<readonly number[]>;
    readonly mean: BySplit<number>;
  };
  readonly vocabulary: {
    readonly threshold: number;
    readonly size: number;
    /** Distinct words of the training reports, however rare. */
    readonly distinct: number;
    /** Share of words that are not in the vocabulary. */
    readonly unknown: BySplit<number>;
    readonly frequent: readonly (readonly [word: string, count: number])[];
  };
  readonly texts: {
    readonly distinct: BySplit<number>;
    /** Reports whose cleaned text stands in training too; 0 for `train`. */
    readonly alsoInTrain: BySplit<number>;
    readonly frequent: readonly (readonly [text: string, count: number])[];
  };
  /** What stands in two splits. */
  readonly leaks: { readonly patients: readonly string[]; readonly images: readonly string[] };
  /** Studies a class with 1, -1 and 0; the rest does not mention it. */
  readonly labels?: readonly (readonly [name: string, counts: BySplit<LabelCount>])[];
}

export interface LabelCount {
  readonly positive: number;
  readonly uncertain: number;
  readonly negative: number;
}

const BINS = 16;
const TOP = 40;

export function summarise(
  annotation: Annotation,
  {
    cleaning = 'iu_xray',
    threshold = cleaning === 'mimic_cxr' ? 10 : 3,
    label,
  }: { readonly cleaning?: Cleaning; readonly threshold?: number; readonly label?: Labeler } = {},
): DataSummary {
  const texts = by((split) => annotation[split].map(({ report }) => cleanReport(report, cleaning)));
  const tokens = by((split) => texts[split].map((text) => words(text)));
  const lengths = by((split) => tokens[split].map((list) => list.length));
  const longest = Math.max(1, ...SPLITS.map((split) => percentile(lengths[split], 0.98)));
  const width = Math.max(1, Math.ceil(longest / (BINS - 1)));
  const vocabulary = new Set(buildVocabulary(texts.train, { threshold }));
  const counts = tally(tokens.train.flat());
  const inTrain = new Set(texts.train);
  return {
    studies: by((split) => annotation[split].length),
    images: by((split) => annotation[split].reduce((sum, { image_path }) => sum + image_path.length, 0)),
    patients: by((split) => new Set(patientsOf(annotation[split])).size),
    imagesPerStudy: [...tally(all(annotation).map(({ image_path }) => image_path.length))].sort(
      ([a], [b]) => a - b,
    ),
    views: viewsOf(annotation),
    lengths: {
      width,
      bins: by((split) => histogram(lengths[split], width)),
      mean: by((split) => mean(lengths[split])),
    },
    vocabulary: {
      threshold,
      size: vocabulary.size,
      distinct: counts.size,
      unknown: by((split) => {
        const list = tokens[split].flat();
        return (
          list.filter((word) => word === UNKNOWN || !vocabulary.has(word)).length / Math.max(1, list.length)
        );
      }),
      frequent: top(counts),
    },
    texts: {
      distinct: by((split) => new Set(texts[split]).size),
      alsoInTrain: by((split) =>
        split === 'train' ? 0 : texts[split].filter((text) => inTrain.has(text)).length,
      ),
      frequent: top(tally(SPLITS.flatMap((split) => texts[split])), 10).filter(([, count]) => count > 1),
    },
    leaks: {
      patients: inTwo(by((split) => patientsOf(annotation[split]))),
      images: inTwo(by((split) => annotation[split].flatMap(({ image_path }) => image_path))),
    },
    ...(label && { labels: labelsOf(annotation, label) }),
  };
}

/** Values of each split. */
function by<T>(value: (split: Split) => T): Record<Split, T> {
  return { train: value('train'), val: value('val'), test: value('test') };
}

const all = (annotation: Annotation): Study[] => SPLITS.flatMap((split) => [...annotation[split]]);

const patientsOf = (studies: readonly Study[]): string[] =>
  studies.flatMap((study) => patientOf(study) ?? []);

function viewsOf(annotation: Annotation): DataSummary['views'] {
  const counts = new Map<string, Record<Split, number>>();
  for (const split of SPLITS) {
    for (const { image_path, views } of annotation[split]) {
      for (const n of image_path.keys()) {
        const view = (Array.isArray(views) && typeof views[n] === 'string' && views[n]) || 'unknown';
        const entry = counts.get(view) ?? { train: 0, val: 0, test: 0 };
        counts.set(view, entry);
        entry[split]++;
      }
    }
  }
  const total = (entry: Record<Split, number>) => entry.train + entry.val + entry.test;
  return [...counts].sort(([, a], [, b]) => total(b) - total(a));
}

function labelsOf(annotation: Annotation, label: Labeler): DataSummary['labels'] {
  const counts = new Map<string, Record<Split, Record<keyof LabelCount, number>>>();
  const none = () => ({ positive: 0, uncertain: 0, negative: 0 });
  for (const split of SPLITS) {
    for (const { report } of annotation[split]) {
      for (const [name, value] of Object.entries(label(report))) {
        const entry = counts.get(name) ?? by(none);
        counts.set(name, entry);
        if (value === 1) entry[split].positive++;
        else if (value === -1) entry[split].uncertain++;
        else if (value === 0) entry[split].negative++;
      }
    }
  }
  return [...counts];
}

/** What stands in more than one split, each once. */
function inTwo(lists: BySplit<readonly string[]>): string[] {
  const owner = new Map<string, Split>();
  const found = new Set<string>();
  for (const split of SPLITS) {
    for (const value of lists[split]) {
      if ((owner.get(value) ?? split) !== split) found.add(value);
      owner.set(value, split);
    }
  }
  return [...found];
}

function tally<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const top = <T>(counts: ReadonlyMap<T, number>, count = TOP): [T, number][] =>
  [...counts].sort(([, a], [, b]) => b - a).slice(0, count);

function histogram(values: readonly number[], width: number): number[] {
  const bins: number[] = new Array(BINS).fill(0);
  for (const value of values) bins[Math.min(BINS - 1, Math.floor(value / width))]++;
  return bins;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}
