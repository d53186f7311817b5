// MIMIC-CXR as the second data set: import, train, evaluate; or the ablation's table on it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main as raca } from '@raca/cli';
import { overlay, PRESETS } from '@raca/pipeline';

/** What differs from IU X-ray in the published protocol: one view, longer reports, a higher word threshold. */
const MIMIC = {
  model: { views: 1, maxLength: 100 },
  training: { cleaning: 'mimic_cxr', wordThreshold: 10 },
};

/**
 * Runs the commands in a row.
 * @param {object} options
 * @param {string[]} [options.from] PhysioNet's folders or archives, or R2Gen's archive
 * @param {string} [options.data] data set folder; made from `from` unless it is there
 * @param {string} options.out folder for config and run, or for the table
 * @param {string} [options.config] small, full or published
 * @param {object} [options.changes] more fields of the config that change
 * @param {number} [options.seeds] make the ablation's table with so many runs a row
 * @param {string[]} [options.argv] arguments for train, evaluate and ablate, such as `--backend wasm`
 * @returns {Promise<number>} exit code
 */
export async function mimicJob({ from, data, out, config = 'small', changes = {}, seeds, argv = [] }) {
  const folder = data ?? join(out, 'data');
  if (from) {
    const code = await step('import', [
      ...['data', 'import', 'mimic-cxr', '--from', ...from, '--out', folder, '--images', 'link'],
    ]);
    if (code !== 0) return code;
  }
  const file = join(out, 'config.json');
  mkdirSync(dirname(file), { recursive: true });
  const whole = overlay(overlay(PRESETS[config](), MIMIC), changes);
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
  if (seeds !== undefined) {
    const table = ['--out', join(out, 'ablation'), '--seeds', `${seeds}`];
    return step('ablate', ['ablate', '--config', file, '--data', folder, ...table, ...argv]);
  }
  const run = join(out, 'run');
  const resume = existsSync(join(run, 'config.json')) ? ['--resume'] : [];
  const trained = await step('train', [
    'train',
    '--data',
    folder,
    '--out',
    run,
    '--config',
    file,
    ...resume,
    ...argv,
  ]);
  if (trained !== 0) return trained;
  return step('evaluate', ['evaluate', '--run', run, '--trust-modules', '--data', folder, ...argv]);
}

async function step(title, argv) {
  console.error(`\n── ${title}: raca ${argv.join(' ')}`);
  const start = Date.now();
  const code = await raca(argv);
  console.error(`── ${title}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
  return code;
}
