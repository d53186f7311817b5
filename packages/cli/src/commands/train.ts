import type { BackendName } from '@raca/backend/node';
import { type Dataset, openDataset } from '@raca/data/node';
import { fitToData, type RunConfig } from '@raca/pipeline';
import { fitToFeatures, RunFolder, type TrainingEvent, train } from '@raca/pipeline/node';
import { type Command, Option } from 'commander';
import { backendOption, startCompute } from '../compute';
import { modulesFor, readConfig, readConfigOver } from '../config-file';
import { INTERRUPTED, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';

interface TrainFlags extends ImageFlags {
  data: string;
  out: string;
  config?: string;
  epochs?: number;
  seed?: number;
  backboneWeights?: string;
  features?: string;
  init?: string;
  pretrained?: string;
  imageCache?: string;
  resume?: boolean;
  saveEvery?: number;
  strict?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addTrain(program: Command): void {
  imageOptions(program.command('train'))
    .description('train a model on a data set folder and write a run folder')
    .requiredOption('--data <dir>', 'data set folder (R2Gen layout)')
    .requiredOption('--out <dir>', 'run folder to make, or to go on with by --resume')
    .option(
      '--config <name|file>',
      'small, full, published, or a JSON or YAML file (default: small, or the run’s own)',
    )
    .option('--epochs <n>', 'instead of the config’s', wholeNumber('--epochs'))
    .option('--seed <n>', 'instead of the config’s', wholeNumber('--seed', -(2 ** 31)))
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
    .option(...backendOption)
    .option('--json', 'print one JSON line an event')
    .addHelpText('after', '\nExample:\n  raca train --data phantom --out run --config small --epochs 12')
    .action(async (flags: TrainFlags) => {
      await runTraining(flags);
    });
}

/** Trains as the flags say. @throws INTERRUPTED after Ctrl-C */
async function runTraining(flags: TrainFlags): Promise<void> {
  banner();
  const dataset = openDataset(flags.data, { pictures: pictureOptions(flags) });
  for (const warning of dataset.warnings) console.error(warning);
  const run = new RunFolder(flags.out);
  const own = flags.resume && flags.config === undefined && run.has('config.json');
  const config = withFlags(own ? run.readConfig() : freshConfig(flags, dataset), flags);
  const modules = await modulesFor(config);
  const backend = await startCompute(flags.backend);
  const bar = progress('training');
  const { signal, done } = interruptSignal();
  try {
    const result = await train({
      dataset,
      out: flags.out,
      config,
      modules,
      signal,
      resume: flags.resume,
      saveEvery: flags.saveEvery,
      strict: flags.strict,
      backboneWeights: flags.backboneWeights,
      features: flags.features,
      init: flags.init,
      pretrained: flags.pretrained,
      imageCache: flags.imageCache,
      onEvent: (event) => (flags.json ? console.log(JSON.stringify(event)) : show(event, bar.update)),
    });
    bar.stop();
    if (result.skipped > 0)
      console.error(
        `images that could not be read: ${result.skipped}; their studies were left out (see --strict)`,
      );
    if (result.interrupted) {
      const features = flags.features === undefined ? '' : ` --features ${flags.features}`;
      console.error(
        `stopped; go on with: raca train --data ${flags.data} --out ${flags.out}${features} --resume`,
      );
      throw INTERRUPTED;
    }
    if (!flags.json) console.log(`${flags.out}: ${result.state.step} steps on ${backend.name}`);
  } finally {
    bar.stop();
    done();
  }
}

/** The config of a new run: the one named, laid over that of the run it starts from. */
function startConfig({ config, init }: TrainFlags): RunConfig {
  if (init === undefined) return readConfig(config ?? 'small');
  const base = new RunFolder(init).readConfig();
  return config === undefined ? base : readConfigOver(base, config);
}

/** The config of a new run, with the views of the data and, where given, the sizes of stored features. */
function freshConfig(flags: TrainFlags, { annotation }: Dataset): RunConfig {
  const config = fitToData(startConfig(flags), annotation);
  return flags.features === undefined ? config : fitToFeatures(config, flags.features);
}

function withFlags(config: RunConfig, { epochs, seed }: TrainFlags): RunConfig {
  return {
    ...config,
    training: { ...config.training, ...(epochs ? { epochs } : {}), ...(seed === undefined ? {} : { seed }) },
  };
}

function show(event: TrainingEvent, update: (done: number, total: number, note?: string) => void): void {
  if (event.kind === 'start' && event.resumed)
    console.error(`going on at step ${event.step} of ${event.steps}`);
  if (event.kind === 'skipped') console.error(`skipped: ${event.line}`);
  if (event.kind === 'step') update(event.step, event.steps, `loss ${Number(event.line.loss).toFixed(3)}`);
  if (event.kind === 'epoch') {
    const { epoch, loss, bleu4, clinicalMicroF1 } = event.line as unknown as Record<string, number>;
    const scores = `BLEU-4 ${bleu4.toFixed(3)}, clinical micro-F1 ${clinicalMicroF1.toFixed(3)}`;
    console.error(
      `epoch ${epoch + 1}: validation loss ${loss.toFixed(3)}, ${scores}${event.improved ? ' (best)' : ''}`,
    );
  }
  if (event.kind === 'stop' && event.reason === 'patience')
    console.error('stopped: no better validation score for too long');
}
