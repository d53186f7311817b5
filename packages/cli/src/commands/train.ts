import type { BackendName } from '@raca/backend/node';
import { type Dataset, openDataset } from '@raca/data/node';
import { type ChosenConfig, configForData, fitToData, type RunConfig } from '@raca/pipeline';
import {
  fitToFeatures,
  type MetricsLine,
  ownPaths,
  RunFolder,
  type TrainingEvent,
  train,
} from '@raca/pipeline/node';
import { type Command, Option } from 'commander';
import { backendOption, startCompute } from '../compute';
import { readConfig, readConfigOver } from '../config-file';
import { INTERRUPTED, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { withRegions } from '../region-file';
import { SampledTexts } from '../sampled-texts';
import { print, say } from '../say';
import { modulesFor, ownScoresFor, type Trust, trustOption } from '../user-modules';

interface TrainFlags extends ImageFlags {
  data: string;
  out: string;
  config?: string;
  epochs?: number;
  seed?: number;
  studies?: number;
  backboneWeights?: string;
  features?: string;
  init?: string;
  pretrained?: string;
  imageCache?: string;
  resume?: boolean;
  saveEvery?: number;
  strict?: boolean;
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

/** The name of the config that is chosen by the data. */
const AUTO = 'auto';

export function addTrain(program: Command): void {
  imageOptions(program.command('train'))
    .description('train a model on a data set folder and write a run folder')
    .requiredOption('--data <dir>', 'data set folder (R2Gen layout)')
    .requiredOption('--out <dir>', 'run folder to make, or to go on with by --resume')
    .option(
      '--config <name|file>',
      'auto, small, full, published, or a JSON or YAML file (default: the run’s own, or auto: chosen by the data)',
    )
    .option('--epochs <n>', 'instead of the config’s', wholeNumber('--epochs'))
    .option('--seed <n>', 'instead of the config’s', wholeNumber('--seed', -(2 ** 31)))
    .option(
      '--studies <n>',
      'learn from this many training studies, the first in an order fixed by the seed (default: all)',
      wholeNumber('--studies'),
    )
    .option('--features <dir>', 'folder made by raca extract, read instead of running the backbone')
    .option('--backbone-weights <file>', 'torchvision ResNet weights (safetensors, or PyTorch’s .pth)')
    .option(
      '--init <run>',
      'start from weights and vocabulary of this run; --config then only needs to name what changes',
    )
    .addOption(
      new Option(
        '--pretrained <run>',
        'take weights of this run over where they fit; the vocabulary is that of the data',
      ).conflicts('init'),
    )
    .option('--image-cache <file>', 'decoded images that runs on the same data share; made where missing')
    .option('--resume', 'go on with the run in --out')
    .option('--save-every <n>', 'steps between resume points', wholeNumber('--save-every'))
    .option('--strict', 'stop at an image that cannot be read (otherwise its study is left out, and named)')
    .option(...trustOption)
    .option(...backendOption)
    .option('--json', 'print one JSON line an event')
    .addHelpText('after', '\nExample:\n  raca train --data phantom --out run --epochs 12')
    .action(async (flags: TrainFlags) => {
      await runTraining(flags);
    });
}

/** Trains as the flags say. @throws INTERRUPTED after Ctrl-C */
async function runTraining(flags: TrainFlags): Promise<void> {
  banner();
  const dataset = openDataset(flags.data, { pictures: pictureOptions(flags) });
  for (const warning of dataset.warnings) say(warning);
  const run = new RunFolder(flags.out);
  const own = flags.resume && flags.config === undefined && run.has('config.json');
  const start = own ? { config: run.readConfig(), reasons: [] } : startConfig(flags, dataset);
  const named = withFlags(own ? start.config : fitted(start.config, flags, dataset), flags);
  const trust = trustOf(named, flags, own ? flags.out : flags.init);
  const config = await withRegions(named, trust);
  const modules = await modulesFor(config, trust);
  const ownScores = await ownScoresFor(config, trust);
  const backend = await startCompute(flags.backend);
  const bar = progress('training');
  const samples = new SampledTexts();
  const { signal, done } = interruptSignal();
  try {
    const result = await train({
      dataset,
      out: flags.out,
      config,
      modules,
      ownScores,
      signal,
      resume: flags.resume,
      studies: flags.studies,
      saveEvery: flags.saveEvery,
      strict: flags.strict,
      backboneWeights: flags.backboneWeights,
      features: flags.features,
      init: flags.init,
      pretrained: flags.pretrained,
      imageCache: flags.imageCache,
      onEvent: (event) => {
        if (event.kind === 'start') for (const reason of start.reasons) say(`config: ${reason}`);
        if (flags.json) print(JSON.stringify(event));
        else show(event, bar.update, samples);
      },
    });
    bar.stop();
    if (result.skipped > 0)
      say(`images that could not be read: ${result.skipped}; their studies were left out (see --strict)`);
    if (result.interrupted) {
      const features = flags.features === undefined ? '' : ` --features ${flags.features}`;
      const trust = ownPaths(config).length === 0 ? '' : ' --trust-modules';
      say(
        `stopped; go on with: raca train --data ${flags.data} --out ${flags.out}${features}${trust} --resume`,
      );
      throw INTERRUPTED;
    }
    if (!flags.json) print(`${flags.out}: ${result.state.step} steps on ${backend.name}`);
  } finally {
    bar.stop();
    done();
  }
}

/** Modules are the user's own unless they come from the config of a run: `from`, or one that the user's config builds on. */
function trustOf(config: RunConfig, { config: named, trustModules }: TrainFlags, from?: string): Trust {
  if (from === undefined) return { file: named ?? 'config', trusted: true }; // `readConfig` has looked
  const run = new RunFolder(from);
  const strange = ownPaths(run.readConfig()).map(({ path }) => path);
  const uses = ownPaths(config).some(({ path }) => strange.includes(path));
  return { file: run.path('config.json'), trusted: trustModules || !uses };
}

/** The config of a new run: the one named, laid over that of the run it starts from; chosen by the data where none is named. */
function startConfig({ config, init, epochs, trustModules }: TrainFlags, dataset: Dataset): ChosenConfig {
  if (config === AUTO || (config === undefined && init === undefined)) {
    return configForData(dataset, { epochs });
  }
  const reading = { trusted: trustModules };
  if (init === undefined) return { config: readConfig(config!, reading), reasons: [] };
  const base = new RunFolder(init).readConfig();
  return { config: config === undefined ? base : readConfigOver(base, config, reading), reasons: [] };
}

/** The config of a new run with the views of the data and, where given, the sizes of stored features. */
function fitted(start: RunConfig, { features }: TrainFlags, { annotation }: Dataset): RunConfig {
  const config = fitToData(start, annotation);
  return features === undefined ? config : fitToFeatures(config, features);
}

function withFlags(config: RunConfig, { epochs, seed }: TrainFlags): RunConfig {
  return {
    ...config,
    training: { ...config.training, ...(epochs ? { epochs } : {}), ...(seed === undefined ? {} : { seed }) },
  };
}

function show(
  event: TrainingEvent,
  update: (done: number, total: number, note?: string) => void,
  samples: SampledTexts,
): void {
  if (event.kind === 'start' && event.resumed) say(`going on at step ${event.step} of ${event.steps}`);
  if (event.kind === 'skipped') say(`skipped: ${event.line}`);
  if (event.kind === 'step') {
    samples.add(event.line);
    update(event.step, event.steps, `loss ${Number(event.line.loss).toFixed(3)}`);
  }
  if (event.kind === 'epoch') {
    say(`${epochLine(event.line)}${event.improved ? ' (best)' : ''}`);
    const sampled = samples.take();
    if (sampled !== null) say(sampled);
  }
  if (event.kind === 'warning') say(`warning: ${event.line}`);
  if (event.kind === 'stop' && event.reason === 'patience')
    say('stopped: no better validation score for too long');
}

/** What the validation after an epoch found, for people. */
function epochLine(line: MetricsLine): string {
  const shown = ([key, label]: readonly [string, string]): string =>
    `${label} ${Number(line[key]).toFixed(3)}`;
  if (line.headMicroF1 !== undefined && line.bleu4 === undefined)
    return `epoch ${line.epoch}: eyes only, validation ${SHOWN_OF_EYES.map(shown).join(', ')}`;
  const all = line.selection === undefined ? SHOWN : [...SHOWN, ['selection', 'selection'] as const];
  return `epoch ${line.epoch}: validation ${all.map(shown).join(', ')}, ${line.distinct} different texts for ${line.texts} studies`;
}

/** Numbers that are printed while only the finding head learns. */
const SHOWN_OF_EYES = [
  ['loss', 'loss'],
  ['headMicroF1', 'micro-F1 of the finding head'],
  ['headMacroF1', 'macro-F1'],
] as const;

/** Numbers of a validation that are printed. */
const SHOWN = [
  ['loss', 'loss'],
  ['bleu4', 'BLEU-4'],
  ['clinicalMicroF1', 'clinical micro-F1'],
  ['findingsMacroF1', 'macro-F1 of findings'],
] as const;
