import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import type { Split } from '@raca/data';
import { type Dataset, ImageCache, type StudyBatch, StudyLoader } from '@raca/data/node';
import {
  bestConstantReport,
  constantReport,
  nearestReport,
  type Protocol,
  type ReportPair,
  type ScoreReport,
  score,
} from '@raca/metrics';
import { stringify } from 'csv-stringify/sync';
import { writeReports } from '../generate';
import { withBatch } from './batches';
import type { LoadedRun } from './load-run';
import { makeLoaders } from './train';

/** One study with its generated report and the masks it was written from. */
export interface EvaluatedStudy {
  readonly id: string;
  readonly images: readonly string[];
  /** Cleaned, in full. */
  readonly report: string;
  /** Cut to the model's length, rare words as `<unk>`. */
  readonly reference: string;
  readonly generated: string;
  /** `[r · p]`, each 0 or 1, region by region. */
  readonly masks: Uint8Array;
}

/** A system's scores under both protocols. */
export interface SystemScores {
  readonly system: string;
  readonly protocols: Readonly<Record<Protocol, ScoreReport>>;
}

/** Result of {@link evaluate}. */
export interface Evaluation {
  readonly split: Split;
  /** The model first, then the trivial baselines. */
  readonly systems: readonly SystemScores[];
  readonly studies: readonly EvaluatedStudy[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly split?: Split;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Training studies that the nearest-report baseline looks at, the first ones in a seeded order; 2000. */
  readonly neighbours?: number;
}

/** Side in pixels of the thumbnails that the nearest-report baseline compares. */
const THUMBNAIL = 16;

/**
 * Writes a report for each study of a split and scores them beside the trivial baselines: two constant reports
 * (most like the training reports; best clinical micro-F1 on them) and the report of the training study whose
 * images look most alike (cosine of 16 × 16 thumbnails without their mean).
 * @throws Error if the split is empty
 */
export async function evaluate(
  loaded: LoadedRun,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { split = 'test', signal, onProgress = () => {} } = options;
  if (dataset.annotation[split].length === 0) {
    throw new Error(
      `${join(dataset.dir, 'annotation.json')}: ${split}: expected at least one study, found none`,
    );
  }
  const studies = await writeSplit(loaded, dataset, split, onProgress, signal);
  const baselines = await trivialBaselines(loaded, dataset, split, options.neighbours ?? 2000);
  const systems = [{ system: 'model', texts: studies.map(({ generated }) => generated) }, ...baselines].map(
    ({ system, texts }): SystemScores => ({
      system,
      protocols: {
        r2gen: score(pairs(studies, texts, 'reference'), { protocol: 'r2gen' }),
        full: score(pairs(studies, texts, 'report'), { protocol: 'full' }),
      },
    }),
  );
  return { split, systems, studies };
}

/** `reports.csv`: id, views, both texts and the per-report scores of the model under the protocol `r2gen`. */
export function writeReportsCsv(path: string, { systems, studies }: Evaluation): void {
  const { perReport } = systems[0].protocols.r2gen;
  const names = Object.keys(perReport[0]?.scores ?? {});
  const rows = studies.map((study, i) => [
    study.id,
    study.images.length,
    study.reference,
    study.generated,
    ...names.map((name) => perReport[i].scores[name]),
  ]);
  writeFileAtomic(path, stringify([['id', 'view', 'reference', 'generated', ...names], ...rows]));
}

async function writeSplit(
  { model, config, tokenizer }: LoadedRun,
  dataset: Dataset,
  split: Split,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<EvaluatedStudy[]> {
  const cache = new ImageCache({ maxBytes: 0 });
  const { train, evaluation: loader } = makeLoaders(dataset, config, tokenizer, cache);
  const total = dataset.annotation[split].length;
  const studies: EvaluatedStudy[] = [];
  try {
    for await (const batch of loader.batches(split, { shuffle: false })) {
      signal?.throwIfAborted();
      await withBatch(batch, async ({ vision }) => {
        const written = await writeReports(model, vision, {
          ...config.training.generation,
          maxLength: config.model.maxLength,
        });
        try {
          const [, r, p] = written.regions.masks.shape;
          const masks = Uint8Array.from(written.regions.masks.dataSync());
          batch.ids.forEach((id, i) => {
            studies.push({
              id,
              images: batch.imageFiles[i],
              report: batch.reports[i],
              reference: batch.references[i],
              generated: tokenizer.decode(written.tokens[i] as number[]),
              masks: masks.slice(i * r * p, (i + 1) * r * p),
            });
          });
        } finally {
          written.dispose();
        }
      });
      onProgress(studies.length, total);
    }
  } finally {
    await Promise.all([loader.close(), train.close()]);
  }
  return studies;
}

async function trivialBaselines(
  { config, tokenizer }: LoadedRun,
  dataset: Dataset,
  split: Split,
  neighbours: number,
): Promise<{ system: string; texts: string[] }[]> {
  const { maxLength, views } = config.model;
  const loader = new StudyLoader(dataset, {
    batchSize: 64,
    tokenizer,
    maxLength,
    views,
    seed: config.training.seed,
    cleaning: config.training.cleaning,
    transform: { kind: 'eval', size: THUMBNAIL },
  });
  try {
    const reports: string[] = [];
    const features: Float32Array[] = [];
    for await (const batch of loader.batches('train', { shuffle: true })) {
      reports.push(...batch.reports);
      features.push(...thumbnails(batch));
      if (reports.length >= neighbours) break;
    }
    const queries: Float32Array[] = [];
    for await (const batch of loader.batches(split, { shuffle: false })) queries.push(...thumbnails(batch));
    const constant = constantReport(reports);
    const clinical = bestConstantReport(reports);
    return [
      { system: 'constant report (most typical)', texts: queries.map(() => constant) },
      { system: 'constant report (best clinical F1)', texts: queries.map(() => clinical) },
      { system: 'nearest training report', texts: queries.map((q) => nearestReport(q, features, reports)) },
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

function pairs(
  studies: readonly EvaluatedStudy[],
  texts: readonly string[],
  side: 'report' | 'reference',
): ReportPair[] {
  return studies.map((study, i) => ({ id: study.id, reference: study[side], hypothesis: texts[i] }));
}
