import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@raca/backend/node';
import { makePhantom, openDataset } from '@raca/data/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRunConfig } from '../config';
import { fileHash } from './run-folder';
import { train } from './train';

const work = mkdtempSync(join(tmpdir(), 'raca-guidance-'));
const at = (name: string): string => join(work, name);
const layers = { heads: 2, feedForward: 16, layers: 1, dropout: 0.1 };
const config = (training: object = {}) =>
  parseRunConfig({
    model: {
      width: 8,
      imageSize: 32,
      views: 2,
      grid: { rows: 4, cols: 4 },
      maxLength: 20,
      backbone: { use: 'small-cnn', config: { channels: [2, 4, 4] } },
      vision: { use: 'visual-transformer', config: { ...layers, patchDropout: 0.1 } },
      agent: null,
      alignment: null,
      fusion: null,
      decoder: { use: 'transformer', config: layers },
    },
    training: { epochs: 1, batchSize: 4, wordThreshold: 1, learningRates: { rest: 3e-3 }, ...training },
  });
/** The phantom, one report of which compares with an earlier study. */
function dataset() {
  const opened = openDataset(at('phantom'));
  const [first, ...others] = opened.annotation.train;
  const compares = { ...first, report: `There is no interval change . ${first.report}` };
  return { ...opened, annotation: { ...opened.annotation, train: [compares, ...others] } };
}
const run = (out: string, training: object, more: object = {}) =>
  train({
    dataset: dataset(),
    out: at(out),
    config: config(training),
    init: at('base'),
    ...more,
  });

beforeAll(async () => {
  await useBackend({ prefer: ['wasm'] });
  const size = { train: 12, val: 3, test: 3, size: 32, seed: 7, rows: 4, cols: 4, workers: 1 };
  await makePhantom({ out: at('phantom'), ...size });
  await train({ dataset: dataset(), out: at('base'), config: config() });
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

const STAGES = {
  'edit-grpo': { selfCritical: { reward: 'sentence-bleu', objective: 'edit-grpo', samples: 2 } },
  'kto on prior lines': { preference: { objective: 'kto', pairs: 'prior-lines' } },
  'dpo on nearest reports': { preference: { objective: 'dpo', pairs: 'nearest' } },
  'simpo on a constant report': { preference: { objective: 'simpo', pairs: 'constant' } },
};

it.each(Object.entries(STAGES))(
  '%s, broken off and resumed, ends with the same weights',
  async (name, stage) => {
    const training = { ...stage, epochs: 2 };
    await run(`${name} whole`, training);
    const stop = new AbortController();
    const cut = await run(`${name} cut`, training, {
      signal: stop.signal,
      onEvent: (event: { kind: string; step?: number }) => {
        if (event.kind === 'step' && event.step === 4) stop.abort(); // within the second epoch
      },
    });
    expect(cut.interrupted).toBe(true);
    const { state, run: folder } = await run(`${name} cut`, training, { resume: true, init: undefined });
    expect(state.step).toBe(6);
    expect(fileHash(folder.path('optimizer.safetensors'))).toBe(
      fileHash(at(`${name} whole/optimizer.safetensors`)),
    );
    const [line] = folder.readMetrics().filter(({ kind }) => kind === 'train');
    expect(line).toHaveProperty('preference' in stage ? 'preference' : 'selfCritical');
  },
  120_000,
);

it('asks for a run to start from where there is a reference', async () => {
  await expect(run('alone', STAGES['edit-grpo'], { init: undefined })).rejects.toThrow(
    /training\.selfCritical\.klWeight: expected a run to start from/,
  );
});
