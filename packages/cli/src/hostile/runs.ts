import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type HostileCase, type Place } from './case';

const evaluate = ({ run, data }: Place): string[] => [
  'evaluate',
  '--run',
  run,
  '--data',
  data,
  '--backend',
  'wasm',
];
const resume = ({ run, data }: Place): string[] => [
  'train',
  '--data',
  data,
  '--out',
  run,
  '--resume',
  '--backend',
  'wasm',
  '--epochs',
  '2',
];
const init = ({ run, data, here }: Place): string[] => [
  'train',
  '--data',
  data,
  '--out',
  join(here, 'out'),
  '--init',
  run,
  '--backend',
  'wasm',
];

/** safetensors of this header and this many bytes of data. */
function safetensors(header: string, bytes = 64, length = Buffer.byteLength(header)): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([head, Buffer.from(header), Buffer.alloc(bytes)]);
}

const tensor = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

/** Weights of these bytes. */
const weights =
  (content: () => string | Uint8Array) =>
  (place: Place): string[] => {
    writeFileSync(join(place.run, 'weights.safetensors'), content());
    return evaluate(place);
  };
const file =
  (name: string, content: () => string | Uint8Array, command = evaluate) =>
  (place: Place): string[] => {
    writeFileSync(join(place.run, name), content());
    return command(place);
  };

/** A module of the stranger's that leaves a trace when it is run. */
function plant(place: Place, use: (path: string) => string): void {
  const trace = join(place.here, '..', 'ran');
  const path = place.put(
    'evil.mjs',
    `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(trace)}, 'x');\nexport default () => ({});\n`,
  );
  place.editRun('config.json', ({ model }) => {
    model.fusion = { use: use(path), config: {} };
  });
}

export const RUNS: readonly HostileCase[] = [
  [
    'a run whose config names a program, evaluated',
    (place) =>
      after(
        plant(place, (path) => path),
        evaluate(place),
      ),
    /evil\.mjs.*--trust-modules/,
  ],
  [
    'a run whose config names a program, resumed',
    (place) =>
      after(
        plant(place, (path) => path),
        resume(place),
      ),
    /evil\.mjs.*--trust-modules/,
  ],
  [
    'a run whose config names a program, to start from',
    (place) =>
      after(
        plant(place, (path) => path),
        init(place),
      ),
    /evil\.mjs.*--trust-modules/,
  ],
  [
    'a run whose config names a program beside it',
    (place) =>
      after(
        plant(place, () => '../evil.mjs'),
        evaluate(place),
      ),
    /evil\.mjs.*--trust-modules/,
  ],
  [
    'a run whose config names a program by URL',
    (place) =>
      after(
        plant(place, (path) => `file://${path}`),
        evaluate(place),
      ),
    /model\.fusion\.use/,
  ],
  ['weights of no bytes', weights(() => ''), /weights\.safetensors: /],
  ['weights that are text', weights(() => 'hello hello hello'), /weights\.safetensors: /],
  [
    'a header of 2^63 bytes',
    weights(() => Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), Buffer.alloc(99)])),
    /weights\.safetensors: /,
  ],
  ['a header longer than the file', weights(() => safetensors('{}', 0, 1e6)), /weights\.safetensors: /],
  ['a header that is a list', weights(() => safetensors('[]')), /weights\.safetensors: /],
  [
    'a header of 100,000 lists inside one another',
    weights(() => safetensors('['.repeat(100_000))),
    /weights\.safetensors: /,
  ],
  [
    'a tensor beyond the end',
    weights(() => safetensors(`{"a": ${tensor(0, 4096)}}`)),
    /weights\.safetensors: /,
  ],
  [
    'a tensor of negative size',
    weights(() => safetensors(`{"a": ${tensor(32, 0, [-8])}}`)),
    /weights\.safetensors: /,
  ],
  [
    'a tensor of 2^64 numbers',
    weights(() => safetensors(`{"a": ${tensor(0, 64, [2 ** 32, 2 ** 32])}}`)),
    /weights\.safetensors: /,
  ],
  [
    'a tensor of numbers nobody knows',
    weights(() => safetensors(`{"a": ${tensor(0, 64, [16], 'X99')}}`)),
    /weights\.safetensors: /,
  ],
  [
    'tensors that share bytes',
    weights(() => safetensors(`{"a": ${tensor(0, 64)}, "b": ${tensor(32, 64)}}`)),
    /weights\.safetensors: .*overlap|weights\.safetensors: /,
  ],
  [
    'a tensor that stands twice',
    weights(() => safetensors(`{"a": ${tensor(0, 32)}, "a": ${tensor(32, 64)}}`)),
    /weights\.safetensors: /,
  ],
  [
    'weights of another model',
    weights(() => safetensors(`{"a": ${tensor(0, 64)}}`)),
    /weights\.safetensors: /,
  ],
  [
    'weights cut in the middle',
    (place) => {
      const path = join(place.run, 'weights.safetensors');
      writeFileSync(path, readFileSync(path).subarray(0, 5000));
      return evaluate(place);
    },
    /weights\.safetensors: /,
  ],
  [
    'weights that are a pipe',
    (place) => {
      rmSync(join(place.run, 'weights.safetensors'));
      spawnSync('mkfifo', [join(place.run, 'weights.safetensors')]);
      return evaluate(place);
    },
    /weights\.safetensors: .*pipe/,
  ],
  [
    'weights that are a folder',
    (place) => {
      rmSync(join(place.run, 'weights.safetensors'));
      mkdirSync(join(place.run, 'weights.safetensors'));
      return evaluate(place);
    },
    /weights\.safetensors: .*folder/,
  ],
  [
    'a run folder that is a link to itself',
    (place) =>
      after(symlinkSync('loop', place.at('loop')), [
        'evaluate',
        '--run',
        place.at('loop'),
        '--data',
        place.data,
        '--backend',
        'wasm',
      ]),
    /loop/,
  ],
  ['a vocabulary that is an object', file('vocab.json', () => '{"__proto__": []}'), /vocab\.json: /],
  ['a vocabulary of numbers', file('vocab.json', () => '[1,2,3]'), /vocab\.json: /],
  ['a vocabulary with a word twice', file('vocab.json', () => '["a","a","<unk>"]'), /vocab\.json: /],
  [
    'a vocabulary of three million words',
    file('vocab.json', () => JSON.stringify(Array.from({ length: 3e6 }, (_, i) => `w${i}`))),
    /vocab\.json: /,
  ],
  ['a config that ends too soon', file('config.json', () => '{"model": {'), /config\.json: expected JSON/],
  [
    'a config of 100,000 objects inside one another',
    file('config.json', () => '{"a":'.repeat(100_000)),
    /config\.json: /,
  ],
  ['a config of another kind', file('config.json', () => '[]'), /config\.json: /],
  [
    'a config of enormous width',
    (place) =>
      after(
        place.editRun('config.json', ({ model }) => {
          model.width = 2 ** 30;
        }),
        evaluate(place),
      ),
    /config\.json: model\.width/,
  ],
  [
    'a resume point of another kind',
    file('optimizer.safetensors', () => safetensors('{"__metadata__": {"state": "7"}}'), resume),
    /optimizer\.safetensors: /,
  ],
  [
    'a resume point whose state is code',
    file(
      'optimizer.safetensors',
      () => safetensors('{"__metadata__": {"state": "process.exit(0)"}}'),
      resume,
    ),
    /optimizer\.safetensors: /,
  ],
  [
    'a run that another process works on',
    (place) =>
      after(
        writeFileSync(join(place.run, '.lock'), JSON.stringify({ pid: 1, host: 'elsewhere' })),
        resume(place),
      ),
    /a training by process 1 on elsewhere/,
  ],
];
