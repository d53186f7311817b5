// Scores, tests and trains with a metric and a reward of one's own.
// node main.mjs
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { makePhantom, openDataset } from '@raca/data/node';
import { pairReports, rankSystems, score } from '@raca/metrics';
import { smallConfig } from '@raca/pipeline';
import { evaluate, loadRun, train } from '@raca/pipeline/node';
import briefAndRight from './brief-and-right.mjs';
import sideF1 from './side-f1.mjs';

const references = [
  'Small left pleural effusion.',
  'Right pneumothorax. The heart is normal.',
  'Lungs are clear.',
];
const right = pairReports(references, ['Left pleural effusion.', 'Right pneumothorax.', 'Clear lungs.']);
const wrong = pairReports(references, ['Right pleural effusion.', 'Right pneumothorax.', 'Clear lungs.']);

const { corpus } = score(wrong, { protocol: 'full', metrics: ['bleu', sideF1] });
console.log('wrong side:', corpus['side-f1'], 'BLEU-4', corpus.BLEU_4.toFixed(3));
const systems = [
  { name: 'right', pairs: right },
  { name: 'wrong', pairs: wrong },
];
const { scores } = rankSystems(systems, { metrics: [sideF1], resamples: 1000 });
for (const [i, { value, low, high }] of scores[0].systems.entries()) {
  console.log(
    `${systems[i].name}: ${value.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
  );
}

// in training: the config names what the table holds
const { name: backend } = await useBackend();
const folder = mkdtempSync(join(tmpdir(), 'own-metric-'));
try {
  const data = join(folder, 'phantom');
  await makePhantom({ out: data, train: 64, val: 16, test: 16, seed: 7 });
  const ownScores = { 'side-f1': sideF1, brief: briefAndRight };
  const { model, training } = smallConfig();
  const config = {
    model,
    training: {
      ...training,
      ...{ epochs: 2, batchSize: 8, wordThreshold: 2 },
      metrics: [{ use: 'side-f1' }],
      selection: { use: 'side-f1' },
      agentReward: [{ use: 'brief', weight: 1 }],
    },
  };
  console.log(`backend ${backend}: made-up patients, a test bed; not for clinical use`);
  const dataset = openDataset(data);
  const out = join(folder, 'run');
  await train({
    dataset,
    out,
    config,
    ownScores,
    onEvent: ({ kind, line }) => {
      if (kind === 'epoch')
        console.log(`validation: loss ${line.loss.toFixed(3)}, side-f1 ${line['side-f1'].toFixed(3)}`);
    },
  });
  const run = loadRun(out);
  const { systems: evaluated } = await evaluate(run, dataset, { ownScores });
  for (const { system, protocols } of evaluated)
    console.log(system, protocols.full.corpus['side-f1'].toFixed(3));
  run.model.dispose();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
