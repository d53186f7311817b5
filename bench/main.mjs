#!/usr/bin/env node
/**
 * RACA at full size beside a yardstick, in turns, one JSON line a workload:
 *   npm run bench -- [train train-ppo generate generate-batch resnet scaling] [--rounds 3] [--runs 5] [--threads 2]
 *                    [--yardstick FILE | --no-yardstick]
 * FILE is any program that takes names of workloads, --threads and --runs and prints lines {workload, unit, seconds};
 * without the option it is ../shared/bench/raca_torch.py where that is there and Python has torch.
 * `ratio` is ours / yardstick, from the medians over rounds; every round runs ours and the yardstick one after the other.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const TORCH = here('../../shared/bench/raca_torch.py');
/** Our workloads and the yardstick's they are compared with. */
const PAIRS = {
  train: 'train',
  'train-ppo': 'train',
  generate: 'generate',
  'generate-batch': 'generate',
  resnet: 'resnet',
};
/** One size changed at a time. */
const SCALES = [
  ['train', '--batch', ['4', '8', '16', '32']],
  ['train', '--patches', ['98', '196', '392']],
  ['train', '--vocabulary', ['760', '4000', '16000']],
  ['train', '--tokens', ['60', '100', '200']],
  ['generate', '--patches', ['98', '196', '392']],
  ['generate', '--vocabulary', ['760', '4000', '16000']],
  ['generate', '--tokens', ['60', '100', '200']],
  ['generate-batch', '--batch', ['1', '4', '16', '64']],
];

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    yardstick: { type: 'string' },
    'no-yardstick': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run bench -- [train train-ppo generate generate-batch resnet scaling] [--rounds 3] [--runs 5]',
  );
  console.log('                 [--threads 2] [--yardstick FILE | --no-yardstick]');
  process.exit(0);
}
const wanted = positionals.length > 0 ? positionals : Object.keys(PAIRS);
const unknown = wanted.find((name) => name !== 'scaling' && !Object.hasOwn(PAIRS, name));
if (unknown) fail(`expected workloads among ${Object.keys(PAIRS).join(', ')}, scaling, found ${unknown}`, 2);
const yardstick = flags['no-yardstick'] ? null : findYardstick();
if (!yardstick) console.error('bench: no yardstick: ours alone, without ratios');

for (const name of wanted.filter((name) => name !== 'scaling')) {
  const [own, other] = [[], []];
  for (let round = 0; round < Number(flags.rounds); round++) {
    own.push(ours(name));
    if (yardstick) other.push(run(yardstick[0], [...yardstick.slice(1), PAIRS[name], ...common()]));
  }
  const seconds = median(own.map((line) => line.seconds));
  const line = { ...own[0], seconds, rounds: own.map((x) => round4(x.seconds)) };
  line.peakMegabytes = Math.max(...own.map((x) => x.peakMegabytes));
  if (yardstick) {
    const theirs = median(other.map((x) => x.seconds));
    line.yardstick = {
      engine: other[0].engine,
      seconds: theirs,
      rounds: other.map((x) => round4(x.seconds)),
    };
    line.ratio = round4(seconds / theirs);
  }
  console.log(JSON.stringify(line));
}
if (wanted.includes('scaling')) {
  for (const [name, flag, sizes] of SCALES) {
    for (const size of sizes) {
      const { seconds, peakMegabytes } = ours(name, flag, size);
      console.log(JSON.stringify({ scaling: name, [flag.slice(2)]: Number(size), seconds, peakMegabytes }));
    }
  }
}

function ours(name, ...more) {
  return run(process.execPath, [here('ours.mjs'), name, ...common(), ...more]);
}

function common() {
  return ['--threads', flags.threads, '--runs', flags.runs];
}

/** Runs a program to its end; its last line is JSON. */
function run(program, args) {
  const env = { ...process.env, OMP_NUM_THREADS: flags.threads };
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env });
  if (status !== 0)
    fail(`${program} ${args.join(' ')}: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`, 1);
  const last = stdout.trim().split('\n').at(-1);
  try {
    const line = JSON.parse(last);
    if (!(line.seconds > 0)) throw new Error();
    return line;
  } catch {
    fail(
      `${program} ${args.join(' ')}: expected a last line of JSON with seconds > 0, found ${last.slice(0, 80)}`,
      1,
    );
  }
}

/** The program to compare with, or null. */
function findYardstick() {
  if (flags.yardstick) {
    if (!existsSync(flags.yardstick)) fail(`--yardstick: ${flags.yardstick} does not exist`, 2);
    return flags.yardstick.endsWith('.py') ? [python(), flags.yardstick] : [flags.yardstick];
  }
  if (!existsSync(TORCH)) return null;
  return python() && [python(), TORCH];
}

/** A Python that has torch: Debian's own, else the first of the path; null where neither has it. */
function python() {
  const has = (name) => spawnSync(name, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
  return ['/usr/bin/python3', 'python3'].find(has) ?? null;
}

function median(values) {
  return values.toSorted((x, y) => x - y)[values.length >> 1];
}

function round4(x) {
  return Number(x.toPrecision(4));
}

function fail(message, code) {
  console.error(`bench: ${message}`);
  process.exit(code);
}
