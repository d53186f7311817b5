// What the earlier study, the indication and honest views are worth, on drawn patients over time. Not for clinical use.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { parseChanges } from '@raca/data';
import { makeTimeline, openDataset } from '@raca/data/node';
import { evaluate, loadRun, train, writeReportsCsv } from '@raca/pipeline/node';
import { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { following } from './following.mjs';
import { changes, clinical, compare, comparingAlone } from './measures.mjs';
import { configOf, SYSTEMS } from './systems.mjs';

const whole = (text) => Number.parseInt(text, 10);
const options = new Command('timeline')
  .description('Trains the systems of systems.mjs and compares them in pairs.\nNot for clinical use.')
  .option('--seeds <list>', 'seeds of the trainings', '42,43,44')
  .option('--epochs <n>', 'epochs from the start', whole, 12)
  .option('--more <n>', 'epochs of the systems that go on', whole, 6)
  .option('--patients <n>', 'drawn patients in training', whole, 600)
  .option('--held-out <n>', 'drawn patients in validation and in test, each', whole, 75)
  .option('--out <dir>', 'where patients and runs go', 'runs/timeline')
  .parse()
  .opts();

const out = resolve(process.env.INIT_CWD ?? '.', options.out);
const seeds = options.seeds.split(',').map(whole);
await useBackend();
const data = join(out, 'data');
const counts = { train: options.patients, val: options.heldOut, test: options.heldOut };
await makeTimeline({ out: data, seed: 1, ...counts });
const dataset = openDataset(data);
const truth = parseChanges(JSON.parse(readFileSync(join(data, 'changes.json'), 'utf8')));
const studies = new Map(dataset.annotation.test.map((study) => [study.id, study]));

/** Trains a system unless that is done, and gives its reports of the test split. */
async function reportsOf(system, seed) {
  const run = (name) => join(out, `run-${name}-${seed}`);
  const file = join(run(system), 'reports.csv');
  if (!existsSync(file)) {
    console.error(`${system}, seed ${seed}`);
    const { from } = SYSTEMS[system];
    const trained = await train({
      dataset,
      out: run(system),
      config: configOf(system, seed, options),
      resume: existsSync(join(run(system), 'optimizer.safetensors')),
      ...(from !== null && { pretrained: run(from) }),
      imageCache: join(out, 'images.bin'),
      onEvent: ({ kind, line }) => kind === 'epoch' && console.error(`  epoch ${line.epoch}`),
    });
    if (trained.interrupted) process.exit(1);
    const loaded = loadRun(run(system));
    writeReportsCsv(file, await evaluate(loaded, dataset));
    loaded.model.dispose();
  }
  return parse(readFileSync(file), { columns: true }).map(({ id, generated }) => {
    const { report: reference, patient, image_path: pictures } = studies.get(id);
    return { id, patient, pictures: pictures.length, reference, generated };
  });
}

const written = {};
for (const system of Object.keys(SYSTEMS)) {
  written[system] = [];
  for (const seed of seeds) written[system].push(await reportsOf(system, seed));
}

const three = (x) => x.toFixed(3);
const row = (title, { first, second, difference, pValue }) =>
  console.log(
    `${title}\n  ${first.map(three).join(' ')} → ${second.map(three).join(' ')}: ${difference >= 0 ? '+' : ''}` +
      `${three(difference)}, p ${pValue.toFixed(4)}`,
  );
const only = (keep) => (system) => written[system].map((reports) => reports.filter(keep));

console.log(
  `\nDrawn patients (a test bed), test split of ${studies.size} studies, seeds ${seeds.join(', ')}\n`,
);
row(
  'words of change, micro F1, without → with the earlier study',
  compare(written.none, written.prior, changes(truth)),
);
for (const system of ['none', 'prior']) {
  const alone = written[system].map((reports) => comparingAlone(truth, reports));
  console.log(
    `  ${system}: compares without an earlier study in ${alone.map(({ share }) => `${(100 * share).toFixed(1)} %`).join(', ')} of ${alone[0].studies}`,
  );
}
row(
  'clinical micro F1-14, without → with the indication',
  compare(written.none, written.indication, clinical),
);
const oneView = only(({ pictures }) => pictures === 1);
row(
  'clinical micro F1-14 of studies with one picture, repeated → an empty slot',
  compare(oneView('repeat'), oneView('base'), clinical),
);
row('the same, all studies', compare(written.repeat, written.base, clinical));
for (const seed of seeds) {
  const loaded = loadRun(join(out, `run-indication-${seed}`));
  const { asked, followed, without } = await following(loaded, dataset, truth);
  loaded.model.dispose();
  console.log(
    `indication of another patient, seed ${seed}: the report states what it names in ${followed} of ${asked} ` +
      `(${((100 * followed) / asked).toFixed(1)} %), without any indication in ${without}`,
  );
}
