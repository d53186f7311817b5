import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors, toFloat32 } from '@raca/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { version } from '../package.json';
import { runCommand } from './testing/run-command';
import { jsonFile, smallPhantom, smallRunConfig } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-bad-'));
const phantom = join(root, 'phantom');
const trained = join(root, 'trained');
const given = jsonFile(join(root, 'config.json'), smallRunConfig({ epochs: 1, agentEvery: 10 }));

/** Fresh folders of each case, and what is put into them. */
let here: string;
let data: string;
let run: string;
let out: string;

const at = (name: string) => join(here, name);
const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(at(name), text);
  return at(name);
};

beforeAll(async () => {
  await smallPhantom(phantom);
  const args = ['--data', phantom, '--out', trained, '--config', given, '--backend', 'wasm'];
  const { code, errors } = await runCommand('train', ...args);
  expect(code, errors.join('\n')).toBe(0);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(() => {
  here = mkdtempSync(join(root, 'case-'));
  data = at('data');
  run = at('run');
  out = at('out');
  cpSync(trained, run, { recursive: true });
});
afterEach(() => rmSync(here, { recursive: true, force: true }));

/** sha256 of every file below a folder. */
function snapshot(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: JSON that tests break on purpose
type Json = any;

/** A copy of the data set with an edited annotation. */
const withAnnotation = (edit: (annotation: Json) => unknown): void => {
  cpSync(phantom, data, { recursive: true });
  const file = join(data, 'annotation.json');
  const annotation = JSON.parse(readFileSync(file, 'utf8'));
  const edited = edit(annotation);
  writeFileSync(file, typeof edited === 'string' ? edited : JSON.stringify(annotation));
};
/** Arranges something first. */
const after = (act: () => unknown, argv: () => string[]) => () => {
  act();
  return argv();
};
const onAnnotation = (edit: (annotation: Json) => unknown) =>
  after(
    () => withAnnotation(edit),
    () => trainOn(data),
  );
const copyData = () => cpSync(phantom, data, { recursive: true });
const runFile = (name: string) => join(run, name);
const withConfig = (edit: (config: Json) => void): string => {
  const config: Json = smallRunConfig({ epochs: 1 });
  edit(config);
  return jsonFile(at('mine.json'), config);
};
const firstImage = (folder: string) => {
  const { train } = JSON.parse(readFileSync(join(folder, 'annotation.json'), 'utf8'));
  return join(folder, 'images', train[0].image_path[0]);
};

const train = (...more: string[]) => ['train', '--out', out, '--backend', 'wasm', ...more];
const trainOn = (folder: string) => train('--data', folder, '--config', given);
const trainWith = (config: string) => train('--data', phantom, '--config', config);
const resume = (...more: string[]) => [
  'train',
  '--data',
  phantom,
  '--out',
  run,
  '--backend',
  'wasm',
  '--resume',
  ...more,
];
const generate = (...images: string[]) => [
  'generate',
  '--run',
  run,
  '--backend',
  'wasm',
  '--images',
  ...images,
];
const evaluate = (...more: string[]) => ['evaluate', '--run', run, '--backend', 'wasm', ...more];
const csv = (name: string, ...lines: string[]) => write(name, `${lines.join('\n')}\n`);
const score = (references: string, hypotheses: string, ...more: string[]) => [
  'score',
  '--references',
  references,
  '--hypotheses',
  hypotheses,
  ...more,
];
const good = () => csv('good.csv', 'id,report', 'a,clear lungs .', 'b,big heart .');

/** Name, what to run, what the one line says; exit code 1 unless told. */
type Case = [name: string, arrange: () => string[], says: RegExp, code?: 1 | 2];

const DATA: Case[] = [
  ['a missing folder', () => trainOn(data), /data: expected a data set folder, found nothing/],
  [
    'an empty folder',
    after(
      () => mkdirSync(data),
      () => trainOn(data),
    ),
    /annotation\.json: expected .*found nothing/,
  ],
  [
    'a file instead of a folder',
    () => trainOn(write('data', 'x')),
    /expected a data set folder, found a file/,
  ],
  [
    'an annotation that is not JSON',
    onAnnotation(() => '{"train": [\n\n'),
    /annotation\.json: expected JSON, found /,
  ],
  [
    'an annotation of the wrong type',
    onAnnotation((a) => {
      a.train = { 0: a.train[0] };
    }),
    /annotation\.json: train: expected array, found an object/,
  ],
  [
    'a report that is a number',
    onAnnotation((a) => {
      a.train[3].report = 5;
    }),
    /annotation\.json: train\[3\]\.report: expected string, found 5/,
  ],
  [
    'an id that stands twice',
    onAnnotation((a) => {
      a.test[1].id = a.train[0].id;
    }),
    /annotation\.json: test\[1\]\.id: expected ids used once, found "phantom-train-00000" also at train\[0\]/,
  ],
  [
    'an image that is not there',
    onAnnotation((a) => {
      a.val[2].image_path[1] = 'no/1.png';
    }),
    /annotation\.json: expected an image file, found nothing at val\[2\]\.image_path\[1\]/,
  ],
  [
    'an image outside the folder',
    onAnnotation((a) => {
      a.val[2].image_path[1] = '../../x.png';
    }),
    /annotation\.json: val\[2\]\.image_path\[1\]: expected a path below images\//,
  ],
  [
    'a study without images',
    onAnnotation((a) => {
      a.train[5].image_path = [];
    }),
    /annotation\.json: train\[5\]\.image_path: expected at least one image/,
  ],
  [
    'an empty report',
    onAnnotation((a) => {
      a.train[5].report = '  ';
    }),
    /annotation\.json: train\[5\]\.report: expected a report that is not empty/,
  ],
  [
    'no training studies',
    onAnnotation((a) => {
      a.train = [];
    }),
    /annotation\.json: train: expected at least one study, found none/,
  ],
  [
    'no validation studies',
    onAnnotation((a) => {
      a.val = [];
    }),
    /annotation\.json: val: expected at least one study, found none/,
  ],
  [
    'no test studies',
    after(
      () =>
        withAnnotation((a) => {
          a.test = [];
        }),
      () => evaluate('--data', data),
    ),
    /annotation\.json: test: expected at least one study, found none/,
  ],
  [
    'a truncated image in training',
    () => {
      copyData();
      truncateSync(firstImage(data), 200);
      return [...trainOn(data), '--strict'];
    },
    /images\/.*\.png: expected a readable image \(.*\), found: /,
  ],
  [
    'a manifest of the wrong type',
    () => {
      copyData();
      writeFileSync(join(data, 'manifest.json'), '[]');
      return trainOn(data);
    },
    /manifest\.json: top level: expected object, found an array/,
  ],
  [
    'a check of a missing folder',
    () => ['data', 'check', data],
    /data\/annotation\.json: expected .*found nothing/,
  ],
  [
    'a phantom in place of something else',
    () => {
      mkdirSync(out);
      write('out/mine.txt', 'x');
      return ['data', 'phantom', '--out', out];
    },
    /out: expected /,
  ],
];

const CONFIG: Case[] = [
  [
    'an unknown field',
    () =>
      trainWith(
        withConfig((c) => {
          c.training.epoch = 3;
        }),
      ),
    /mine\.json: training: Unrecognized key: "epoch"/,
  ],
  [
    'a wrong type',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.width = '16';
        }),
      ),
    /mine\.json: model\.width: .*expected number, received string/,
  ],
  [
    'an unknown module',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.fusion.use = 'bac';
        }),
      ),
    /model\.fusion\.use: expected one of bca, mean, .*, found "bac"/,
  ],
  [
    'an option that the module refuses',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.fusion.config = { width: 'x' };
        }),
      ),
    /model\.fusion \(bca\): width: .*expected number, received string/,
  ],
  [
    'heads that do not divide the width',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.decoder.config = { heads: 3 };
        }),
      ),
    /model\.decoder \(transformer\): heads: heads must divide width/,
  ],
  [
    'a module that is not there',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.fusion.use = './none.mjs';
        }),
      ),
    /model\.fusion\.use: .*none\.mjs/,
  ],
  [
    'a module without default export',
    () => {
      write('bare.mjs', 'export const fusion = 1;');
      return trainWith(
        withConfig((c) => {
          c.model.fusion.use = './bare.mjs';
        }),
      );
    },
    /model\.fusion\.use: .*bare\.mjs: expected a factory as default export, found undefined/,
  ],
  [
    'a factory that makes no module',
    () => {
      write('none.mjs', 'export default () => 5;');
      return trainWith(
        withConfig((c) => {
          c.model.fusion.use = './none.mjs';
        }),
      );
    },
    /model\.fusion \(.*none\.mjs\): expected a factory that returns a module .*found number/,
  ],
  [
    'a grid that the backbone does not give',
    () =>
      trainWith(
        withConfig((c) => {
          c.model.grid.rows = 7;
        }),
      ),
    /grid/,
  ],
  [
    'a crop larger than the image',
    () =>
      trainWith(
        withConfig((c) => {
          c.training.augmentation.shortSide = 20;
        }),
      ),
    /shortSide/,
  ],
  [
    'a file that is neither JSON nor YAML',
    () => trainWith(write('mine.json', '{"model": [\n')),
    /mine\.json: expected JSON or YAML, found: /,
  ],
  ['an empty file', () => trainWith(write('mine.json', '')), /mine\.json: the config: .*expected object/],
  [
    'a file that is not there',
    () => trainWith(at('none.json')),
    /--config: expected small, full, published or a file, found nothing at .*none\.json/,
    2,
  ],
  [
    'weights for a backbone that has none',
    () => [...trainWith(given), '--backbone-weights', at('resnet.safetensors')],
    /expected a model with a resnet backbone, found smallCnn/,
  ],
  [
    'a learning rate without bounds: a loss that is not finite',
    () => {
      const rates = { backbone: 1e38, text: 1e38, rest: 1e38 };
      return trainWith(
        withConfig((c) => {
          c.training.learningRates = rates;
        }),
      );
    },
    /training step \d+: the loss "\w+" is (NaN|-?Infinity), expected a finite number|not finite/,
  ],
  [
    'a module that gives NaN',
    () => {
      const fuse =
        '({ features: { patches } }) => ({ tokens: tf.mul(patches, NaN), present: null, ' +
        "parts: [{ name: 'patches', from: 0, to: patches.shape[1] }] })";
      const info = "{ package: 'mine', version: '0', name: 'nan', config: {} }";
      const tfjs = new URL('../node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js', import.meta.url);
      const from = existsSync(tfjs) ? tfjs.href : '@tensorflow/tfjs-core';
      write(
        'nan.mjs',
        `import * as tf from '${from}';
         export default () => ({ info: ${info}, parameters: new Map(), fuse: ${fuse}, dispose() {} });`,
      );
      return trainWith(
        withConfig((c) => {
          c.model.fusion = { use: './nan.mjs', config: {} };
        }),
      );
    },
    /training step 0: the loss "tokens" is NaN, expected a finite number/,
  ],
];

const USE: Case[] = [
  [
    '--epochs 0',
    () => [...trainWith(given), '--epochs', '0'],
    /--epochs: expected a whole number .*found "0"/,
    2,
  ],
  ['--seed x', () => [...trainWith(given), '--seed', 'x'], /--seed: expected a whole number .*found "x"/, 2],
  ['--save-every 1.5', () => [...trainWith(given), '--save-every', '1.5'], /--save-every: .*found "1\.5"/, 2],
  ['an unknown backend', () => ['doctor', '--backend', 'gpu'], /--backend: expected one of .*found "gpu"/, 2],
  ['an unknown split', () => evaluate('--data', phantom, '--split', 'all'), /--split: .*found "all"/, 2],
  ['an unknown command', () => ['learn'], /unknown command 'learn'/, 2],
  ['an unknown option', () => [...trainWith(given), '--fast'], /unknown option '--fast'/, 2],
  ['an option that is needed', () => ['train', '--data', phantom], /required option '--out <dir>'/, 2],
  [
    'images that are too small',
    () => ['data', 'phantom', '--out', out, '--size', '8'],
    /--size: .*at least 16/,
    2,
  ],
];

const RUN: Case[] = [
  [
    'a run that is there already',
    () => ['train', '--data', phantom, '--out', run, '--config', given, '--backend', 'wasm'],
    /run: holds a run already; go on with it by --resume/,
  ],
  [
    'a file for a run',
    after(
      () => write('out', 'x'),
      () => trainWith(given),
    ),
    /out: expected a run folder, found a file/,
  ],
  [
    'to go on with another config',
    () =>
      resume(
        '--config',
        withConfig((c) => {
          c.model.fusion = null;
        }),
      ),
    /config\.json: the run was started with another model\.fusion; resume with its own config/,
  ],
  [
    'to go on with another seed',
    () => resume('--seed', '1'),
    /config\.json: the run was started with another training\.seed/,
  ],
  [
    'to go on with other data',
    () => {
      withAnnotation((a) => {
        a.train.pop();
      });
      return ['train', '--data', data, '--out', run, '--backend', 'wasm', '--resume'];
    },
    /run\.json: the run was started on other data than /,
  ],
  [
    'to go on from a damaged file',
    after(
      () => truncateSync(runFile('optimizer.safetensors'), 5000),
      () => resume('--epochs', '2'),
    ),
    /optimizer\.safetensors: /,
  ],
  [
    'a run folder that is not there',
    () => ['generate', '--run', at('none'), '--images', firstImage(phantom)],
    /none\/config\.json: expected .*found nothing/,
  ],
  [
    'a config that was changed',
    after(
      () => writeFileSync(runFile('config.json'), '{\n "model": 5'),
      () => generate(firstImage(phantom)),
    ),
    /config\.json: expected JSON, found /,
  ],
  [
    'a vocabulary of other words',
    () => {
      const { words } = JSON.parse(readFileSync(runFile('vocab.json'), 'utf8'));
      jsonFile(runFile('vocab.json'), { words: words.reverse() });
      return generate(firstImage(phantom));
    },
    /vocab\.json: expected the vocabulary that .*weights\.safetensors was trained with, found another/,
  ],
  [
    'a vocabulary of another size',
    () => {
      jsonFile(runFile('vocab.json'), { words: ['.', '<unk>', 'heart'] });
      return evaluate('--data', phantom);
    },
    /vocab\.json: expected the vocabulary that .*found another one \(3 words\)/,
  ],
  [
    'a vocabulary of the wrong type',
    after(
      () => jsonFile(runFile('vocab.json'), { words: [1] }),
      () => generate(firstImage(phantom)),
    ),
    /vocab\.json: words\[0\]: expected string, found 1/,
  ],
  [
    'weights that are not there',
    after(
      () => rmSync(runFile('weights.safetensors')),
      () => generate(firstImage(phantom)),
    ),
    /weights\.safetensors: expected .*found nothing/,
  ],
  [
    'weights with a header that is not JSON',
    () => {
      const bytes = readFileSync(runFile('weights.safetensors'));
      bytes.fill(0x21, 8, 20);
      writeFileSync(runFile('weights.safetensors'), bytes);
      return generate(firstImage(phantom));
    },
    /weights\.safetensors: the safetensors header is not JSON/,
  ],
  [
    'weights with a header larger than the file',
    () => {
      const bytes = readFileSync(runFile('weights.safetensors'));
      bytes.writeBigUInt64LE(2n ** 62n, 0);
      writeFileSync(runFile('weights.safetensors'), bytes);
      return generate(firstImage(phantom));
    },
    /weights\.safetensors: safetensors header claims \d+ bytes, the file has \d+/,
  ],
  [
    'weights that were cut off',
    after(
      () => truncateSync(runFile('weights.safetensors'), 20_000),
      () => generate(firstImage(phantom)),
    ),
    /weights\.safetensors: tensor .* needs \d+ bytes/,
  ],
  [
    'weights of another size',
    () => {
      const { tensors, metadata } = parseSafetensors(readFileSync(runFile('weights.safetensors')));
      const stored = [...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }] as const);
      const [name] = stored[0];
      const changed = new Map([...stored, [name, { shape: [2], data: Float32Array.of(1, 2) }] as const]);
      writeFileSync(runFile('weights.safetensors'), serializeSafetensors(changed, metadata));
      return generate(firstImage(phantom));
    },
    /weights\.safetensors: weight \S+ must have shape \[.*\], found \[2\]/,
  ],
];

const IMAGES: Case[] = [
  ['an image that is not there', () => generate(at('no.png')), /no\.png: expected .*found: nothing/],
  [
    'a truncated image',
    () => {
      const whole = readFileSync(firstImage(phantom));
      return generate(write('cut.png', whole.subarray(0, whole.length / 2)));
    },
    /cut\.png: expected a readable image \(.*\), found: /,
  ],
  [
    'a text for an image',
    () => generate(write('text.png', 'clear lungs')),
    /text\.png: expected a readable image \(.*\), found: /,
  ],
  [
    'three images for two views',
    () => generate(firstImage(phantom), firstImage(phantom), firstImage(phantom)),
    /takes 1 to 2 images a study, got 3/,
  ],
];

const SCORE: Case[] = [
  ['a file that is not there', () => score(at('no.csv'), good()), /no\.csv: expected a table, found nothing/],
  [
    'an empty file',
    () => score(write('none.csv', ''), good()),
    /none\.csv: expected a header and at least one row/,
  ],
  [
    'a header alone',
    () => score(csv('head.csv', 'id,report'), good()),
    /head\.csv: expected a header and at least one row, found 1/,
  ],
  [
    'a quote left open',
    () => score(write('open.csv', 'id,report\na,"clear\n'), good()),
    /open\.csv: expected CSV, /,
  ],
  [
    'a row that is too long',
    () => score(csv('long.csv', 'id,report', 'a,b,c'), good()),
    /long\.csv: expected CSV, /,
  ],
  [
    'a column that is not there',
    () => score(csv('other.csv', 'id,words', 'a,clear'), good()),
    /other\.csv: expected a column reference or report or findings or text, found id, words/,
    2,
  ],
  [
    'a column asked for that is not there',
    () => score(good(), good(), '--id-column', 'study'),
    /good\.csv: expected a column study, found id, report/,
    2,
  ],
  [
    'ids that differ',
    () => score(good(), csv('c.csv', 'id,report', 'a,x', 'c,y')),
    /c\.csv: expected a row for id "b" of .*good\.csv, found none/,
  ],
  [
    'a row too many',
    () => score(csv('one.csv', 'id,report', 'b,x'), good()),
    /one\.csv: expected a row for id "a" of .*good\.csv, found none/,
  ],
  [
    'an id that stands twice',
    () => score(csv('two.csv', 'id,report', 'a,x', 'a,y'), good()),
    /two\.csv: id: expected ids used once, found "a" in rows 1 and 2/,
  ],
];

const GROUPS: [string, Case[]][] = [
  ['data', DATA],
  ['config', CONFIG],
  ['use', USE],
  ['run folder', RUN],
  ['images', IMAGES],
  ['score', SCORE],
];

describe.each(GROUPS)('bad input: %s', (_, cases) => {
  it.each(cases)('%s', async (_name, arrange, says, expected = 1) => {
    const argv = arrange();
    const before = snapshot(here);
    const { code, stdout, errors } = await runCommand(...argv);
    expect(errors, stdout).toHaveLength(1);
    expect(errors[0]).toMatch(/^raca: /);
    expect(errors[0]).toMatch(says);
    expect(code).toBe(expected);
    expect(stdout).toBe('');
    const after = snapshot(here);
    for (const [path, hash] of before) expect(after.get(path), path).toBe(hash);
    expect([...after.keys()].filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });
});

it('finds faults by `data check` and exits with 1', async () => {
  cpSync(phantom, data, { recursive: true });
  truncateSync(firstImage(data), 200);
  const { code, stdout, errors } = await runCommand('data', 'check', data);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^error: .*\.png/m);
  expect(errors).toEqual([]);
});

it('leaves nothing where training cannot start', async () => {
  for (const edit of [
    (c: Json) => {
      c.model.fusion.use = 'bac';
    },
    (c: Json) => {
      c.training.augmentation.shortSide = 20;
    },
  ]) {
    await runCommand(...trainWith(withConfig(edit)));
    expect(existsSync(out)).toBe(false);
  }
});

it('names an unreadable image and trains without its study', async () => {
  copyData();
  truncateSync(firstImage(data), 200);
  const { code, errors, stdout } = await runCommand(...trainOn(data));
  expect(code, errors.join('\n')).toBe(0);
  const skipped = errors.filter((line) => line.startsWith('skipped: '));
  expect(skipped).toEqual([expect.stringMatching(/0\.png: expected a readable image \(.*\), found: /)]);
  expect(errors).toContain('images that could not be read: 1; their studies were left out (see --strict)');
  expect(stdout).toMatch(/6 steps/);
});

it('goes on for more epochs where a run has ended', async () => {
  const { code, stdout } = await runCommand(...resume('--epochs', '2'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/12 steps/);
});

it('says nothing wrong about what is right', async () => {
  const written = await runCommand(...generate(firstImage(phantom)));
  expect(written.code).toBe(0);
  expect(written.errors).toEqual([
    expect.stringMatching(/0\.png: tiny: 32x32$/),
    '1 image for a model of 2 views: the last one is repeated, as in training',
  ]);
  expect((await runCommand('data', 'check', phantom)).code).toBe(0);
  expect((await runCommand('--version')).stdout).toBe(`${version}\n`);
  const evaluated = await runCommand(...evaluate('--data', phantom, '--json'));
  expect(evaluated).toMatchObject({ code: 0, errors: [] });
  expect(JSON.parse(evaluated.stdout).systems[0].system).toBe('model');
  expect(readdirSync(run).sort()).toEqual([
    'config.json',
    'metrics.jsonl',
    'optimizer.safetensors',
    'report.html',
    'reports.csv',
    'run.json',
    'state.json',
    'vocab.json',
    'weights.safetensors',
  ]);
});
