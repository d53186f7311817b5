// Ends commands at random moments and calls them again: nothing complete may be lost, and the end must be the same.
//   node scripts/faults.mjs [--moments 100] [--seed 1] [--jobs train,import,…]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './run.mjs';

const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string' },
  },
});
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT'];
const command = join(root, 'packages/cli/dist/raca.js');
const place = mkdtempSync(join(tmpdir(), 'raca-faults-'));
const data = join(place, 'phantom');
const model = join(place, 'model');
const config = join(place, 'config.json');
const random = generator(Number(values.seed));
const server = await languageModel();

/** What is tried: arguments for a folder, and what of the result must be equal byte for byte. */
const JOBS = {
  train: {
    argv: (dir) => [
      'train',
      '--data',
      data,
      '--out',
      join(dir, 'run'),
      '--config',
      config,
      '--save-every',
      '3',
      '--resume',
    ],
    result: (dir) => hashes(join(dir, 'run'), ['run.json']),
  },
  import: {
    argv: (dir) => ['data', 'import', 'iu-xray', '--from', join(place, 'source'), '--out', join(dir, 'set')],
    result: (dir) => hashes(join(dir, 'set')),
  },
  overwrite: {
    prepare: (dir) => cpSync(join(place, 'imported'), join(dir, 'set'), { recursive: true }),
    argv: (dir) => [
      'data',
      'import',
      'iu-xray',
      '--from',
      join(place, 'source'),
      '--out',
      join(dir, 'set'),
      '--seed',
      '7',
      '--overwrite',
    ],
    // at every moment there is a whole data set, the old or the new one, after the next call at the latest
    whole: (dir) =>
      isWhole(join(dir, 'set')) ||
      readdirSync(dir).some((name) => name.endsWith('.old') && isWhole(join(dir, name))),
    result: (dir) => hashes(join(dir, 'set')),
  },
  phantom: {
    argv: (dir) => [
      'data',
      'phantom',
      '--out',
      join(dir, 'set'),
      '--train',
      '40',
      '--val',
      '4',
      '--test',
      '4',
      '--size',
      '64',
      '--seed',
      '3',
    ],
    result: (dir) => hashes(join(dir, 'set')),
  },
  annotate: {
    prepare: (dir) => cpSync(data, join(dir, 'set'), { recursive: true }),
    argv: (dir) => [
      'annotate',
      '--data',
      join(dir, 'set'),
      '--again',
      '--provider',
      'openai',
      '--base-url',
      server.url,
      '--model',
      'made-up',
      '--batch',
      '2',
      '--concurrency',
      '2',
    ],
    whole: (dir) => isWhole(join(dir, 'set')),
    result: (dir) => hashes(join(dir, 'set'), ['annotate-cache.jsonl']),
  },
  extract: {
    argv: (dir) => [
      'extract',
      '--data',
      data,
      '--out',
      join(dir, 'features'),
      '--config',
      config,
      '--shard',
      '4',
    ],
    result: (dir) => hashes(join(dir, 'features')),
  },
  generate: {
    argv: (dir) => ['generate', '--run', model, '--data', data, '--out', join(dir, 'reports')],
    result: (dir) => hashes(join(dir, 'reports')),
  },
  ablate: {
    argv: (dir) => [
      'ablate',
      '--config',
      join(place, 'grid.json'),
      '--seeds',
      '1',
      '--out',
      join(dir, 'table'),
    ],
    result: (dir) => hashes(join(dir, 'table'), ['run.json', 'results.json', 'report.html', 'images.bin']),
  },
};

const names = values.jobs?.split(',') ?? Object.keys(JOBS);
const unknown = names.find((name) => !Object.hasOwn(JOBS, name));
if (unknown) {
  console.error(`faults: --jobs: expected some of ${Object.keys(JOBS).join(', ')}, found "${unknown}"`);
  process.exit(2);
}
let failures = 0;
try {
  await prepare();
  const wholes = new Map();
  for (const name of names) wholes.set(name, await uninterrupted(name));
  for (let i = 0; i < Number(values.moments); i++) await tryMoment(names[i % names.length], i, wholes);
} finally {
  server.close();
  rmSync(place, { recursive: true, force: true });
}
console.log(`${values.moments} moments, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

async function uninterrupted(name) {
  const dir = join(place, `whole-${name}`);
  mkdirSync(dir);
  JOBS[name].prepare?.(dir);
  const start = performance.now();
  const { code, stderr } = await live(JOBS[name].argv(dir));
  if (code !== 0) throw new Error(`${name}: expected exit code 0 without a fault, found ${code}: ${stderr}`);
  return { milliseconds: performance.now() - start, result: JSON.stringify(JOBS[name].result(dir)) };
}

async function tryMoment(name, i, wholes) {
  const { milliseconds, result } = wholes.get(name);
  const dir = join(place, `moment-${i}`);
  const signal = SIGNALS[Math.floor(random() * SIGNALS.length)];
  let after = random() * milliseconds;
  const said = [];
  let first;
  for (let tries = 0; tries < 4 && (tries === 0 || first.ended); tries++) {
    if (tries > 0) after /= 2; // it was over already
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir);
    JOBS[name].prepare?.(dir);
    first = await live(JOBS[name].argv(dir), signal, after);
  }
  if (/^ {4}at /m.test(first.stderr)) said.push(`a stack trace: ${first.stderr}`);
  if (JOBS[name].whole && !JOBS[name].whole(dir)) said.push('no whole folder is left');
  const second = await live(JOBS[name].argv(dir));
  if (second.code !== 0)
    said.push(`the same call ends with ${second.code}: ${second.stderr.trim().split('\n').at(-1)}`);
  else if (JSON.stringify(JOBS[name].result(dir)) !== result)
    said.push('the result differs from that without a fault');
  const left = readdirSync(dir, { recursive: true }).filter((file) =>
    /\.(tmp|old|partial|lock)$|\.import$/.test(String(file)),
  );
  if (left.length > 0) said.push(`left behind: ${left.join(', ')}`);
  const how = first.ended ? 'after its end' : `by ${signal} after ${(after / 1000).toFixed(2)} s`;
  console.log(
    `${said.length ? 'FAILED' : 'ok'} ${name}, ended ${how}${said.map((line) => `; ${line}`).join('')}`,
  );
  if (said.length > 0) failures++;
  else rmSync(dir, { recursive: true, force: true });
}

/** Runs a command, ended by a signal after some time; `ended`: it was over before. */
function live(argv, signal, after) {
  return new Promise((resolve, reject) => {
    const compute = argv[0] === 'data' || argv[0] === 'annotate' ? [] : ['--backend', 'wasm'];
    const child = spawn(process.execPath, [command, ...argv, ...compute], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const timer = signal && setTimeout(() => child.kill(signal), after);
    child.on('error', reject);
    child.on('close', (code, by) => {
      clearTimeout(timer);
      resolve({ code, stderr, ended: by === null && code === 0 });
    });
  });
}

async function prepare() {
  const layers = { heads: 2, feedForward: 16, layers: 1 };
  const small = {
    model: {
      width: 16,
      imageSize: 32,
      views: 2,
      grid: { rows: 4, cols: 4 },
      maxLength: 20,
      backbone: { use: 'small-cnn', config: { channels: [4, 8, 8] } },
      vision: { use: 'visual-transformer', config: layers },
      agent: { use: 'raca', config: { hidden: 8 } },
      alignment: { use: 'contrastive', config: { ...layers, projection: 8 } },
      fusion: { use: 'bca', config: { attentionWidth: 4 } },
      decoder: { use: 'transformer', config: layers },
    },
    training: { epochs: 3, batchSize: 4, agentEvery: 2, augmentation: { shortSide: 36 } },
  };
  writeFileSync(config, JSON.stringify(small));
  writeFileSync(
    join(place, 'grid.json'),
    JSON.stringify({
      base: small,
      data,
      rows: { whole: {}, plain: { model: { agent: null, alignment: null, fusion: null } } },
    }),
  );
  const drawn = ['--train', '24', '--val', '6', '--test', '6', '--size', '32', '--seed', '7'];
  for (const argv of [
    ['data', 'phantom', '--out', data, ...drawn],
    ['train', '--data', data, '--out', model, '--config', config, '--epochs', '1'],
  ]) {
    const { code, stderr } = await live(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
  // a source to import from: the phantom as R2Gen's archive
  cpSync(data, join(place, 'source'), {
    recursive: true,
    filter: (path) => !/manifest\.json|regions\.json/.test(path),
  });
  const { code, stderr } = await live([
    'data',
    'import',
    'iu-xray',
    '--from',
    join(place, 'source'),
    '--out',
    join(place, 'imported'),
  ]);
  if (code !== 0) throw new Error(`import: ${stderr}`);
}

/** sha256 of every file below a folder by name, less files of these names. */
function hashes(dir, less = []) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !less.includes(entry.name))
    .map(({ parentPath, name }) => [
      join(parentPath, name).slice(dir.length),
      createHash('sha256')
        .update(withoutPlaces(readFileSync(join(parentPath, name)), dir))
        .digest('hex'),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Texts name the folder that they lie in; it is another one in each try. */
function withoutPlaces(bytes, dir) {
  return bytes.includes(dir) ? bytes.toString('latin1').replaceAll(dir, '') : bytes;
}

function isWhole(dir) {
  try {
    const { train, val, test } = JSON.parse(readFileSync(join(dir, 'annotation.json'), 'utf8'));
    return [...train, ...val, ...test].every(({ image_path }) =>
      image_path.every((path) => existsSync(join(dir, 'images', path))),
    );
  } catch {
    return false;
  }
}

/** A chat server on this machine that knows one answer. */
async function languageModel() {
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const { messages } = JSON.parse(body);
      const asked = messages
        .at(-1)
        .content.split('\n')
        .filter((line) => /^\d+\. /.test(line));
      const sentences = asked.map((line, i) => ({
        n: i + 1,
        regions: line.includes('heart') ? ['Heart'] : [],
      }));
      const content = JSON.stringify({ sentences });
      setTimeout(() => response.end(JSON.stringify({ choices: [{ message: { content } }] })), 5);
    });
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}/v1`,
    close: () => {
      listener.closeAllConnections();
      listener.close();
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed (Mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
