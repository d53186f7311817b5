// Checks a fusion against its contract, then trains a small RACA with it for a few steps.
// node main.mjs [gated|bca|none]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { checkFusion } from '@raca/core/testing';
import { makePhantom, openDataset } from '@raca/data/node';
import { MODULES, smallConfig } from '@raca/pipeline';
import { train } from '@raca/pipeline/node';
import gatedFusion from './gated-fusion.mjs';

const FUSIONS = { gated: { use: 'gated', config: {} }, bca: { use: 'bca', config: {} }, none: null };
const [name = 'gated'] = process.argv.slice(2);
if (!Object.hasOwn(FUSIONS, name)) {
  console.error(`main.mjs: expected one of ${Object.keys(FUSIONS).join(', ')}, found ${name}`);
  process.exit(2);
}

const { name: backend } = await useBackend();
const passed = checkFusion((width, random) => gatedFusion({}, { width }, random));
console.log(`contract: ${passed.length} checks passed`);

const folder = mkdtempSync(join(tmpdir(), 'swap-a-module-'));
try {
  const data = join(folder, 'phantom');
  await makePhantom({ out: data, train: 64, val: 16, test: 0, seed: 7 });

  const { model, training } = smallConfig();
  const config = {
    model: { ...model, fusion: FUSIONS[name] },
    training: { ...training, epochs: 2, batchSize: 8, wordThreshold: 2 },
  };
  // the module table of RACA with one more entry
  const modules = { ...MODULES, fusion: { ...MODULES.fusion, gated: gatedFusion } };

  console.log(`fusion ${name}, backend ${backend}: made-up patients, a test bed; not for clinical use`);
  await train({
    dataset: openDataset(data),
    out: join(folder, 'run'),
    config,
    modules,
    onEvent: ({ kind, line, step }) => {
      if (kind === 'step') console.log(`step ${step}: loss ${line.loss.toFixed(3)}`);
      if (kind === 'epoch') console.log(`validation loss ${line.loss.toFixed(3)}`);
    },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
