import { type Cleaning, type Split, Tokenizer, UNKNOWN } from '@raca/data';
import { type Dataset, type StudyBatch, StudyLoader } from '@raca/data/node';
import { bestConstantReport, constantReport, nearestReport } from '@raca/metrics';

/** Side in pixels of the thumbnails that the nearest-report baseline compares. */
const THUMBNAIL = 16;

/** Batches decoded ahead: thumbnails are small, and the calling thread may be busy for some time. */
const AHEAD = 8;

/** Options of {@link trivialBaselines}. */
export interface BaselineOptions {
  /** Images a study that are compared. */
  readonly views: number;
  /** Order in which training studies are taken. */
  readonly seed?: number;
  /** Default: that of the manifest, else `iu_xray`. */
  readonly cleaning?: Cleaning;
  /** Training studies looked at, the first ones in a seeded order; 2000. */
  readonly neighbours?: number;
  readonly signal?: AbortSignal;
  /** Called for each image that cannot be read; its study is left out. Without this the first ends the work. */
  readonly onUnreadable?: (line: string) => void;
}

/** Reports of a system that looks at nothing, or at thumbnails only; in the order of the split. */
export interface BaselineReports {
  readonly system: string;
  readonly ids: readonly string[];
  readonly texts: readonly string[];
}

/**
 * What every score should stand beside: two constant reports (most like the training reports; best clinical micro-F1
 * on them) and the report of the training study whose images look most alike (cosine of 16 × 16 thumbnails without
 * their mean). Texts are cleaned reports.
 * @throws DataError naming the image file that cannot be read (without `onUnreadable`)
 */
export async function trivialBaselines(
  dataset: Dataset,
  split: Split,
  { views, seed = 0, cleaning, neighbours = 2000, signal, onUnreadable }: BaselineOptions,
): Promise<BaselineReports[]> {
  const loader = new StudyLoader(dataset, {
    batchSize: 64,
    tokenizer: new Tokenizer([UNKNOWN]), // reports are taken as texts
    maxLength: 2,
    views,
    seed,
    cleaning,
    transform: { kind: 'eval', size: THUMBNAIL },
    lookAhead: AHEAD,
    onUnreadable,
  });
  try {
    const reports: string[] = [];
    const features: Float32Array[] = [];
    for await (const batch of loader.batches('train', { shuffle: true })) {
      signal?.throwIfAborted();
      reports.push(...batch.reports);
      features.push(...thumbnails(batch));
      if (reports.length >= neighbours) break;
    }
    const ids: string[] = [];
    const queries: Float32Array[] = [];
    for await (const batch of loader.batches(split, { shuffle: false })) {
      signal?.throwIfAborted();
      ids.push(...batch.ids);
      queries.push(...thumbnails(batch));
    }
    const constant = constantReport(reports);
    const clinical = bestConstantReport(reports);
    return [
      { system: 'constant report (most typical)', ids, texts: queries.map(() => constant) },
      { system: 'constant report (best clinical F1)', ids, texts: queries.map(() => clinical) },
      {
        system: 'nearest training report',
        ids,
        texts: queries.map((q) => nearestReport(q, features, reports)),
      },
    ];
  } finally {
    await loader.close();
  }
}

/** One vector a study: the gray values of all views, each view without its mean. */
function thumbnails({ images, shape: [b, v, h, w] }: StudyBatch): Float32Array[] {
  const n = h * w;
  return Array.from({ length: b }, (_, i) => {
    const out = new Float32Array(v * n);
    for (let view = 0; view < v; view++) {
      let mean = 0;
      for (let k = 0; k < n; k++) {
        out[view * n + k] = images[((i * v + view) * n + k) * 3];
        mean += out[view * n + k] / n;
      }
      for (let k = 0; k < n; k++) out[view * n + k] -= mean;
    }
    return out;
  });
}
