import { join, resolve } from 'node:path';
import { PRESETS } from '@raca/pipeline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { mimicJob } from './job.mjs';

// npm runs scripts in the root of the repository; paths are meant where the user stands
const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);
const wholeNumber = (text) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number of at least 1');
  return Number(text);
};

const program = new Command('mimic-cxr')
  .description(
    'Import MIMIC-CXR, train RACA on it and evaluate it on the test split; or make the ablation’s table.\nNot for clinical use.',
  )
  .option('--from <paths...>', 'PhysioNet’s folders or archives with reports, tables and images, or R2Gen’s')
  .option('--data <dir>', 'data set folder: imported before, or to be made from --from')
  .addOption(new Option('--config <name>', 'preset').choices(Object.keys(PRESETS)).default('small'))
  .option('--epochs <n>', 'instead of the config’s', wholeNumber)
  .option('--seeds <n>', 'make the table of the ablation with so many runs a row', wholeNumber)
  .option('--out <dir>', 'folder for everything', join('runs', 'mimic-cxr'))
  .option('--backend <name>', 'native, wasm or cpu (default: the fastest)')
  .showHelpAfterError(false)
  .parse();
const { data, epochs, backend, out, ...options } = program.opts();
if (!options.from && !data)
  program.error('mimic-cxr: expected --from or --data, found neither', { exitCode: 2 });

process.exitCode = await mimicJob({
  ...options,
  from: options.from?.map(from),
  data: data && from(data),
  out: from(out),
  changes: epochs === undefined ? {} : { training: { epochs } },
  argv: backend === undefined ? [] : ['--backend', backend],
});
