import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackendName } from '@raca/backend/node';
import { openDataset } from '@raca/data/node';
import { defaultMetrics, type Metric } from '@raca/metrics';
import { configuredMetrics, PRESETS } from '@raca/pipeline';
import {
  ablate,
  type Grid,
  launchProgram,
  markdown,
  parseGrid,
  withAbsoluteModules,
} from '@raca/pipeline/node';
import type { Command } from 'commander';
import { backendOption } from '../compute';
import { isRunConfig, readBase, readValue } from '../config-file';
import { FAILED, INTERRUPTED, UsageError, wholeNumber } from '../errors';
import { banner, interruptSignal, progress } from '../output';
import { withRegions } from '../region-file';
import { print, say } from '../say';
import { ownScoresFor, requireTrust, trustOption } from '../user-modules';

interface AblateFlags {
  config: string;
  seeds: number;
  out: string;
  data?: string;
  jobs: number;
  pretrained?: string;
  epochs?: number;
  trustModules?: boolean;
  backend?: BackendName;
  json?: boolean;
}

export function addAblate(program: Command): void {
  program
    .command('ablate')
    .description('train and evaluate every row of a grid with several seeds; write a table with tests')
    .requiredOption(
      '--config <name|file>',
      'a grid (base, rows), or a config: then the rows are baseline, +agent, +alignment, +BCA, +findings, full, full+findings',
    )
    .requiredOption('--out <dir>', 'folder for runs and tables; what is finished there is not done again')
    .option('--seeds <n>', 'runs a row', wholeNumber('--seeds'), 3)
    .option('--data <dir>', 'data set folder (default: the grid’s)')
    .option(
      '--pretrained <dir>',
      'folder of an ablation with the same rows and seeds: each run takes over the weights of its own there',
    )
    .option(
      '--jobs <n>',
      'runs at once, sharing the processors (or RACA_THREADS each)',
      wholeNumber('--jobs'),
      1,
    )
    .option('--epochs <n>', 'instead of the configs’', wholeNumber('--epochs'))
    .option(...trustOption)
    .option(...backendOption)
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nExample:\n  raca ablate --config small --seeds 3 --data phantom --out ablation')
    .action(runAblation);
}

async function runAblation(flags: AblateFlags): Promise<void> {
  banner();
  const grid = withEpochs(await readGrid(flags.config, flags.trustModules), flags.epochs);
  const data = flags.data ?? (grid.data && resolve(dirname(flags.config), grid.data));
  if (!data)
    throw new UsageError('--data: expected a data set folder, found neither the option nor data in the grid');
  const metrics = await furtherMetrics(grid, flags);
  const dataset = openDataset(data);
  for (const warning of dataset.warnings) say(warning);
  const bar = progress('ablation');
  const { signal, done } = interruptSignal();
  const runs = grid.rows.length * flags.seeds;
  let ended = 0;
  try {
    const result = await ablate({
      grid,
      seeds: flags.seeds,
      out: flags.out,
      dataset,
      launch: launchProgram(raca(), sharedThreads(flags.jobs)),
      jobs: flags.jobs,
      pretrained: flags.pretrained && resolve(flags.pretrained),
      argv: flags.backend ? ['--backend', flags.backend] : [],
      analysis: { metrics },
      signal,
      onProgress: ({ row, seed }, step, steps) =>
        bar.update(100 * (ended + step / steps), 100 * runs, `${row}, seed ${seed}`),
      onOutcome: ({ row, seed }, outcome, seconds) => {
        ended++;
        if (outcome.status === 'interrupted') return;
        const how =
          outcome.status === 'failed'
            ? `failed: ${outcome.reason}`
            : outcome.skipped
              ? 'finished before'
              : `done in ${seconds.toFixed(0)} s`;
        say(`${ended}/${runs} ${row}, seed ${seed}: ${how}`);
      },
    });
    bar.stop();
    if (result.interrupted) {
      say('stopped; the same command goes on');
      throw INTERRUPTED;
    }
    if (flags.json) print(JSON.stringify({ rows: result.rows, analyses: result.analyses }));
    else print([...result.tables.map(markdown), `${resolve(flags.out, 'ablation.html')}`].join('\n'));
    if (result.rows.some(({ failed }) => failed.length > 0)) throw FAILED;
  } finally {
    bar.stop();
    done();
  }
}

/** A preset by name, or a grid or config from a file; paths in it are read relative to the file. */
async function readGrid(nameOrPath: string, trusted?: boolean): Promise<Grid> {
  const preset = Object.hasOwn(PRESETS, nameOrPath);
  const value = preset ? { base: nameOrPath } : readValue(nameOrPath);
  const grid = parseGrid(
    value,
    (base) => readBase(base, nameOrPath, { trusted }),
    preset ? '--config' : nameOrPath,
  );
  const rows = grid.rows.map(({ name, config }) => ({
    name,
    config: withAbsoluteModules(config, nameOrPath),
  }));
  const trust = { file: nameOrPath, trusted: trusted || !isRunConfig(nameOrPath) };
  for (const { config } of rows) requireTrust(config, trust);
  const whole = rows.map(async ({ name, config }) => ({ name, config: await withRegions(config, trust) }));
  return { ...grid, rows: await Promise.all(whole) };
}

/** Metrics that the rows' configs name beside the standard ones, each once; who may name files is settled by then. */
async function furtherMetrics({ rows }: Grid, { config: file }: AblateFlags): Promise<Metric[]> {
  const standard = new Set(defaultMetrics().map(({ name }) => name));
  const found = new Map<string, Metric>();
  for (const { config } of rows) {
    const own = await ownScoresFor(config, { file, trusted: true });
    for (const metric of configuredMetrics(config.training.metrics, own))
      if (!standard.has(metric.name)) found.set(metric.name, metric);
  }
  return [...found.values()];
}

function withEpochs(grid: Grid, epochs?: number): Grid {
  if (epochs === undefined) return grid;
  const rows = grid.rows.map(({ name, config }) => ({
    name,
    config: { ...config, training: { ...config.training, epochs } },
  }));
  return { ...grid, rows };
}

/** Processors shared among the runs at once; one run alone takes what it wants. */
const sharedThreads = (jobs: number): Record<string, string> =>
  jobs === 1 || process.env.RACA_THREADS
    ? {}
    : { RACA_THREADS: `${Math.max(1, Math.floor(availableParallelism() / jobs))}` };

/** The script of this command, for child processes. @throws Error where it was not built */
function raca(): string {
  const places = ['./raca.js', '../../dist/raca.js'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`${places[0]}: expected the built command, found nothing`);
  return found;
}
