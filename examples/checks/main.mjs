// Trains the phrase-grounded checker on drawn patients and measures it on others. Not for clinical use.
import { useBackend } from '@raca/backend/node';
import { auc } from './auc.mjs';
import { KINDS } from './claims.mjs';
import { drawPatients } from './patients.mjs';
import { judge, makeModel, train } from './train.mjs';

const BAR = 0.9;
const [seed = 1, patients = 1500, steps = 1500] = process.argv.slice(2).map(Number);

const { name } = await useBackend();
const start = Date.now();
const seconds = () => `${((Date.now() - start) / 1000).toFixed(0)} s`;
const [known, strange] = [drawPatients(seed, patients), drawPatients(seed + 1000, 500)];
console.log(
  `${patients} patients to learn from, 500 others to measure on, drawn in ${seconds()}; backend ${name}`,
);

const model = makeModel(seed);
const log = (step, loss) => console.log(`step ${step}, loss ${loss.toFixed(3)}, ${seconds()}`);
train(model, known, { steps, batch: 24, rate: 2e-3, seed, log });

const judged = judge(model, strange);
const places = judged.filter(({ test }) => test === 'place');
console.log('finding, claims, AUC of a true place against a false one');
for (const kind of Object.keys(KINDS)) {
  const own = places.filter(({ finding }) => finding === kind);
  console.log(`  ${kind.padEnd(18)} ${String(own.length).padStart(4)}  ${auc(own).toFixed(3)}`);
}
const all = auc(places);
const absent = judged.filter(({ test, truth }) => test === 'absent' || truth === 1);
console.log(
  `  all                ${String(places.length).padStart(4)}  ${all.toFixed(3)} (bar ${BAR.toFixed(2)})`,
);
console.log(`  against findings that are not there ${auc(absent).toFixed(3)}`);
if (!(all >= BAR)) process.exitCode = 1;
