import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@raca/backend/node';
import { main as raca } from '@raca/cli';
import { assignValues, EVALUATION, Random } from '@raca/core';
import { checkFusion, featuresOf } from '@raca/core/testing';
import { makePhantom } from '@raca/data/node';
import { buildModel, MODULES, smallConfig } from '@raca/pipeline';
import { loadRun } from '@raca/pipeline/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import gatedFusion from './gated-fusion.mjs';

const here = dirname(fileURLToPath(import.meta.url));

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
});

describe('gatedFusion', () => {
  it.each([true, false])('keeps the contract of a fusion, perChannel %s', (perChannel) => {
    const passed = checkFusion((width, random) => gatedFusion({ perChannel }, { width }, random));
    expect(passed).toContain('batched = single');
  });

  it('equals values worked by hand', () => {
    const fusion = gatedFusion({}, { width: 1 }, new Random(1));
    for (const variable of fusion.parameters.values())
      assignValues(variable, new Float32Array(variable.size)); // gate = σ(0) = 1/2
    const patches = tf.tensor3d([2, 4, 6], [1, 3, 1]);
    // region 0 selects patches 0, 1 (mean 3); region 1 patch 1 (mean 4); patch 2 belongs to none
    const masks = tf.tensor3d([1, 1, 0, 0, 1, 0], [1, 2, 3]);
    const input = { features: featuresOf(patches), masks, context: null };
    const fused = fusion.fuse(input, EVALUATION).tokens;
    tf.test_util.expectArraysClose(fused.dataSync(), [2 + 3 / 2, 4 + (3 + 4) / 2 / 2, 6]);
    tf.dispose([patches, masks, fused]);
    fusion.dispose();
  });

  it('refuses an option it does not have', () => {
    expect(() => gatedFusion({ gates: 2 } as object, { width: 4 }, new Random(1))).toThrow(/gates/);
  });
});

describe('swapping', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swap-a-module-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes the module from a table', () => {
    const { model: config } = smallConfig();
    const model = buildModel(
      { ...config, fusion: { use: 'gated', config: { perChannel: false } } },
      { vocabularySize: 20, separator: 1, seed: 1 },
      { ...MODULES, fusion: { ...MODULES.fusion, gated: gatedFusion } },
    );
    expect(model.parameters.get('fusion.gate.weight')?.shape).toEqual([2 * config.width, 1]);
    model.dispose();
  });

  it('takes the module from a path in a config file, trains it and finds it again', async () => {
    const data = join(folder, 'phantom');
    const out = join(folder, 'run');
    await makePhantom({ out: data, train: 20, val: 4, test: 0, seed: 3, workers: 0 });
    vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const flags = ['--data', data, '--out', out, '--config', join(here, 'gated.yaml'), '--epochs', '1'];
    expect(await raca(['train', ...flags, '--backend', 'wasm'])).toBe(0);
    vi.restoreAllMocks();
    const { modules } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(modules.fusion).toMatchObject({ package: 'gated-fusion', name: 'gated' });
    const { use } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).model.fusion;
    const path = resolve(out, use); // a run names modules relative to itself
    const loaded = loadRun(out, { ...MODULES, fusion: { [path]: gatedFusion } as typeof MODULES.fusion });
    expect(loaded.model.parts.fusion?.info.name).toBe('gated');
    loaded.model.dispose();
  });
});
