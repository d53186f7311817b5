import '@tensorflow/tfjs-backend-cpu';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVALUATION } from '@raca/core';
import { Tokenizer } from '@raca/data';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../config';
import { buildModel } from '../modules';
import { TINY_SIZES, TINY_WORDS, tinyBatch, tinyConfig } from '../tiny';
import { loadRun } from './load-run';
import { withAbsoluteModules } from './module-paths';
import { modulesOf, ownScoresOf } from './own-modules';
import { RunFolder } from './run-folder';

const root = mkdtempSync(join(tmpdir(), 'raca-own-'));
const at = (name: string): string => join(root, name);
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The patches doubled; it finds tfjs though none lies beside it. */
writeFileSync(
  at('fusion.mjs'),
  `import { writeFileSync } from 'node:fs';
   import * as tf from '@tensorflow/tfjs-core';
   writeFileSync(${JSON.stringify(at('ran'))}, '');
   export default (config) => {
     const { times } = config;
     return {
       info: { package: 'mine', version: '1.0.0', name: 'mine', config },
       parameters: new Map(),
       fuse: ({ features: { patches, present } }) => ({
         tokens: tf.mul(patches, times),
         present,
         parts: [{ name: 'patches', from: 0, to: patches.shape[1] }],
       }),
       dispose: () => {},
     };
   };`,
);
writeFileSync(at('nothing.mjs'), 'export const fusion = 1;');
writeFileSync(at('broken.mjs'), 'throw new Error("no\\nmore");');
writeFileSync(
  at('reward.mjs'),
  'export default (references, generated) => generated.map((text) => text.length);',
);

const configOf = (use: string, training: object = {}): RunConfig =>
  withAbsoluteModules(tinyConfig({ fusion: { use, config: { times: 2 } } }, training), at('config.json'));

describe('modulesOf', () => {
  it('runs no code that nobody vouches for', async () => {
    await expect(modulesOf(configOf('./fusion.mjs'), { trust: false })).rejects.toThrow(
      `model.fusion.use: names the module ${at('fusion.mjs')}, whose code would run; pass trust: true if you trust it`,
    );
    expect(existsSync(at('ran'))).toBe(false);
  });

  it('gives the table by which a program loads a run', async () => {
    const run = new RunFolder(at('run'));
    const tokenizer = new Tokenizer(TINY_WORDS);
    const config = configOf('./fusion.mjs');
    const model = buildModel(config.model, TINY_SIZES, await modulesOf(config, { trust: true }));
    run.prepare();
    run.writeStart(config, tokenizer, {});
    run.writeWeights(model, tokenizer);
    run.release();

    expect(() => loadRun(at('run'))).toThrow(
      new RegExp(
        `^model.fusion.use: expected one of bca, mean, .*, found "${at('fusion.mjs')}"; ` +
          'a module by path has to be in the table: see modulesOf$',
      ),
    );
    const loaded = loadRun(at('run'), await modulesOf(run.readConfig(), { trust: true }));
    const { study } = tinyBatch();
    const read = (raca: typeof model) => {
      const encoded = raca.encode(study, EVALUATION);
      const { memory } = raca.read(encoded, raca.locate(encoded), EVALUATION);
      return [encoded.features.patches, memory.tokens].map((x) => [...x.dataSync()]);
    };
    const [patches, memory] = read(loaded.model);
    expect(memory).toEqual(patches.map((x) => 2 * x));
    expect(read(model)).toEqual([patches, memory]);
    loaded.model.dispose();
    model.dispose();
  });

  it('says in one line what a file lacks', async () => {
    await expect(modulesOf(configOf('./nothing.mjs'), { trust: true })).rejects.toThrow(
      `model.fusion.use: ${at('nothing.mjs')}: expected a factory as default export, found undefined`,
    );
    await expect(modulesOf(configOf('./broken.mjs'), { trust: true })).rejects.toThrow(
      new Error(`model.fusion.use: ${at('broken.mjs')}: no`),
    );
  });
});

it('ownScoresOf gives metrics and rewards by path', async () => {
  const config = configOf('bca', { agentReward: [{ use: './reward.mjs' }] });
  await expect(ownScoresOf(config, { trust: false })).rejects.toThrow(/^training\.agentReward\.use: names/);
  const { [at('reward.mjs')]: reward } = await ownScoresOf(config, { trust: true });
  expect((reward as (a: string[], b: string[]) => number[])(['a'], ['four'])).toEqual([4]);
});
