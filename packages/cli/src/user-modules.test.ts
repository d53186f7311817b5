import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-modules-'));
const at = (...names: string[]): string => join(root, ...names);
const data = at('phantom');
const file = (path: string, text: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const withFusion = (use: string) => {
  const { model, training } = smallRunConfig({ epochs: 1 });
  return { model: { ...model, fusion: { use, config: {} } }, training };
};

beforeAll(() => smallPhantom(data));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a run folder that somebody else made', () => {
  const ran = at('ran');
  const evil = file(
    at('stranger', 'evil.mjs'),
    `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(ran)}, '');`,
  );
  const run = at('stranger', 'run');
  const config = join(run, 'config.json');

  beforeAll(() => {
    mkdirSync(run);
    for (const name of ['vocab.json', 'optimizer.safetensors', 'weights.safetensors'])
      file(join(run, name), '');
  });

  const commands: [string, string[]][] = [
    ['generate', ['generate', '--run', run, '--images', join(data, 'x.png')]],
    ['evaluate', ['evaluate', '--run', run, '--data', data]],
    ['extract', ['extract', '--config', config, '--data', data, '--out', at('features')]],
    ['train --resume', ['train', '--resume', '--data', data, '--out', run]],
    ['train --init', ['train', '--init', run, '--data', data, '--out', at('new')]],
    ['train --config', ['train', '--config', config, '--data', data, '--out', at('new')]],
    ['ablate --config', ['ablate', '--config', config, '--data', data, '--out', at('ablation')]],
    ['ablate with a base', ['ablate', '--config', at('grid.json'), '--data', data, '--out', at('ablation')]],
  ];

  it.each(commands)('%s runs none of its code', async (_, argv) => {
    jsonFile(at('grid.json'), { base: 'stranger/run/config.json', rows: { a: {} } });
    for (const use of ['../evil.mjs', evil]) {
      jsonFile(config, withFusion(use));
      const { code, errors } = await runCommand(...argv, '--backend', 'wasm');
      expect(errors).toEqual([
        `raca: ${config}: model.fusion.use: names the module ${evil}, whose code would run; ` +
          'add --trust-modules if you trust it',
      ]);
      expect(code).toBe(2);
    }
    expect(existsSync(ran)).toBe(false);
  });

  it.each([
    ['metrics', [{ use: '../evil.mjs' }]],
    ['selection', { use: '../evil.mjs' }],
    ['agentReward', { use: '../evil.mjs' }],
    ['selfCritical', { reward: { use: '../evil.mjs' } }],
  ])('training.%s runs none of its code', async (name, value) => {
    const { model, training } = smallRunConfig({ epochs: 1 });
    jsonFile(config, { model, training: { ...training, [name]: value } });
    for (const argv of [
      ['evaluate', '--run', run, '--data', data],
      ['train', '--resume', '--data', data, '--out', run],
      ['train', '--config', config, '--data', data, '--out', at('new')],
    ]) {
      const { code, errors } = await runCommand(...argv, '--backend', 'wasm');
      expect(errors[0]).toContain(`training.${name}`);
      expect(errors[0]).toContain(`use: names the module ${evil}, whose code would run; add --trust-modules`);
      expect(code).toBe(2);
    }
    expect(existsSync(ran)).toBe(false);
  });

  it('runs it when told so', async () => {
    jsonFile(config, withFusion('../evil.mjs'));
    const { code, errors } = await runCommand('evaluate', '--run', run, '--data', data, '--trust-modules');
    expect(existsSync(ran)).toBe(true);
    expect(errors.at(-1)).toMatch(/evil\.mjs: expected a factory as default export, found undefined$/);
    expect(code).toBe(1);
  });
});

const command = fileURLToPath(new URL('../bin/raca.mjs', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/raca.js', import.meta.url)));
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to run');

describe.runIf(built)('a module outside the repository', () => {
  const raca = (...argv: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [command, ...argv, '--backend', 'wasm'], {
      encoding: 'utf8',
      cwd: root,
    });
    return { status, stderr };
  };

  file(
    at('mine', 'fusion.mjs'),
    `import { applyLinear, disposeParameters, linear, Parameters, patchMemory } from '@raca/core';
     import { shifted } from './lib/shifted.mjs';
     export default ({ ...rest }, { width }, random) => {
       const p = Parameters.create(random);
       const weights = linear(p.scope('out'), width, width);
       return {
         info: { package: 'mine', version: '1.0.0', name: 'mine', config: rest },
         parameters: p.all,
         fuse: ({ features }) =>
           patchMemory({ ...features, patches: shifted(applyLinear(weights, features.patches)) }),
         dispose: () => disposeParameters(p.all),
       };
     };`,
  );
  file(
    at('mine', 'lib', 'shifted.mjs'),
    `import * as tf from '@tensorflow/tfjs-core';
     import { z } from 'zod'; // the command's, as there is none here
     z.number().parse(1);
     export const shifted = (x) => tf.add(x, 1);`,
  );

  it('trains on the command’s own tfjs, is found again, and moves with its run', () => {
    const config = jsonFile(at('mine', 'config.json'), withFusion('./fusion.mjs'));
    const trained = raca('train', '--data', data, '--out', at('mine', 'run'), '--config', config);
    expect(trained.stderr).toMatch(/^epoch 1: /m);
    expect(trained.stderr).not.toMatch(/TensorFlow\.js in Node\.js/); // tfjs's advice to install tfjs-node
    expect(trained.status).toBe(0);
    const stored = JSON.parse(readFileSync(at('mine', 'run', 'config.json'), 'utf8'));
    expect(stored.model.fusion.use).toBe('../fusion.mjs');

    renameSync(at('mine'), at('moved'));
    const evaluated = raca('evaluate', '--run', at('moved', 'run'), '--data', data, '--trust-modules');
    expect(evaluated.stderr).not.toMatch(/tfjs/);
    expect(evaluated.status).toBe(0);
    renameSync(at('moved'), at('mine'));
  });

  it('does so beside a copy of its own, and says it', () => {
    const other = at('mine', 'node_modules', '@tensorflow', 'tfjs-core');
    file(
      join(other, 'package.json'),
      '{ "name": "@tensorflow/tfjs-core", "version": "3.0.0", "main": "i.js" }',
    );
    file(join(other, 'i.js'), 'throw new Error("the other copy");');
    const config = jsonFile(at('mine', 'config.json'), withFusion('./fusion.mjs'));
    const { status, stderr } = raca('train', '--data', data, '--out', at('beside'), '--config', config);
    expect(stderr).toMatch(/fusion\.mjs: uses our @tensorflow\/tfjs-core 4\.22\.0, not its own copy 3\.0\.0/);
    expect(status).toBe(0);
  });

  it('does so for a module that requires', () => {
    file(
      at('mine', 'fusion.cjs'),
      `const tf = require('@tensorflow/tfjs-core');
       const { Parameters } = require('@raca/core');
       console.error('required', tf.version_core, typeof Parameters);
       module.exports = () => {};`,
    );
    mkdirSync(at('mine', 'required'));
    jsonFile(at('mine', 'required', 'config.json'), withFusion('../fusion.cjs'));
    const { stderr } = raca('evaluate', '--run', at('mine', 'required'), '--data', data, '--trust-modules');
    expect(stderr).toMatch(/^required 4\.22\.0 function$/m);
    expect(stderr).toMatch(/weights\.safetensors: the run has no weights yet/); // there is no model
  });
});
