import { join } from 'node:path';
import type { ViewKind } from '@raca/core';
import { guardedCell, writeFileAtomic } from '@raca/core/node';
import { ownSlots, type Split } from '@raca/data';
import { type Dataset, ImageCache } from '@raca/data/node';
import {
  defaultMetrics,
  type Metric,
  type Protocol,
  type ReportPair,
  resolveMetrics,
  type ScoreReport,
  score,
} from '@raca/metrics';
import { stringify } from 'csv-stringify/sync';
import { type JudgedSentence, judgedSentences } from '../calibration';
import { type Confidence, confidenceOf } from '../confidence';
import { validationFeeds } from '../finding-frequencies';
import { areLabelled } from '../finding-labels';
import { type GenerationOptions, writeJudgedReports } from '../generate';
import { configuredMetrics, type OwnScores } from '../training-scores';
import { testedKeys } from './ablate/study-scores';
import { trivialBaselines } from './baselines';
import { withBatch } from './batches';
import { openFeatures, withoutLeftOut } from './features';
import { type CalibrationErrors, calibrationErrors, type HeadScores, headScores } from './head-scores';
import type { LoadedRun } from './load-run';
import { makeLoaders } from './loaders';
import { measureChanges, type SystemChanges } from './truth/changes';
import { TruthMeasures, type TruthScores } from './truth/measure-truth';
import { positivesOf } from './write-studies';

/** One study with its generated report and the masks it was written from. */
export interface EvaluatedStudy {
  readonly id: string;
  /** Files of the pictures that the model looked at, each once. */
  readonly images: readonly string[];
  /** What they show, as far as the model was told. */
  readonly kinds: readonly ViewKind[];
  /** Which picture of the study each slot of the model showed, `[v]`; null: the slot was empty. */
  readonly pictures: readonly (number | null)[];
  /** Cleaned, in full. */
  readonly report: string;
  /** Cut to the model's length, rare words as `<unk>`. */
  readonly reference: string;
  readonly generated: string;
  /** Natural logarithm of the generated report's probability. */
  readonly score: number;
  /** How sure the model is of each sentence and finding. */
  readonly confidence: Confidence;
  /** Its sentences, judged by the reference. */
  readonly sentences: readonly JudgedSentence[];
  /** P(positive) of each finding by the finding head, before calibration; null without a head. */
  readonly positive: Float32Array | null;
  /** `[r · p]`, each 0 or 1, region by region. */
  readonly masks: Uint8Array;
  /** `[r · p]`, each 0..1: how likely the agent is to pick the patch. */
  readonly probabilities: Float32Array;
}

/** A system's scores under both protocols. */
export interface SystemScores {
  readonly system: string;
  readonly protocols: Readonly<Record<Protocol, ScoreReport>>;
}

/** Result of {@link evaluate}. */
export interface Evaluation {
  readonly split: Split;
  /** The model first, then the trivial baselines, unless they are left out. */
  readonly systems: readonly SystemScores[];
  readonly studies: readonly EvaluatedStudy[];
  /** Scores to print of metrics beside the standard ones, by key. */
  readonly further: readonly string[];
  /** What the finding head itself finds, beside the report; null without a head. */
  readonly head: HeadScores | null;
  /** How far the model's probabilities are from what happens. */
  readonly calibration: CalibrationErrors;
  /** What validation gave to training beside the choice of weights, such as `findings.prior`; mostly nothing. */
  readonly validationFeeds: readonly string[];
  /** Against `regions.json`; null where the data set has none. */
  readonly truth: TruthScores | null;
  /** Words of change of each system against `changes.json`; null where the data set has none. */
  readonly changes: readonly SystemChanges[] | null;
  /** Images that could not be read, a line each; their studies stand in no score. */
  readonly leftOut: readonly string[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly split?: Split;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Training studies that the nearest-report baseline looks at, the first ones in a seeded order; 2000. */
  readonly neighbours?: number;
  /** How reports are written; the run's config where left out. */
  readonly generation?: Partial<Pick<GenerationOptions, 'search' | 'beam'>>;
  /** Whether {@link trivialBaselines} stand beside the model; true. */
  readonly baselines?: boolean;
  /** Folder of stored features, for a model without backbone. */
  readonly features?: string;
  /**
   * Metrics beside BLEU, ROUGE-L, CIDEr and clinical F1, or names of `@raca/metrics`; those of the run's config when left
   * out.
   */
  readonly metrics?: readonly (Metric | string)[];
  /** Metrics of the user's own that the run's config names by `use`. */
  readonly ownScores?: OwnScores;
  /** Stop at the first image that cannot be read. Otherwise its study is left out and {@link Evaluation.leftOut} names it. */
  readonly strict?: boolean;
}

/**
 * Writes a report for each study of a split and scores them beside {@link trivialBaselines}.
 */
export async function evaluate(
  loaded: LoadedRun,
  given: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { split = 'test' } = options;
  const leftOut = new Set<string>();
  const onUnreadable = options.strict ? undefined : (line: string) => void leftOut.add(line);
  const dataset = options.strict
    ? given
    : withoutLeftOut(given, options.features, loaded.config.model, onUnreadable);
  if (dataset.annotation[split].length === 0) {
    throw new Error(
      `${join(dataset.dir, 'annotation.json')}: ${split}: expected at least one study, found none`,
    );
  }
  const standard = defaultMetrics();
  const metrics = [...standard, ...furtherMetrics(loaded, options, standard)];
  const { views } = loaded.config.model;
  const { seed, cleaning } = loaded.config.training;
  const { neighbours, baselines: wanted = true } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  // Another thread decodes its images while the model works.
  const baselining = wanted
    ? trivialBaselines(dataset, split, { views, seed, cleaning, neighbours, signal, onUnreadable })
    : Promise.resolve([]);
  baselining.catch(() => {}); // reported when its turn comes
  try {
    const { studies, truth } = await writeSplit(loaded, dataset, split, { ...options, onUnreadable });
    const model = { system: 'model', texts: studies.map(({ generated }) => generated) };
    const baselines = (await baselining).map(({ system, ids, texts }) => ({
      system,
      texts: inOrder(studies, ids, texts),
    }));
    const systems = [model, ...baselines].map(
      ({ system, texts }): SystemScores => ({
        system,
        protocols: {
          r2gen: score(pairs(studies, texts, 'reference'), { protocol: 'r2gen', metrics }),
          full: score(pairs(studies, texts, 'report'), { protocol: 'full', metrics }),
        },
      }),
    );
    const further = metrics.slice(standard.length).flatMap(testedKeys);
    const ids = studies.map(({ id }) => id);
    const changes = measureChanges(dataset, ids, [model, ...baselines]);
    const found = loaded.model.parts.findings?.findings;
    const names = found && areLabelled(found) ? found : null;
    const calibration = loaded.calibration ?? null;
    return {
      split,
      systems,
      studies,
      further,
      head: names && headScores(studies, names, calibration),
      calibration: calibrationErrors(studies, names ?? [], calibration),
      validationFeeds: validationFeeds(loaded.config.model),
      truth,
      changes,
      leftOut: [...leftOut],
    };
  } finally {
    stop.abort();
    await Promise.allSettled([baselining]);
  }
}

/** What is measured beside the standard metrics, each once. */
function furtherMetrics(
  { config: { training } }: LoadedRun,
  { metrics, ownScores }: EvaluateOptions,
  standard: readonly Metric[],
): Metric[] {
  const further = metrics ? resolveMetrics(metrics) : configuredMetrics(training.metrics, ownScores);
  return further.filter(({ name }) => !standard.some((metric) => metric.name === name));
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
  writeFileAtomic(
    path,
    stringify([
      ['id', 'view', 'reference', 'generated', ...names],
      ...rows.map((row) => row.map(guardedCell)),
    ]),
  );
}

/** Reports of a split, and what they and the model are worth against its truth. Every image is encoded once. */
async function writeSplit(
  loaded: LoadedRun,
  dataset: Dataset,
  split: Split,
  {
    onProgress = () => {},
    signal,
    features: folder,
    generation,
    onUnreadable,
  }: EvaluateOptions & { readonly onUnreadable?: (line: string) => void },
): Promise<Pick<Evaluation, 'studies' | 'truth'>> {
  const { model, config, tokenizer } = loaded;
  const features = openFeatures(config.model, dataset, folder);
  const cache = new ImageCache({ maxBytes: 0 });
  const { train, evaluation: loader } = makeLoaders(dataset, loaded, cache, onUnreadable);
  const total = dataset.annotation[split].length;
  const studies: EvaluatedStudy[] = [];
  const measures = TruthMeasures.of(loaded, dataset);
  try {
    for await (const batch of loader.batches(split, { shuffle: false })) {
      signal?.throwIfAborted();
      await withBatch(batch, { features, tokenizer }, async (input) => {
        const written = await writeJudgedReports(model, input.study, {
          ...config.training.generation,
          ...generation,
          maxLength: config.model.maxLength,
        });
        try {
          const [, r, p] = written.regions.masks.shape;
          const masks = Uint8Array.from(written.regions.masks.dataSync());
          const probabilities = written.regions.probabilities.dataSync() as Float32Array;
          const findings = positivesOf(model, written.states);
          batch.ids.forEach((id, i) => {
            const generated = tokenizer.decode(written.tokens[i] as number[]);
            const words = written.words[i];
            const opinion = { report: generated, words, findings: findings(i) };
            const slots = ownSlots({ pictures: batch.pictures[i] });
            studies.push({
              id,
              images: slots.map((slot) => batch.imageFiles[i][slot]!),
              kinds: slots.map((slot) => batch.kinds[i][slot]!),
              pictures: batch.pictures[i],
              report: batch.reports[i],
              reference: batch.references[i],
              generated,
              score: written.scores[i],
              confidence: confidenceOf(opinion, loaded.calibration ?? null),
              sentences: judgedSentences(generated, words, batch.reports[i]),
              positive: opinion.findings && Float32Array.from(opinion.findings.positive),
              masks: masks.slice(i * r * p, (i + 1) * r * p),
              probabilities: probabilities.slice(i * r * p, (i + 1) * r * p),
            });
          });
          measures?.add(batch, input, written);
        } finally {
          written.dispose();
        }
      });
      onProgress(studies.length, total);
      await new Promise((resolve) => setImmediate(resolve)); // lets other loaders and signals in
    }
    return { studies, truth: measures?.finish((i) => studies[i].masks) ?? null };
  } finally {
    await Promise.all([loader.close(), train.close()]);
    features?.close();
    measures?.dispose();
  }
}

/** Texts of a baseline for the studies that the model has read, in their order. */
function inOrder(
  studies: readonly EvaluatedStudy[],
  ids: readonly string[],
  texts: readonly string[],
): string[] {
  const byId = new Map(ids.map((id, i) => [id, texts[i]]));
  return studies.map(({ id }) => {
    const text = byId.get(id);
    if (text === undefined) throw new Error(`${id}: an image that could be read once and not again`);
    return text;
  });
}

function pairs(
  studies: readonly EvaluatedStudy[],
  texts: readonly string[],
  side: 'report' | 'reference',
): ReportPair[] {
  return studies.map((study, i) => ({ id: study.id, reference: study[side], hypothesis: texts[i] }));
}
