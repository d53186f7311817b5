import { join } from 'node:path';
import { annotateMissing, cleanReport, type Tokenizer } from '@raca/data';
import { type Dataset, ImageCache } from '@raca/data/node';
import { loadTorchvision } from '@raca/vision';
import { readWeightsFile } from '@raca/vision/node';
import { fitCalibration } from '../calibration';
import { eyesEpochs, type RunConfig, type TrainingConfig } from '../config';
import { validationFeeds, withFrequencies } from '../finding-frequencies';
import { areLabelled, reportLabels } from '../finding-labels';
import type { Raca } from '../model';
import { buildModel, MODULES, type ModuleTable } from '../modules';
import { regionSetOf } from '../region-config';
import { sameTextWarning } from '../same-text';
import { selectionKey } from '../score-config';
import { Trainer } from '../trainer';
import { type OwnScores, trainingScores } from '../training-scores';
import { withBatch } from './batches';
import { withCompiledBackbones } from './compiled';
import { requireHeldOut, requireSameBank } from './context-bank';
import { describeRun } from './describe-run';
import { eyesScores } from './eyes-scores';
import { openFeatures, withoutLeftOut } from './features';
import { type Guidance, openGuidance, REFERENCE, referenceUse } from './guidance';
import { makeLoaders } from './loaders';
import { takeWeights } from './pretrained';
import { fileHash, type MetricsLine, RunFolder, type TrainingState } from './run-folder';
import { requireSameRun } from './same-run';
import { isBetter } from './selection';
import { StoredImageCache } from './stored-image-cache';
import { subsetOf, withFirstStudies } from './subset';
import { trainedOn } from './trained-on';
import { findingScores, validate } from './validate';
import { contextWords, modelContext, tokenizerOf, trainingTexts } from './vocabularies';

/** What happens while training goes on. */
export type TrainingEvent =
  | { readonly kind: 'start'; readonly resumed: boolean; readonly step: number; readonly steps: number }
  | {
      readonly kind: 'step';
      readonly line: MetricsLine;
      readonly step: number;
      readonly steps: number;
      readonly cursor: number;
    }
  /** An image cannot be read; its study is left out. Said once a file. */
  | { readonly kind: 'skipped'; readonly line: string }
  /** An epoch is validated; `line.epoch` counts from 1. */
  | { readonly kind: 'epoch'; readonly line: MetricsLine; readonly improved: boolean }
  /** Something that the user should know: at the start about the folder, at the end about the weights kept. */
  | { readonly kind: 'warning'; readonly line: string }
  | { readonly kind: 'stop'; readonly reason: 'finished' | 'patience' | 'interrupted' };

/** Options of {@link train}. */
export interface TrainOptions {
  readonly dataset: Dataset;
  readonly out: string;
  readonly config: RunConfig;
  /** Go on with the run in `out`; without it a folder is refused that holds more of a run than its start. */
  readonly resume?: boolean;
  readonly modules?: ModuleTable;
  /** Metrics and rewards of the user's own that the config names by `use`. */
  readonly ownScores?: OwnScores;
  /** File of torchvision weights (safetensors or `.pth`) for a ResNet backbone; read at the start of a run only. */
  readonly backboneWeights?: string;
  /** Folder of stored features, for a model without backbone; its config comes from `fitToFeatures`. */
  readonly features?: string;
  /**
   * Run folder whose weights and vocabulary a new run starts from; its model must fit the config's. Its validation
   * is the first line of `metrics.jsonl` (epoch 0), and its weights are kept unless a later epoch is better.
   */
  readonly init?: string;
  /**
   * Run folder whose weights a new run takes over where name and shape fit, those of words by word: another vocabulary
   * or other modules are welcome. The vocabulary is that of the data.
   */
  readonly pretrained?: string;
  /** Steps between resume points within an epoch, 100. */
  readonly saveEvery?: number;
  /** Abort to stop after the current step, with a resume point. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Stop at the first image that cannot be read. Otherwise its study is left out and an event names it. */
  readonly strict?: boolean;
  /**
   * Training studies to learn from: the first ones in an order that the seed fixes. A resumed run goes on with its own number
   * and refuses another one; all by default.
   */
  readonly studies?: number;
  /** Decoded images kept in memory, in bytes; 1 GB. */
  readonly cacheBytes?: number;
  /** File of decoded images that runs on the same data share; made where it is missing. */
  readonly imageCache?: string;
}

/** A trained model in memory; its files lie in the run folder. */
export interface TrainedRun {
  readonly run: RunFolder;
  readonly state: TrainingState;
  readonly interrupted: boolean;
  /** Images that could not be read. */
  readonly skipped: number;
}

/**
 * Trains the model of a config on a data set and writes the run folder. A run that was stopped at any moment and
 * resumed ends with the same weights as one that was not (same backend, same threads).
 *
 * @throws Error in one line: a folder that holds a run already, a config or vocabulary that does not fit, a loss that
 * is not finite (the last resume point stays)
 */
export async function train(options: TrainOptions): Promise<TrainedRun> {
  const { modules = MODULES, saveEvery = 100, onEvent = () => {} } = options;
  const { training, model: sizes } = options.config;
  const annotation = annotateMissing(options.dataset.annotation, training.cleaning, regionSetOf(sizes));
  const whole = withoutLeftOut({ ...options.dataset, annotation }, options.features, sizes, (line) =>
    onEvent({ kind: 'skipped', line }),
  );
  const run = new RunFolder(options.out);
  for (const dir of [options.init, options.pretrained])
    if (dir !== undefined) new RunFolder(dir).requireWeights();
  const resuming = options.resume === true && run.has('optimizer.safetensors');
  const anew = !resuming && run.isOnlyStarted();
  if (!options.resume && run.has('config.json') && !anew) {
    throw new Error(`${options.out}: holds a run already; go on with it by --resume, or name another folder`);
  }
  if (options.resume && !resuming && run.isImported())
    throw new Error(
      `${options.out}: holds imported weights, which have no training to resume; start from them by --init`,
    );
  const studies = resuming ? subsetOf(run) : options.studies;
  if (options.studies !== undefined && options.studies !== studies) {
    throw new Error(
      `${run.path('run.json')}: the run was started on ${studies ?? 'all'} training studies, found ${options.studies} asked for; ` +
        'resume without a number',
    );
  }
  const dataset = studies === undefined ? whole : withFirstStudies(whole, studies, training.seed);
  requireStudies(dataset);
  const config = withFrequencies(options.config, () =>
    reportLabels(dataset.annotation.train.map(({ report }) => cleanReport(report, training.cleaning))),
  );
  const needs = referenceUse(config);
  if (needs !== null && !resuming && options.init === undefined)
    throw new Error(`${needs}: expected a run to start from (--init), which is the reference, found none`);
  if (anew)
    onEvent({
      kind: 'warning',
      line: `${options.out}: holds a run that ended before its first resume point; it starts anew`,
    });
  const first = options.init === undefined ? null : new RunFolder(options.init);
  const known = resuming ? run : first;
  const tokenizer = known ? known.readTokenizer() : tokenizerOf(dataset.annotation, config);
  const words = contextWords(config, known, known ? null : dataset.annotation);
  const { contextTokenizer, bank } = words;
  if (bank) requireHeldOut(bank, dataset.annotation);
  if (bank && known) requireSameBank(known, bank);
  const chosen = selectionKey(training.selection);
  const scoring = trainingScores(
    training,
    () => trainingTexts(dataset.annotation, config, tokenizer),
    options.ownScores,
  );
  const features = openFeatures(sizes, dataset, options.features);
  const context = {
    ...modelContext(tokenizer, training.seed, words),
    weights: known ? 'loaded' : 'drawn',
  } as const;
  const model = buildModel(config.model, context, withCompiledBackbones(modules));
  const limit = { maxBytes: options.cacheBytes ?? 1e9 };
  const shared = options.imageCache === undefined ? null : new StoredImageCache(options.imageCache, limit);
  const cache = shared ?? new ImageCache(limit);
  const skipped = new Set<string>();
  const skip = (line: string): void => {
    if (skipped.has(line)) return;
    skipped.add(line);
    onEvent({ kind: 'skipped', line });
  };
  const loaders = makeLoaders(
    dataset,
    { config, tokenizer, contextTokenizer, model },
    cache,
    options.strict ? undefined : skip,
  );
  const reading = { features, tokenizer, config };
  const names = model.parts.findings?.findings ?? [];
  /** What the finding head says of the validation split; it then has its thresholds. */
  const looked = async () => {
    const said = await findingScores(model, loaders.evaluation, reading);
    if (said) model.parts.findings?.calibrate?.(said);
    return said;
  };
  const validated = async () => {
    const said = await looked(); // before reports are written with its thresholds
    const { scores, sentences } = await validate(model, loaders.evaluation, { ...reading, ...scoring });
    return { scores, calibration: fitCalibration(areLabelled(names) ? said : null, names, sentences) };
  };
  let guidance: Guidance | null = null;
  try {
    const trainer = new Trainer(
      model,
      training,
      (ids) => tokenizer.decode(ids),
      scoring.agentReward ?? undefined,
      sizes.maxLength,
    );
    let state: TrainingState = {
      epoch: 0,
      cursor: 0,
      step: 0,
      seed: training.seed,
      finished: false,
      best: null,
    };
    if (resuming) {
      requireSameRun(run, config, dataset);
      state = run.readResumePoint(trainer, tokenizer)!;
      state = { ...state, finished: isFinished(state, training) };
      run.prepare();
      run.cutMetrics(state);
    } else {
      if (options.backboneWeights) loadBackbone(model, options.backboneWeights);
      run.prepare();
      const pretrained =
        options.pretrained === undefined ? {} : pretrain(model, tokenizer, options.pretrained);
      const feeds = validationFeeds(config.model);
      const facts = {
        ...describeRun(model, dataset, config),
        ...(studies !== undefined && { subset: { studies, of: whole.annotation.train.length } }),
        ...(bank && { bank: { sha256: bank.sha256 } }),
        ...(feeds.length > 0 && { validationFeeds: feeds }),
        ...pretrained,
      };
      if (!first) run.writeStart(config, tokenizer, facts, contextTokenizer);
      else {
        first.readWeights(model, tokenizer);
        const { scores, calibration } = await validated();
        state = { ...state, best: { epoch: 0, score: scores[chosen], loss: scores.loss } };
        // The resume point goes first: without it a start that was broken off would go on with random weights.
        run.writeWeights(model, tokenizer, calibration);
        if (needs !== null) run.writeWeights(model, tokenizer, null, REFERENCE);
        run.writeResumePoint(trainer, state, tokenizer);
        const init = {
          weights: fileHash(first.path('weights.safetensors')),
          source: trainedOn(first).source,
        };
        run.writeStart(config, tokenizer, { ...facts, init }, contextTokenizer);
        run.appendMetrics({ step: 0, epoch: 0, kind: 'val', ...scores });
      }
    }
    const reference = () => {
      const frozen = buildModel(sizes, { ...context, weights: 'loaded' }, withCompiledBackbones(modules));
      run.readWeights(frozen, tokenizer, REFERENCE);
      return frozen;
    };
    guidance = await openGuidance({
      ...{ config, dataset, tokenizer, model, features, reference },
      ...{ reward: scoring.reward, loader: loaders.evaluation },
    });
    const perEpoch = loaders.train.count('train');
    const steps = perEpoch * training.epochs;
    onEvent({ kind: 'start', resumed: resuming, step: state.step, steps });
    const logEvery = Math.max(1, Math.floor(perEpoch / 50));
    let reason: 'finished' | 'patience' = isPatient(state, training) ? 'finished' : 'patience';

    while (!state.finished) {
      const isLooking = state.epoch < eyesEpochs(sizes, training);
      const guide = isLooking ? null : guidance;
      for await (const batch of loaders.train.batches('train', { epoch: state.epoch, start: state.cursor })) {
        const log = await withBatch(batch, { features, tokenizer }, async (b) =>
          trainer.trainStep(b, state.epoch, guide && (await guide.of(b, trainer.step))),
        );
        state = { ...state, cursor: batch.cursor, step: trainer.step };
        const line: MetricsLine = { step: state.step, epoch: state.epoch + 1, kind: 'train', ...log };
        if (state.step % logEvery === 0) run.appendMetrics(line);
        onEvent({ kind: 'step', line, step: state.step, steps, cursor: state.cursor });
        if (options.signal?.aborted) {
          run.writeResumePoint(trainer, state, tokenizer);
          onEvent({ kind: 'stop', reason: 'interrupted' });
          return { run, state, interrupted: true, skipped: skipped.size };
        }
        if (state.step % saveEvery === 0) run.writeResumePoint(trainer, state, tokenizer);
        await new Promise((resolve) => setImmediate(resolve)); // lets signals in
      }
      const { scores, calibration } = isLooking
        ? { scores: eyesScores((await looked())!, names), calibration: null }
        : await validated();
      const validation = { epoch: state.epoch + 1, score: scores[chosen], loss: scores.loss };
      shared?.save();
      const improved = !isLooking && isBetter(validation, state.best);
      const line: MetricsLine = { step: state.step, epoch: validation.epoch, kind: 'val', ...scores };
      run.appendMetrics(line);
      if (improved) run.writeWeights(model, tokenizer, calibration);
      const best = improved ? validation : state.best;
      state = { ...state, epoch: validation.epoch, cursor: 0, best };
      state = { ...state, finished: isFinished(state, training) };
      reason = isPatient(state, training) ? 'finished' : 'patience';
      run.writeResumePoint(trainer, state, tokenizer);
      onEvent({ kind: 'epoch', line, improved });
    }
    const warning = sameText(run, state);
    if (warning !== null) onEvent({ kind: 'warning', line: warning });
    onEvent({ kind: 'stop', reason });
    return { run, state, interrupted: false, skipped: skipped.size };
  } finally {
    await Promise.all([loaders.train.close(), loaders.evaluation.close()]);
    guidance?.dispose();
    model.dispose();
    features?.close();
    run.release();
  }
}

/** Takes weights over, and says for `run.json` from which and how many. */
function pretrain(model: Raca, tokenizer: Tokenizer, dir: string) {
  const run = new RunFolder(dir);
  const taken = takeWeights(model, tokenizer, run);
  const { source } = trainedOn(run);
  return { pretrained: { file: fileHash(run.path('weights.safetensors')), source, ...taken } };
}

/** Whether the best validation is recent enough to go on. */
const isPatient = ({ epoch, best }: TrainingState, { patience }: TrainingConfig): boolean =>
  best === null || epoch - best.epoch < patience;

/** What to say where the weights kept write one report for all validation studies. */
function sameText(run: RunFolder, { best }: TrainingState): string | null {
  const line = run.readMetrics().findLast(({ kind, epoch }) => kind === 'val' && epoch === best?.epoch);
  const counts = [line?.texts, line?.distinct, line?.mostFrequent].map(Number); // NaN in runs of earlier versions
  const [texts, distinct, mostFrequent] = counts;
  return sameTextWarning({ texts, distinct, mostFrequent }, 'the model', 'validation');
}

const isFinished = (state: TrainingState, training: TrainingConfig): boolean =>
  state.epoch >= training.epochs || !isPatient(state, training);

/** @throws Error if there is nothing to train or to choose weights on */
function requireStudies({ dir, annotation }: Dataset): void {
  for (const split of ['train', 'val'] as const) {
    if (annotation[split].length === 0)
      throw new Error(`${join(dir, 'annotation.json')}: ${split}: expected at least one study, found none`);
  }
}

function loadBackbone(model: Raca, file: string): void {
  const { backbone } = model.parts.vision;
  if (backbone?.info.name !== 'resnet') {
    throw new Error(
      `${file}: expected a model with a resnet backbone, found ${backbone?.info.name ?? 'none'}`,
    );
  }
  loadTorchvision(backbone, readWeightsFile(file), file);
}
