import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  EVALUATION,
  parseSafetensors,
  serializeSafetensors,
  type TensorToStore,
  toFloat32,
  unknownViews,
} from '@raca/core';
import { largestError } from '@raca/core/testing';
import { writeReports } from '@raca/pipeline';
import { loadRun, RunFolder } from '@raca/pipeline/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testing/run-command';
import { smallPhantom } from './testing/small-run';

const root = mkdtempSync(join(tmpdir(), 'raca-import-weights-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Debian's, which has torch as `python3-torch`. */
const PYTHON = '/usr/bin/python3';
const torch = spawnSync(PYTHON, ['-c', 'import torch']).status === 0;
const why = torch ? '' : ' (skipped: no python3-torch)';
const script = fileURLToPath(new URL('testing/save-checkpoint.py', import.meta.url));
/** Runs the script once for all jobs: loading torch takes seconds. */
const save = (jobs: readonly string[][]) =>
  execFileSync(PYTHON, [script, ...jobs.flatMap((job, i) => (i > 0 ? ['+', ...job] : job))], {
    stdio: 'pipe',
  });

const fixtures = fileURLToPath(new URL('../../../examples/parity/fixtures/', import.meta.url));
const golden = fileURLToPath(new URL('../../../../shared/golden/', import.meta.url));
/** Folders of values that PyTorch computed: sizes, weights, inputs and the reports written from them. */
const cases = [
  ['r2gen', join(fixtures, 'r2gen-small')],
  ['r2gencmn', join(fixtures, 'r2gencmn-small')],
  ['r2gen', join(golden, 'r2gen')],
  ['r2gencmn', join(golden, 'r2gencmn')],
  ['raca', join(golden, 'raca-iu')],
  ['raca', join(golden, 'raca-mimic')],
].filter(([, folder]) => existsSync(folder)) as [string, string][];

/** A data set whose training reports have as many words, `<unk>` and "." among them, each three times. */
function textsOf(words: number, name = `texts-${words}`): string {
  const report = Array.from({ length: words - 2 }, (_, i) => `w${String(i).padStart(4, '0')}`).join(' ');
  const studies = (split: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      id: `${split}${i}`,
      report,
      image_path: ['a.png', 'b.png'],
      split,
    }));
  const annotation = { train: studies('train', 3), val: studies('val', 1), test: studies('test', 1) };
  mkdirSync(at(name), { recursive: true });
  writeFileSync(join(at(name), 'annotation.json'), JSON.stringify(annotation));
  return at(name);
}

/** The same weights for features of ResNet-18, 512 wide. */
function widen(from: string, to: string): void {
  const tensors = new Map<string, TensorToStore>();
  for (const [name, t] of parseSafetensors(readFileSync(from)).tensors)
    tensors.set(name, { shape: t.shape, data: toFloat32(t) });
  const [d] = tensors.get('att_embed.0.weight')!.shape;
  const data = Float32Array.from({ length: d * 512 }, (_, i) => Math.sin(i) / 20);
  tensors.set('att_embed.0.weight', { shape: [d, 512], data });
  writeFileSync(to, serializeSafetensors(tensors));
}

/** Every report of a data set replaced by that of {@link textsOf}; gives its annotation. */
function limitVocabulary(dir: string, words: number): string {
  const path = join(dir, 'annotation.json');
  const { train } = JSON.parse(readFileSync(join(textsOf(words), 'annotation.json'), 'utf8'));
  const annotation = JSON.parse(readFileSync(path, 'utf8'));
  for (const study of [...annotation.train, ...annotation.val, ...annotation.test]) {
    study.report = train[0].report;
    delete study.sentence_regions;
  }
  writeFileSync(path, JSON.stringify(annotation));
  return path;
}

interface Case {
  readonly d_model: number;
  readonly heads: number;
  readonly max_len: number;
  readonly vocab: number;
  readonly patches: number;
  readonly beam?: number;
  readonly rm_heads?: number;
  readonly topk?: number;
}

const caseOf = (folder: string): Case => JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')).config;
const sizes = ({ heads, max_len, rm_heads, topk }: Case): string[] => [
  ...['--heads', `${heads}`, '--max-length', `${max_len}`],
  ...(rm_heads ? ['--memory-heads', `${rm_heads}`] : []),
  ...(topk ? ['--top-k', `${topk}`] : []),
];
/** A command line without blanks in its words. */
const cli = (line: string, ...more: string[]) => runCommand(...line.split(' '), ...more);
const importWeights = (...args: string[]) => runCommand('import-weights', ...args, '--backend', 'wasm');

describe(`checkpoints saved by PyTorch${why}`, () => {
  const forms = [
    ['zip, within a checkpoint', []],
    ['the format before 1.6, within a checkpoint', ['--legacy']],
    ['zip, a state_dict of several GPUs', ['--bare', '--gpus']],
  ] as const;
  const written = cases.flatMap(([layout, folder], i) =>
    (layout === 'raca' ? forms.slice(0, 1) : forms).map(([form, flags], k) => ({
      layout,
      folder,
      form,
      flags,
      file: at(`model-${i}-${k}.pth`),
    })),
  );
  const whole = join(fixtures, 'r2gen-small');

  beforeAll(() => {
    if (!torch) return;
    widen(join(whole, 'weights.safetensors'), at('wide.safetensors'));
    save([
      ...written.map(({ file, folder, flags }) => [file, join(folder, 'weights.safetensors'), ...flags]),
      [at('whole.pth'), at('wide.safetensors'), '--legacy', '--resnet', '18', '--images', at('io.f32')],
      ...[18, 50].map((depth) => [at(`net-${depth}.pth`), '--backbone', `${depth}`, '--legacy']),
    ]);
  }, 240_000);

  it.skipIf(!torch).each(written)(
    '$layout of $folder, $form: writes the reports of PyTorch',
    async ({ layout, folder, file }) => {
      const config = caseOf(folder);
      const out = mkdtempSync(at('run-'));
      const views = layout === 'raca' ? config.patches / 49 : 2;
      const grid =
        layout === 'raca' ? { views, rows: 7, cols: 7 } : { views: 1, rows: 1, cols: config.patches };
      const texts = textsOf(config.vocab);
      const { code, errors, stdout } = await importWeights(
        ...[file, '--as', layout, '--data', texts, '--out', out, ...sizes(config)],
      );
      expect([code, errors]).toEqual([0, []]);
      expect(stdout).toContain(`${config.vocab} words (threshold 3, cleaning iu_xray), ${views} view`);

      const loaded = loadRun(out);
      const io = parseSafetensors(readFileSync(join(folder, 'io.safetensors'))).tensors;
      const features = io.get('att_feats')!;
      const patches = tf.tensor3d(toFloat32(features), features.shape as [number, number, number]);
      const { maxLength } = loaded.config.model;
      for (const [name, search] of [
        ['beam_seq', 'beam'],
        ['greedy_seq', 'greedy'],
      ] as const) {
        const { generation } = loaded.config.training;
        const reports = await writeReports(
          loaded.model,
          {
            views: {
              input: { features: { patches, grid } },
              kinds: unknownViews(patches.shape[0], grid.views),
            },
          },
          { ...generation, search, beam: config.beam ?? 3, maxLength },
        );
        reports.dispose();
        const padded = reports.tokens.flatMap((ids) => [...ids, ...Array(maxLength - ids.length).fill(0)]);
        expect(padded, name).toEqual([...toFloat32(io.get(name)!)]);
      }
      patches.dispose();
      loaded.model.dispose();
      const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      expect(run.imported).toEqual({ layout, file: basename(file), sha256 });
      expect(run.data.annotation).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  it.skipIf(!torch)(
    'R2Gen with its ResNet: features as PyTorch’s; generate, evaluate and train --init take it',
    async () => {
      await smallPhantom(at('phantom'));
      const texts = limitVocabulary(at('phantom'), caseOf(whole).vocab);
      const { code, errors } = await cli(
        `import-weights ${at('whole.pth')} --as r2gen --annotation ${texts} --out ${at('whole')} --backend wasm`,
        ...sizes(caseOf(whole)),
      );
      expect([code, errors]).toEqual([0, []]);

      const loaded = loadRun(at('whole'));
      const values = new Float32Array(readFileSync(at('io.f32')).buffer.slice(0));
      const images = tf.tensor5d(values.slice(0, 64 * 64 * 3), [1, 1, 64, 64, 3]);
      const { patches } = loaded.model.parts.vision.backbone!.extract(images, EVALUATION);
      expect(patches.shape).toEqual([1, 4, 512]);
      expect(largestError(patches.dataSync(), values.slice(64 * 64 * 3))).toBeLessThan(1e-4);
      tf.dispose([images, patches]);
      loaded.model.dispose();

      const image = join(at('phantom'), 'images', readdirSync(join(at('phantom'), 'images'))[0], '0.png');
      const generated = await cli(`generate --run ${at('whole')} --images ${image} --backend wasm`);
      expect([generated.code, generated.errors.join()]).toEqual([
        0,
        expect.stringContaining('1 image for a model of 2'),
      ]);
      const data = `--data ${at('phantom')} --backend wasm`;
      const evaluated = await cli(`evaluate --run ${at('whole')} ${data} --json`);
      expect(evaluated.code, evaluated.errors.join('\n')).toBe(0);
      expect(JSON.parse(evaluated.stdout).split).toBe('test');
      const small = at('small.json');
      const training = { epochs: 1, batchSize: 8, augmentation: { shortSide: 36 } };
      writeFileSync(
        small,
        JSON.stringify({ model: { imageSize: 32, grid: { rows: 1, cols: 1 } }, training }),
      );
      const tuned = await cli(`train ${data} --out ${at('tuned')} --init ${at('whole')} --config ${small}`);
      expect(tuned.code, tuned.errors.join('\n')).toBe(0);
      expect(new RunFolder(at('tuned')).readMetrics()[0]).toMatchObject({ step: 0, epoch: 0, kind: 'val' });
      const again = await cli(`train ${data} --out ${at('whole')} --resume`);
      expect([again.code, ...again.errors]).toEqual([1, expect.stringContaining('--init')]);
    },
    240_000,
  );

  it.skipIf(!torch).each([18, 50])(
    'torchvision’s resnet%i becomes a file for --backbone-weights',
    async (depth) => {
      const out = at(`resnet${depth}.safetensors`);
      const { code, stdout } = await importWeights(
        at(`net-${depth}.pth`),
        '--as',
        `resnet${depth}`,
        '--out',
        out,
      );
      expect([code, stdout]).toEqual([0, expect.stringContaining(`resnet${depth}, `)]);
      const { tensors } = parseSafetensors(readFileSync(out));
      expect(tensors.get('conv1.weight')!.shape).toEqual([64, 3, 7, 7]);
      expect([...tensors.keys()].filter((name) => /^fc|num_batches/.test(name))).toEqual([]);
      const other = depth === 18 ? 50 : 18;
      const wrong = await importWeights(
        at(`net-${depth}.pth`),
        '--as',
        `resnet${other}`,
        '--out',
        at('other'),
      );
      expect([wrong.code, ...wrong.errors]).toEqual([
        1,
        expect.stringContaining(`expected a resnet${other}, found a resnet${depth}`),
      ]);
    },
  );
});

describe('import-weights says in one line what is wrong', () => {
  const folder = join(fixtures, 'r2gen-small');
  const weights = join(folder, 'weights.safetensors'); // our own form is welcome too: no PyTorch needed here
  const config = caseOf(folder);
  const attempt = async (...args: string[]) => {
    const { code, errors } = await importWeights(weights, '--out', at('wrong'), ...args);
    expect(existsSync(at('wrong'))).toBe(false);
    expect(errors).toHaveLength(1);
    return [code, errors[0]];
  };
  let texts: string;
  beforeAll(() => {
    texts = textsOf(config.vocab);
  });

  it.each([
    ['no texts', ['--as', 'r2gen'], 2, '--data: expected the data set folder that the model was trained on'],
    ['no layout', ['--data', 'x'], 2, '--as'],
    ['an unknown layout', ['--as', 'gpt'], 2, '--as: expected one of r2gen, r2gencmn, raca, resnet18'],
    ['texts for a backbone', ['--as', 'resnet18', '--data', 'x'], 2, 'a backbone takes no --data'],
    ['another network', ['--as', 'resnet18'], 1, 'weights.safetensors: weight conv1.weight is missing'],
    ['no folder', ['--as', 'r2gen', '--data', '/nowhere'], 1, '/nowhere: expected a data set folder'],
  ])('%s', async (_, args, code, message) => {
    expect(await attempt(...args)).toEqual([code, expect.stringContaining(message)]);
  });

  it('another layout of the line', async () => {
    expect(await attempt('--as', 'r2gencmn', '--data', texts)).toEqual([
      1,
      expect.stringContaining(
        'expected the weights of r2gencmn, such as memory_matrix, found those of r2gen (--as r2gen)',
      ),
    ]);
  });

  it('a vocabulary of another size: both sizes, the first words, and what would fit', async () => {
    const few = textsOf(config.vocab + 3);
    expect(await attempt('--as', 'r2gen', '--data', few)).toEqual([
      1,
      expect.stringMatching(
        /expected a vocabulary of 9 words .*, found 12 in the training reports \(".", "<unk>", "w0000", .*threshold 3, cleaning iu_xray\)$/,
      ),
    ]);
    // rare words go with a higher threshold
    const path = join(few, 'annotation.json');
    const text = readFileSync(path, 'utf8').replace(/w0000 w0001 w0002 /, '');
    writeFileSync(path, text);
    expect((await attempt('--as', 'r2gen', '--data', few, '--threshold', '1'))[1]).toMatch(
      /; of this size with --threshold 3 --cleaning iu_xray$/,
    );
  });

  it('heads that do not divide the width', async () => {
    expect(await attempt('--as', 'r2gen', '--data', texts)).toEqual([
      1,
      expect.stringContaining('heads must divide the width, got 8 and 12'),
    ]);
  });

  it('a run that is there already stays', async () => {
    const out = at('kept');
    const import_ = () =>
      importWeights(weights, '--as', 'r2gen', '--data', texts, '--out', out, ...sizes(config));
    expect((await import_()).code).toBe(0);
    const before = readFileSync(join(out, 'run.json'));
    expect(await import_()).toMatchObject({
      code: 1,
      errors: [expect.stringContaining('holds a run already')],
    });
    expect(readFileSync(join(out, 'run.json'))).toEqual(before);
    expect(new RunFolder(out).readConfig().model.decoder.config).toMatchObject({
      slots: 4,
      memoryHeads: 2,
      layers: 1,
    });
  });

  const hostile = fileURLToPath(new URL('../../../../shared/field/hostile/', import.meta.url));
  const collected = existsSync(hostile) ? readdirSync(hostile).filter((name) => name.endsWith('.pth')) : [];
  it.skipIf(collected.length === 0)(
    `hostile files, here and as backbone${collected.length ? '' : ' (skipped: ../shared/field is absent)'}`,
    async () => {
      for (const name of collected) {
        const file = join(hostile, name);
        for (const as of [['r2gen', '--data', texts], ['resnet18']]) {
          const { code, errors } = await importWeights(file, '--out', at('wrong'), '--as', ...as);
          expect([code, ...errors], name).toEqual([1, expect.stringMatching(/^raca: \S+\.pth: .{10,200}$/)]);
        }
      }
      expect(existsSync(at('wrong'))).toBe(false);
    },
  );

  it('a damaged file', async () => {
    copyFileSync(weights, at('cut.pth'));
    writeFileSync(at('cut.pth'), Buffer.concat([Buffer.from('PK\x03\x04'), readFileSync(weights)]));
    const { code, errors } = await importWeights(
      at('cut.pth'),
      '--as',
      'r2gen',
      '--data',
      texts,
      '--out',
      at('wrong'),
    );
    expect([code, ...errors]).toEqual([1, expect.stringContaining('cut.pth: the zip file is cut off')]);
  });
});
