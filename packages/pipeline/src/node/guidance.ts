import { bankOf, indexBank, studyVectors } from '@raca/context';
import { EVALUATION, Random, type TokenBatch, tidyRead } from '@raca/core';
import { cleanReport, type Tokenizer, UNKNOWN } from '@raca/data';
import type { Dataset, StudyLoader } from '@raca/data/node';
import type { Reward } from '@raca/metrics';
import type { RunConfig } from '../config';
import { encodeStudies } from '../generate';
import { LabelledSentences, sampleEditor } from '../labelled-sentences';
import type { ModelBatch, Raca } from '../model';
import type { Preferences } from '../preference';
import { asksReference } from '../preference-config';
import { type PreferencePair, preferencePairs, type ReportWords } from '../preference-pairs';
import { reportLogProbabilities } from '../report-log-probabilities';
import { type RolloutOptions, rollOut } from '../self-critical';
import { klWeightOf } from '../self-critical-config';
import type { Guide } from '../trainer';
import { withBatch } from './batches';
import type { FeatureSource } from './features';

/** Weights that a run with a frozen reference started from, in its folder. */
export const REFERENCE = 'reference.safetensors';

/** Why a config needs the weights that the run started from; null: it does not. */
export function referenceUse({ training: { selfCritical, preference } }: RunConfig): string | null {
  if (preference) return 'training.preference';
  return selfCritical && klWeightOf(selfCritical) > 0 ? 'training.selfCritical.klWeight' : null;
}

/** What guidance reads. */
export interface GuidanceOptions {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
  readonly model: Raca;
  readonly reward: Reward | null;
  readonly features: FeatureSource | null;
  /** Of a pass without augmentation. */
  readonly loader: StudyLoader;
  /** The model that the run started from; null where {@link referenceUse} says none is needed. */
  readonly reference: () => Raca;
}

/** What every batch is learned from beside its reports. */
export interface Guidance {
  /** @param step that is about to be done; with the seed it fixes everything random */
  of(batch: ModelBatch, step: number): Promise<Guide | null>;
  dispose(): void;
}

/** Null for training by cross-entropy alone. @throws Error in one line where no pair can be made */
export async function openGuidance(options: GuidanceOptions): Promise<Guidance | null> {
  const { selfCritical, preference } = options.config.training;
  if (preference) return preferenceGuidance(options);
  return selfCritical && options.reward ? policyGuidance(options, options.reward) : null;
}

/** Samples, in every step. */
function policyGuidance({ config, tokenizer, model, reference }: GuidanceOptions, reward: Reward): Guidance {
  const { samples, baseline, standardise, objective } = config.training.selfCritical!;
  const { seed, generation } = config.training;
  const decode = (ids: ArrayLike<number>): string => tokenizer.decode(ids);
  const frozen = referenceUse(config) === null ? null : reference();
  const editor =
    objective === 'edit-grpo' ? { edit: sampleEditor(new LabelledSentences(model.separator, decode)) } : {};
  const common: Omit<RolloutOptions, 'random'> = {
    ...{ samples, baseline, standardise, reward, decode, reference: frozen },
    ...{ maxLength: config.model.maxLength, unknown: generation.unknown, ...editor },
  };
  return {
    of: (batch, step) =>
      rollOut(model, batch, {
        ...common,
        random: new Random(seed).split(`step ${step}`).split('rollouts'),
      }),
    dispose: () => frozen?.dispose(),
  };
}

/** What the frozen model says of a pair. */
interface Judged extends PreferencePair {
  /** ln p of each token; null where nobody asks. */
  readonly reference: { readonly chosen: Float32Array; readonly rejected: Float32Array } | null;
  /** A report of another study, and ln p of all of it beside this one. */
  readonly mismatched: { readonly words: readonly number[]; readonly reference: number } | null;
}

/** Pairs and the frozen model's log-probabilities, once for all epochs. */
async function preferenceGuidance(options: GuidanceOptions): Promise<Guidance> {
  const { config, model } = options;
  const { objective, pairs } = config.training.preference!;
  const asks = asksReference({ objective });
  const frozen = asks || pairs === 'nearest' ? options.reference() : null;
  try {
    const made = preferencePairs(...(await pairInput(options, frozen)));
    const others = new Map(made.map(({ id }, i) => [id, made[(i + 1) % made.length].chosen.words]));
    const judged = new Map<string, Judged>(
      made.map((pair) => [pair.id, { ...pair, reference: null, mismatched: null }]),
    );
    if (asks) {
      await eachBatch(options, (batch) => {
        for (const [id, found] of judgedBy(frozen!, batch, judged, objective === 'kto' ? others : null))
          judged.set(id, found);
      });
    }
    return {
      of: async (batch) => {
        const { found, studies } = pairsIn(batch, judged);
        return found.length > 0 ? preferencesOf(model, batch, found, studies) : null;
      },
      dispose: () => {},
    };
  } finally {
    frozen?.dispose();
  }
}

/** Runs `use` on every training study, in order and without augmentation. */
async function eachBatch(
  { loader, features, tokenizer }: GuidanceOptions,
  use: (batch: ModelBatch) => void,
): Promise<void> {
  for await (const batch of loader.batches('train', { shuffle: false }))
    await withBatch(batch, { features, tokenizer }, use);
}

async function pairInput(
  options: GuidanceOptions,
  frozen: Raca | null,
): Promise<Parameters<typeof preferencePairs>> {
  const { config, dataset, tokenizer, model } = options;
  const { training } = config;
  const { pairs, masks } = training.preference!;
  const maxWords = config.model.maxLength - 1;
  const decode = (ids: ArrayLike<number>): string => tokenizer.decode(ids);
  const reports = dataset.annotation.train.map(({ id, report }): ReportWords => {
    const ids = tokenizer.encode(cleanReport(report, training.cleaning), maxWords + 1).slice(1);
    return { id, words: ids.at(-1) === 0 ? ids.slice(0, -1) : ids };
  });
  const unknown = tokenizer.idOf(UNKNOWN);
  const encode = (text: string): number[] | null => {
    const ids = tokenizer.encode(text).slice(1, -1);
    return ids.includes(unknown) ? null : ids;
  };
  const nearest = pairs === 'nearest' ? { nearest: await nearestReports(options, frozen!, reports) } : {};
  return [
    reports,
    {
      ...{ pairs, masks, maxWords, decode, encode, separator: model.separator, ...nearest },
      sentences: new LabelledSentences(model.separator, decode),
      random: new Random(training.seed).split('pairs'),
    },
  ];
}

/** The report of the training study whose mean patch is most like each study's own; null for studies that cannot be read. */
async function nearestReports(
  options: GuidanceOptions,
  frozen: Raca,
  reports: readonly ReportWords[],
): Promise<(readonly number[] | null)[]> {
  const vectors = new Map<string, Float32Array>();
  await eachBatch(options, ({ study }) => {
    const encoded = encodeStudies(frozen, study, EVALUATION);
    const all = tidyRead(() => studyVectors(encoded.features).dataSync() as Float32Array);
    const d = all.length / study.ids!.length;
    study.ids!.forEach((id, i) => {
      vectors.set(id, all.slice(i * d, (i + 1) * d));
    });
    encoded.dispose();
  });
  const words = new Map(reports.map((report) => [report.id, report.words]));
  const ids = [...vectors.keys()];
  const flat = Float32Array.from([...vectors.values()].flatMap((vector) => [...vector]));
  const bank = indexBank(
    bankOf(
      flat,
      ids,
      ids.map((id) => Int32Array.from(words.get(id)!)),
    ),
  );
  try {
    const found = new Map(bank.find(flat, 1, ids).map(([best], i) => [ids[i], best?.id]));
    return reports.map(({ id }) => words.get(found.get(id) ?? '') ?? null);
  } finally {
    bank.dispose();
  }
}

/** The pairs of a batch's studies, and where these stand in the batch. */
function pairsIn({ study }: ModelBatch, judged: ReadonlyMap<string, Judged>) {
  const studies: number[] = [];
  const found: Judged[] = [];
  study.ids?.forEach((id, i) => {
    const pair = judged.get(id);
    if (!pair) return;
    studies.push(i);
    found.push(pair);
  });
  return { studies, found };
}

/** Pairs with what the frozen model says of them. @param others for `kto`: a report of another study, by id */
function judgedBy(
  frozen: Raca,
  batch: ModelBatch,
  judged: ReadonlyMap<string, Judged>,
  others: ReadonlyMap<string, readonly number[]> | null,
): [id: string, judged: Judged][] {
  const { studies, found } = pairsIn(batch, judged);
  if (found.length === 0) return [];
  const of = (reports: readonly (readonly number[])[]): Float32Array[] => {
    const tokens = tokenRows(reports);
    const values = reportLogProbabilities(frozen, batch.study, tokens, studies);
    const steps = tokens.shape[1] - 1;
    return reports.map((words, i) => values.slice(i * steps, i * steps + words.length + 1));
  };
  const chosen = of(found.map((pair) => pair.chosen.words));
  const rejected = of(found.map((pair) => pair.rejected.words));
  const beside = others && of(found.map(({ id }) => others.get(id)!));
  return found.map((pair, i) => [
    pair.id,
    {
      ...pair,
      reference: { chosen: chosen[i], rejected: rejected[i] },
      mismatched: beside && { words: others!.get(pair.id)!, reference: sum(beside[i]) },
    },
  ]);
}

/** Pairs as rows of a batch; for `kto` asks the model itself about reports beside the wrong study. */
function preferencesOf(
  model: Raca,
  { study }: ModelBatch,
  pairs: readonly Judged[],
  studies: readonly number[],
): Preferences {
  const sides = [...pairs.map(({ chosen }) => chosen), ...pairs.map(({ rejected }) => rejected)];
  const tokens = tokenRows(sides.map(({ words }) => words));
  const steps = tokens.shape[1] - 1;
  const rows = (values: readonly Float32Array[]): Float32Array => {
    const out = new Float32Array(values.length * steps);
    values.forEach((row, i) => {
      out.set(row, i * steps);
    });
    return out;
  };
  const beside = pairs.flatMap(({ mismatched }) => mismatched ?? []);
  const judged = pairs.flatMap(({ reference }) => reference ?? []);
  const reference =
    judged.length > 0
      ? rows([...judged.map(({ chosen }) => chosen), ...judged.map(({ rejected }) => rejected)])
      : null;
  const others = tokenRows(beside.map(({ words }) => words));
  const now = beside.length > 0 ? reportLogProbabilities(model, study, others, studies) : new Float32Array(0);
  const width = others.shape[1] - 1;
  return {
    ...{ tokens, studies, reference },
    counts: rows(sides.map(({ counts }) => counts)),
    mismatched:
      beside.length > 0
        ? {
            policy: beside.map(({ words }, i) => sum(now.subarray(i * width, i * width + words.length + 1))),
            reference: beside.map((other) => other.reference),
          }
        : null,
  };
}

/** 0, the words, 0, padding of 0. */
function tokenRows(reports: readonly (readonly number[])[]): TokenBatch {
  const t = Math.max(0, ...reports.map(({ length }) => length)) + 2;
  const ids = new Int32Array(reports.length * t);
  reports.forEach((words, i) => {
    ids.set(words, i * t + 1);
  });
  return { ids, shape: [reports.length, t] };
}

const sum = (xs: ArrayLike<number>): number => Array.from(xs).reduce((total, x) => total + x, 0);
