import type { BackendName } from '@raca/backend/node';
import { openDataset } from '@raca/data/node';
import { fitToData } from '@raca/pipeline';
import { extract } from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption, startCompute } from '../compute';
import { readConfig } from '../config-file';
import { INTERRUPTED, oneOf, wholeNumber } from '../errors';
import { type ImageFlags, imageOptions, leftOutSummary, pictureOptions } from '../image-options';
import { banner, interruptSignal, progress } from '../output';
import { print, say } from '../say';
import { modulesFor, trustOption } from '../user-modules';

const DTYPES = ['float16', 'float32'] as const;

interface ExtractFlags extends ImageFlags {
  strict?: boolean;
  data: string;
  out: string;
  config: string;
  weights?: string;
  shard?: number;
  batch?: number;
  workers?: number;
  threads?: number;
  dtype?: (typeof DTYPES)[number];
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addExtract(program: Command): void {
  imageOptions(program.command('extract'))
    .description('compute the backbone’s features of all images once, for training without the backbone')
    .requiredOption('--data <dir>', 'data set folder (R2Gen layout)')
    .requiredOption('--out <dir>', 'folder of features to make, or to go on with')
    .option('--config <name|file>', 'whose backbone: small, full, published, or a JSON or YAML file', 'full')
    .option('--weights <file>', 'torchvision ResNet weights (safetensors, or PyTorch’s .pth)')
    .option(
      '--shard <n>',
      'images a file; a kill loses at most one file of work (default: 256)',
      wholeNumber('--shard'),
    )
    .option('--batch <n>', 'images computed at once (default: 8)', wholeNumber('--batch'))
    .option(
      '--workers <n>',
      'threads that decode images (default: half of the processors)',
      wholeNumber('--workers'),
    )
    .option(
      '--threads <n>',
      'threads that compute (default: all processors, at most 8)',
      wholeNumber('--threads'),
    )
    .option('--dtype <name>', `${DTYPES.join(' or ')} (default: float16)`, oneOf('--dtype', DTYPES))
    .option(...trustOption)
    .option('--strict', 'stop at an image that cannot be read (otherwise it is left out, and named)')
    .option(...backendOption)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  raca extract --data iu --out iu-features --config full --weights resnet101.pth\n' +
        '  raca train --data iu --features iu-features --config full --out run',
    )
    .action(async (flags: ExtractFlags) => {
      await runExtraction(flags);
    });
}

/** Extracts as the flags say. @throws INTERRUPTED after Ctrl-C */
async function runExtraction(flags: ExtractFlags): Promise<void> {
  banner();
  const dataset = openDataset(flags.data, { pictures: pictureOptions(flags) });
  const config = fitToData(readConfig(flags.config, { trusted: flags.trustModules }), dataset.annotation);
  const modules = await modulesFor(config, { file: flags.config, trusted: true });
  const backend = await startCompute(flags.backend, flags.threads);
  const bar = progress('extracting');
  const { signal, done } = interruptSignal();
  const started = Date.now();
  try {
    const { shard: shardImages, batch: batchSize, out, weights, workers, dtype } = flags;
    const result = await extract({
      ...{ dataset, config, modules, signal, out, weights, workers, dtype, shardImages, batchSize },
      strict: flags.strict,
      onProgress: (count, total) => bar.update(count, total),
    });
    bar.stop();
    leftOutSummary(result.leftOut, 'they have no features');
    const rate = (result.done - result.skipped) / ((Date.now() - started) / 1000);
    if (flags.json) print(JSON.stringify({ ...result, backend: backend.name, imagesPerSecond: rate }));
    if (result.interrupted) {
      say(`stopped after ${result.done} of ${result.total} images; the same command goes on`);
      throw INTERRUPTED;
    }
    if (flags.json) return;
    const before = result.skipped > 0 ? `, ${result.skipped} of them from before` : '';
    print(`${out}: ${result.done} images${before}; ${rate.toFixed(1)} images/s on ${backend.name}`);
  } finally {
    bar.stop();
    done();
  }
}
