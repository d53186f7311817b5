import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, type HostileCase, type Place } from './case';

const train = ({ data, here }: Place, config: string): string[] => [
  'train',
  '--data',
  data,
  '--out',
  `${here}/out`,
  '--backend',
  'wasm',
  '--config',
  config,
];
/** A config of this text. */
const config =
  (text: string | (() => string), name = 'mine.yaml') =>
  (place: Place): string[] =>
    train(place, place.put(name, typeof text === 'string' ? text : text()));
/** The run's config with changes. */
const changed =
  // biome-ignore lint/suspicious/noExplicitAny: JSON that is broken on purpose
  (edit: (value: any) => void) => (place: Place) => {
    const value = JSON.parse(readFileSync(place.config, 'utf8'));
    edit(value);
    return train(place, place.put('mine.json', JSON.stringify(value)));
  };
const sizes = (name: string, value: unknown): HostileCase => [
  `a model whose ${name} is ${JSON.stringify(value)}`,
  changed(({ model }) => {
    model[name] = value;
  }),
  new RegExp(`mine\\.json: model\\.${name}`),
];

const billion = ['a: &a [x,x,x,x,x,x,x,x,x]'];
for (const [before, name] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi'].map((pair) => [...pair]))
  billion.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join()}]`);

export const CONFIGS: readonly HostileCase[] = [
  ['an empty config', config(''), /mine\.yaml: /],
  [
    'a config of 60,000 keys',
    config(() => Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n')),
    /mine\.yaml: /,
  ],
  ['a config whose references multiply', config(billion.join('\n')), /mine\.yaml: /],
  ['a config of 50,000 lists inside one another', config('['.repeat(50_000)), /mine\.yaml: /],
  [
    'a config of 20,000 levels of indentation',
    config(() => Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
    /mine\.yaml: /,
  ],
  [
    'a config with code behind a tag',
    config('model: !!js/function "function () { process.exit(0) }"'),
    /mine\.yaml: /,
  ],
  [
    'a config that names the prototype',
    config('{"__proto__": {"model": 1}, "constructor": 2}', 'mine.json'),
    /mine\.json: /,
  ],
  ['a config with a key twice', config('model: {}\nmodel: {}'), /mine\.yaml: /],
  ['a config of 40 MB', config(() => `# ${'x'.repeat(40e6)}\nmodel: {}`), /mine\.yaml: /],
  [
    'a config that is a pipe',
    (place) => after(spawnSync('mkfifo', [place.at('x.yaml')]), train(place, place.at('x.yaml'))),
    /x\.yaml: .*(pipe|file)/,
  ],
  ['a config that is a folder', (place) => train(place, place.here), /: .*folder/],
  sizes('width', 1e12),
  sizes('width', 2 ** 24),
  sizes('imageSize', 1e7),
  sizes('views', 1e6),
  sizes('maxLength', 1e9),
  sizes('grid', { rows: 1e6, cols: 1e6 }),
  [
    'a batch of a billion studies',
    changed(({ training }) => {
      training.batchSize = 1e9;
    }),
    /training\.batchSize/,
  ],
  [
    'a decoder of a million layers',
    changed(({ model }) => {
      model.decoder.config.layers = 1e6;
    }),
    /decoder.*layers/,
  ],
  [
    'a feed-forward part of a billion',
    changed(({ model }) => {
      model.decoder.config.feedForward = 1e9;
    }),
    /decoder.*feedForward/,
  ],
  [
    'a network of a million channels',
    changed(({ model }) => {
      model.backbone.config.channels = [1e6, 1e6, 1e6];
    }),
    /backbone.*channels/,
  ],
  [
    'a beam of a million',
    changed(({ training }) => {
      training.generation = { beam: 1e6 };
    }),
    /training\.generation\.beam/,
  ],
  [
    'a module that is no file',
    changed(({ model }) => {
      model.fusion = { use: './none.mjs' };
    }),
    /model\.fusion\.use: .*none\.mjs/,
  ],
  [
    'a module named after a property of objects',
    changed(({ model }) => {
      model.fusion = { use: 'constructor' };
    }),
    /model\.fusion\.use: expected one of/,
  ],
  [
    'a module by the address of a server',
    changed(({ model }) => {
      model.fusion = { use: 'https://example.com/x.mjs' };
    }),
    /model\.fusion\.use: expected one of/,
  ],
  [
    'a module written into its name',
    changed(({ model }) => {
      model.fusion = { use: 'data:text/javascript,process.exit(0)' };
    }),
    /model\.fusion\.use: expected one of/,
  ],
  [
    'a package of Node as a module',
    changed(({ model }) => {
      model.fusion = { use: 'node:child_process' };
    }),
    /model\.fusion\.use: expected one of/,
  ],
];
