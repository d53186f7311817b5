// The main job, as the commands a researcher would type: data, train, evaluate.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { main as raca } from '@raca/cli';
import { Command, Option } from 'commander';

// npm runs scripts in the root of the repository; paths are meant where the user stands
const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);

const options = new Command('iu-xray')
  .description(
    'Train RACA on a data set folder, evaluate it on the test split and write report.html.\nNot for clinical use.',
  )
  .addOption(
    new Option('--data <dir>', 'data set folder in R2Gen layout (default: the phantom is made)').conflicts(
      'reports',
    ),
  )
  .option(
    '--reports <dir>',
    'folder with real reports (annotation.json, reports.jsonl): images are drawn for them',
  )
  .option(
    '--config <name|file>',
    'auto, small, full, published, or a file (default: auto, chosen by the data)',
  )
  .option('--epochs <n>', 'instead of the config’s')
  .option('--seed <n>', 'of the model and of the drawn images')
  .option('--out <dir>', 'run folder (default: below runs/)')
  .option('--backend <name>', 'native, wasm or cpu (default: the fastest)')
  .showHelpAfterError(false)
  .parse()
  .opts();

/** Studies of the built-in phantom. */
const PHANTOM = { train: '4000', val: '120', test: '200' };

const data = options.data ? from(options.data) : await drawn();
const out = options.out
  ? from(options.out)
  : from(join('runs', `${options.data || options.reports ? basename(data) : 'iu-xray'}-run`));

await step('train', [
  'train',
  '--data',
  data,
  '--out',
  out,
  ...(options.config === undefined ? [] : ['--config', presetOrFile(options.config)]),
  ...given('epochs'),
  ...given('seed'),
  ...given('backend'),
  ...(existsSync(join(out, 'config.json')) ? ['--resume'] : []),
]);
// modules that a config of the user's own names are the user's own
const own = options.config === undefined || isPreset(options.config) ? [] : ['--trust-modules'];
await step('evaluate', ['evaluate', '--run', out, ...own, '--data', data, ...given('backend')]);

/** Makes the phantom, or draws images for real reports; a complete folder of the same options is used again. */
async function drawn() {
  const { reports, seed = '1' } = options;
  const folder = from(join('runs', reports ? `drawn-${basename(from(reports))}-${seed}` : `phantom-${seed}`));
  const what = reports
    ? ['--reports', from(reports)]
    : Object.entries(PHANTOM).flatMap(([split, n]) => [`--${split}`, n]);
  await step('data', ['data', 'phantom', '--out', folder, '--seed', seed, ...what]);
  return folder;
}

/** Runs one command; its exit code ends the job when it is not 0. */
async function step(name, argv) {
  const start = Date.now();
  console.error(`\n── ${name}: raca ${argv.join(' ')}`);
  const code = await raca(argv);
  if (code !== 0) process.exit(code);
  console.error(`── ${name}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

function given(name) {
  return options[name] === undefined ? [] : [`--${name}`, options[name]];
}

function isPreset(config) {
  return ['auto', 'small', 'full', 'published'].includes(config);
}

function presetOrFile(config) {
  return isPreset(config) ? config : from(config);
}
