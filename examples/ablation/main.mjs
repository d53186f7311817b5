// The paper's table, as the commands a researcher would type: data, ablate.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as raca } from '@raca/cli';
import { Command, Option } from 'commander';

// npm runs scripts in the root of the repository; paths are meant where the user stands
const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Studies of the drawn data set. */
const PHANTOM = { train: '3000', val: '120', test: '200' };

const options = new Command('ablation')
  .description(
    'Train each row of a grid with several seeds on drawn images and write the table.\nNot for clinical use.',
  )
  .addOption(new Option('--data <dir>', 'data set folder in R2Gen layout').conflicts('reports'))
  .option('--reports <dir>', 'folder with real reports: images are drawn for them')
  .option('--grid <file>', 'rows of one’s own (default: the paper’s, paper.yaml)')
  .option('--seeds <n>', 'runs a row', '3')
  .option('--pretrained <dir>', 'folder of another ablation of the same rows: runs start from its weights')
  .option('--jobs <n>', 'runs at once, sharing the processors', '1')
  .option('--epochs <n>', 'instead of the grid’s')
  .option('--pose <name>', 'how freely drawn patients stand: none, mild, strong', 'mild')
  .option('--out <dir>', 'folder for runs and tables (default: below runs/)')
  .option('--backend <name>', 'native, wasm or cpu (default: the fastest)')
  .showHelpAfterError(false)
  .parse()
  .opts();

const name = options.data ?? options.reports;
const data = options.data ? from(options.data) : await drawn();
const out = from(
  options.out ?? join('runs', name ? `ablation-${resolve(name).split(/[\\/]/).at(-1)}` : 'ablation'),
);

await step('ablate', [
  ...['ablate', '--config', options.grid ? from(options.grid) : here('paper.yaml')],
  ...['--data', data, '--out', out, '--seeds', options.seeds, '--jobs', options.jobs],
  ...given('epochs'),
  ...(options.pretrained ? ['--pretrained', from(options.pretrained)] : []),
  ...given('backend'),
]);

/** Draws the phantom, or images for real reports, once; a complete folder of the same options is used again. */
async function drawn() {
  const { reports, pose } = options;
  const kind = reports ? `drawn-${resolve(reports).split(/[\\/]/).at(-1)}` : 'ablation-phantom';
  const folder = from(join('runs', pose === 'mild' ? kind : `${kind}-${pose}`));
  const what = reports
    ? ['--reports', from(reports)]
    : Object.entries(PHANTOM).flatMap(([split, n]) => [`--${split}`, n]);
  await step('data', ['data', 'phantom', '--out', folder, '--seed', '1', '--pose', pose, ...what]);
  return folder;
}

/** Runs one command; its exit code ends the job when it is not 0. */
async function step(title, argv) {
  console.error(`\n── ${title}: raca ${argv.join(' ')}`);
  const start = Date.now();
  const code = await raca(argv);
  console.error(`── ${title}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
  if (code !== 0) process.exit(code);
}

function given(option) {
  return options[option] === undefined ? [] : [`--${option}`, options[option]];
}
