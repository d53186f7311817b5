#!/usr/bin/env node
/**
 * One workload at full size, as a program of its own, so that its memory is its own:
 *   node bench/ours.mjs train|train-ppo|train-long|generate|generate-batch|resnet [--runs 5] [--threads 2] [--backend native] [sizes]
 * Prints one JSON line: median seconds, what one unit of work is, peak memory. Weights and inputs are random: only
 * time counts. `main.mjs` runs it beside the yardstick. Sizes: --batch 16 --patches 98 --vocabulary 760 --tokens 60.
 */
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-layers';
import { loadGraphCompiler, useBackend } from '@raca/backend/node';
import { Random, unknownViews } from '@raca/core';
import { buildModel, fullConfig, parseRunConfig, Trainer, writeReports } from '@raca/pipeline';
import { resnet } from '@raca/vision';
import { compileBackbone } from '@raca/vision/node';
import * as tf from '@tensorflow/tfjs-core';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'native' },
    batch: { type: 'string', default: '16' },
    patches: { type: 'string', default: '98' },
    vocabulary: { type: 'string', default: '760' },
    tokens: { type: 'string', default: '60' },
  },
});
const [runs, threads, b, p, words, t] = [
  flags.runs,
  flags.threads,
  flags.batch,
  flags.patches,
  flags.vocabulary,
  flags.tokens,
].map(Number);
const [VIEWS, FEATURE_WIDTH, BEAM] = [2, 2048, 3];
const random = new Random(1);
const backend = await useBackend({ prefer: [flags.backend], threads });

const WORKLOADS = {
  train: {
    unit: `step, batch ${b}, cached features, ${p} patches, ${t} tokens, agent acts`,
    run: training(false),
  },
  'train-ppo': {
    unit: `step, batch ${b}, cached features, ${p} patches, ${t} tokens, agent acts and learns`,
    run: training(true),
  },
  'train-long': { unit: 'memory after 20 and after 200 steps of train-ppo', run: memory },
  generate: { unit: `report of ${t} tokens, beam ${BEAM}`, run: generation(1) },
  resnet: { unit: '8 images 224x224 through ResNet-101, forward', run: backbone },
  'generate-batch': {
    unit: `report of ${t} tokens, beam ${BEAM}, ${b} studies together`,
    run: generation(b),
  },
};

const [name = 'train'] = positionals;
if (!Object.hasOwn(WORKLOADS, name)) {
  console.error(`bench: expected one of ${Object.keys(WORKLOADS).join(', ')}, found ${name}`);
  process.exit(2);
}
const { unit, run } = WORKLOADS[name];
const { seconds, ...more } = await run();
const line = { engine: `raca ${backend.name}`, threads, workload: name, unit, seconds, ...more };
console.log(JSON.stringify({ ...line, peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024) }));

/** The paper's sizes, reading stored features. */
function model(withPpo) {
  const { model, training } = fullConfig();
  const config = parseRunConfig({
    model: {
      ...model,
      backbone: null,
      grid: { rows: 7, cols: p / VIEWS / 7 },
      maxLength: t,
      vision: { ...model.vision, config: { ...model.vision.config, inputWidth: FEATURE_WIDTH } },
    },
    // Acting once in a while only is not what the yardstick does: it acts in every step and never learns.
    training: { ...training, agentEvery: 1, ...(withPpo ? {} : { agentBaseline: false }) },
  });
  const built = buildModel(config.model, {
    vocabularySize: words + 1,
    separator: 1,
    seed: 1,
    weights: 'loaded',
  });
  for (const [name, weight] of built.parameters) {
    if (/gamma$/.test(name)) weight.assign(tf.ones(weight.shape));
    if (!/weight$/.test(name)) continue;
    const scale = 1 / Math.sqrt(weight.shape[0]);
    const values = Float32Array.from({ length: weight.size }, () => scale * random.normal());
    weight.assign(tf.tensor(values, weight.shape));
  }
  return { config, built };
}

/** n studies of stored features. */
function studies(n) {
  const size = n * p * FEATURE_WIDTH;
  const values = Float32Array.from({ length: size }, () => random.next());
  const features = {
    patches: tf.tensor3d(values, [n, p, FEATURE_WIDTH]),
    grid: { views: VIEWS, rows: 7, cols: p / VIEWS / 7 },
  };
  return { views: { input: { features }, kinds: unknownViews(n, VIEWS) } };
}

function training(withPpo) {
  return () => medianOf(trainStep(withPpo));
}

/** Resident memory must not grow from step to step. */
async function memory() {
  const step = trainStep(true);
  const start = performance.now();
  const marks = {};
  for (let i = 1; i <= 200; i++) {
    step();
    if (i === 20 || i === 200) marks[`megabytesAfter${i}`] = Math.round(process.memoryUsage().rss / 2 ** 20);
  }
  return { seconds: (performance.now() - start) / 200 / 1000, ...marks };
}

/** A function that trains for one step on one batch. */
function trainStep(withPpo) {
  const { config, built } = model(withPpo);
  const ids = Int32Array.from({ length: b * t }, (_, i) =>
    i % t === 0 ? 0 : i % 10 === 9 ? 1 : 2 + random.int(words - 1),
  );
  const sentenceRegions = Array.from({ length: b }, () =>
    Array.from({ length: 6 }, () =>
      Array.from({ length: 12 }, (_, r) => r).filter(() => random.next() < 0.2),
    ),
  );
  if (!withPpo) built.parts.agent.learn = () => ({});
  const trainer = new Trainer(built, config.training, (tokens) => Array.from(tokens).join(' '));
  const batch = { study: studies(b), tokens: { ids, shape: [b, t] }, sentenceRegions };
  return () => trainer.trainStep(batch, 0);
}

function generation(n) {
  return async () => {
    const { built } = model(false);
    const bias = built.parameters.get('decoder.output.bias');
    bias.assign(tf.tensor1d(Float32Array.from({ length: words + 1 }, (_, i) => (i === 0 ? -1e9 : 0)))); // full length: equal work
    const study = studies(n);
    const options = { search: 'beam', beam: BEAM, trigramPenalty: false, maxLength: t };
    const found = await medianOf(async () => {
      const written = await writeReports(built, study, options);
      if (written.tokens.some((report) => report.length !== t))
        throw new Error('bench: a report ended early');
      written.dispose();
    });
    return { ...found, seconds: found.seconds / n };
  };
}

/** The frozen backbone as one program, as `raca extract` runs it. */
async function backbone() {
  const made = resnet({ depth: 101, frozen: true }, new Random(1, new Set())); // none are drawn: set below
  for (const [name, weight] of made.parameters) {
    const fan = weight.shape.slice(0, -1).reduce((x, y) => x * y, 1);
    const value =
      weight.rank === 4
        ? () => Math.sqrt(2 / fan) * random.normal()
        : () => (/var|weight/.test(name) ? 1 : 0);
    weight.assign(tf.tensor(Float32Array.from({ length: weight.size }, value), weight.shape));
  }
  const compiled = compileBackbone(made, await loadGraphCompiler({ threads }));
  const data = Float32Array.from({ length: 8 * 224 * 224 * 3 }, () => random.next());
  return medianOf(() => compiled.run({ shape: [8, 224, 224, 3], data }));
}

/** Median of `runs` after warming up: once, and for a second at least, while the JavaScript engine still compiles. */
async function medianOf(run) {
  const from = performance.now();
  do await run();
  while (performance.now() - from < 1000);
  const times = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  times.sort((x, y) => x - y);
  return { seconds: times[times.length >> 1], least: times[0] };
}
