// Trains the adaptive agent on drawn patients and measures its masks on posed and on straight ones; with --xrays DIR on
// real X-rays with organ masks. Not for clinical use.
import { resolve } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { REGIONS } from '@raca/core/regions';
import { priorFor } from '@raca/region-agent';
import { Command, Option } from 'commander';
import { makeAgent, masksOf, train } from './agent.mjs';
import { overlap } from './measure.mjs';
import { drawn, GRID } from './phantom.mjs';
import { xrays } from './xrays.mjs';

const from = (path) => resolve(process.env.INIT_CWD ?? '.', path);
const whole = (text) => Number.parseInt(text, 10);

const options = new Command('regions')
  .description(
    'Region masks of the adaptive agent against organs, beside the fixed prior.\nNot for clinical use.',
  )
  .option('--seeds <list>', 'seeds of the agent, and of the drawn training patients', '1,2,3')
  .addOption(
    new Option('--pose <name>', 'how the training patients stand')
      .choices(['none', 'mild', 'strong'])
      .default('none'),
  )
  .addOption(
    new Option('--learning <name>', 'how the agent learns').choices(['ppo', 'direct']).default('ppo'),
  )
  .option('--steps <n>', 'updates', whole, 600)
  .option('--batch <n>', 'studies an update', whole, 16)
  .option('--threads <n>', 'of the native backend', whole, 2)
  .option('--train <n>', 'drawn training patients', whole, 2000)
  .option('--test <n>', 'drawn patients of each test set', whole, 300)
  .option('--validate', 'measure on validation patients instead of test patients')
  .option('--empty-margins', 'dark margins of moved images hold no region')
  .option('--equalise', 'the eyes see ranks of gray within the body')
  .option('--outline', 'rewards of lungs and heart go by their outlines in each image')
  .option('--no-registration', 'lay the prior on straight patients only')
  .option('--no-practice', 'do not move images')
  .addOption(
    new Option('--sharpen <what>', 'fit to the gray of each image')
      .choices(['never', 'rewards', 'masks', 'both'])
      .default('never'),
  )
  .option('--xrays <dir>', 'folder with real X-rays and organ masks (data.csv, images/, masks/)')
  .option('--more <dir>', 'another one, with lung masks (data.csv, images/, lung_masks/)')
  .option('--out <dir>', 'where drawn patients and pictures go', 'runs/regions')
  .option('--backend <name>', 'native, wasm or cpu (default: the fastest)')
  .parse()
  .opts();

await useBackend({ threads: options.threads, ...(options.backend && { prefer: [options.backend] }) });
const seeds = options.seeds.split(',').map(whole);
const out = from(options.out);
const config = {
  steps: options.steps,
  learning: options.learning,
  sharpen: options.sharpen,
  equalise: options.equalise ?? false,
  outline: options.outline ?? false,
  ...(options.registration ? {} : { registerAfter: null }),
  practice: {
    ...(options.practice
      ? {}
      : { shift: 0, scaleOut: 0, scaleIn: 0, stretch: 0, turn: 0, contrast: 0, brightness: 0 }),
    ...(options.emptyMargins && { margins: 'empty' }),
  },
};
/** Whether masks are fitted to gray: then those before are measured too. */
const fits = ['masks', 'both'].includes(options.sharpen);
const log = (text) => console.error(text);

if (options.xrays) {
  const more = options.more && from(options.more);
  await xrays({ dir: from(options.xrays), more, out, seeds, config, options, fits, log });
} else {
  await phantom();
}

async function phantom() {
  const split = options.validate ? 'val' : 'test';
  const folder = (name) => `${out}/phantom-${name}`;
  const sets = {};
  for (const pose of ['strong', 'none']) {
    // seeds of test and validation patients differ, and from those of training
    const seed = options.validate ? 101 : 201;
    sets[pose] = await drawn({ out: folder(`${split}-${pose}`), split, pose, seed, count: options.test });
  }
  const views = ['frontal', 'lateral'];
  const prior = priorFor(GRID, views, 'raca').masks;
  const columns = { posed: sets.strong, straight: sets.none };
  const rows = [];
  for (const [name, set] of Object.entries(columns)) {
    rows.push({ name: `${name}: prior`, ...overlap(set, () => prior) });
  }
  for (const seed of seeds) {
    log(`seed ${seed}`);
    const set = await drawn({
      out: folder(`train-${options.pose}-${seed}`),
      split: 'train',
      pose: options.pose,
      seed,
      count: options.train,
    });
    const agent = makeAgent({ ...config, seed, views });
    train(agent, set, GRID, { steps: options.steps, batch: options.batch, seed, log });
    for (const [name, test] of Object.entries(columns)) {
      const masks = masksOf(agent, test, GRID);
      rows.push({ name: `${name}: agent, seed ${seed}`, ...overlap(test, (i) => masks.located[i]) });
      if (fits)
        rows.push({ name: `${name}: agent, seed ${seed}, unfitted`, ...overlap(test, (i) => masks.raw[i]) });
    }
    agent.dispose();
    print(rows, views);
  }
}

function print(rows, views) {
  console.log(`\nPhantom (a test bed): mean IoU with organs on patches; trained on ${options.pose} poses\n`);
  const number = (x) => (x === null ? '  –  ' : x.toFixed(3));
  const names = [...rows].sort((a, b) => a.name.localeCompare(b.name));
  console.log(`| region, view | ${names.map(({ name }) => name).join(' | ')} |`);
  console.log(`| --- | ${names.map(() => '---').join(' | ')} |`);
  console.log(`| **mean** | ${names.map(({ mean }) => `**${number(mean)}**`).join(' | ')} |`);
  views.forEach((view, v) => {
    REGIONS.forEach((region, r) => {
      const cells = names.map(({ regions }) => number(regions[v * REGIONS.length + r]));
      console.log(`| ${region}, ${view} | ${cells.join(' | ')} |`);
    });
  });
}
