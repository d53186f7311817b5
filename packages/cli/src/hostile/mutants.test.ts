import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Random } from '@raca/core/random';
import { encodePng } from '@raca/data/node';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFile, smallPhantom, smallRunConfig } from '../testing/small-run';
import { CommandServer } from './command-server';
import { mutate } from './mutate';
import { madeDicom } from './pictures';

/**
 * Files of all formats that RACA reads, damaged at random: each is read, or refused in one line; nothing crashes, hangs or
 * takes a gigabyte. `RACA_MUTANTS=1000` tries so many files of each format; seeds are fixed.
 */
const EACH = Number(process.env.RACA_MUTANTS ?? 100);

const built = existsSync(fileURLToPath(new URL('../../dist/index.cjs', import.meta.url)));
if (!built) console.warn('skipped: packages/cli is not built, so there is no command to attack');

const root = mkdtempSync(join(tmpdir(), 'raca-mutants-'));
const data = join(root, 'phantom');
const run = join(root, 'run');
const config = join(root, 'config.json');
const server = new CommandServer();

interface Format {
  /** File that is damaged. */
  readonly file: string;
  sound(): Uint8Array | Promise<Uint8Array>;
  /** What reads it: a command, or a picture's reader. */
  read(path: string): string[] | { readonly picture: string };
  /** What is said of the sound file, where a small one cannot be all that is asked for. */
  readonly lacks?: RegExp;
}

const table = [
  'id,report',
  ...Array.from({ length: 20 }, (_, i) => `s${i},"heart size is normal . no effusion ."`),
].join('\n');
const good = (): string => {
  const path = join(root, 'good.csv');
  writeFileSync(path, table);
  return path;
};
const openi = (n: number): string =>
  `<eCitation><uId id="CXR${n}"/><MedlineCitation><Article><Abstract><AbstractText Label="FINDINGS">Heart is normal. No effusion.` +
  `</AbstractText></Abstract></Article></MedlineCitation><parentImage id="CXR${n}_1"/><parentImage id="CXR${n}_2"/></eCitation>`;
const picture = (path: string) => ({ picture: path });
const label = (path: string): string[] => ['label', '--in', path, '--out', join(root, 'labels.csv')];
const gray = () =>
  encodePng({
    width: 40,
    height: 30,
    channels: 1,
    data: Uint8Array.from({ length: 1200 }, (_, i) => (i * 37) % 251),
  });

/** A drawn gray picture of 40 × 30 pixels. */
const JPEG =
  '/9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAeACgDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAEC/8QAGxABAAMBAAMAAAAAAAAAAAAAAAERMQIhIkH/xAAUAQEAAAAAAAAAAAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AzHMRirQBZaAFVgWAYL1FJYKhC/AI8aJz7TQD/9k=';

/** A pickled dictionary of one tensor `[2, 2]`, `conv1.weight`, as `torch.save` writes it (in the words of `pickletools`). */
const STATE =
  '\x80\x02}q\0X\x0c\0\0\0conv1.weightctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n' +
  'X\x01\0\0\x000X\x03\0\0\0cpuK\x04tQK\0K\x02K\x02\x86K\x02K\x01\x86\x89ccollections\nOrderedDict\n)RtRs.';

const FORMATS: Readonly<Record<string, Format>> = {
  DICOM: { file: 'x.dcm', sound: () => madeDicom(), read: picture },
  PNG: { file: 'x.png', sound: gray, read: picture },
  JPEG: {
    file: 'x.jpg',
    sound: () => Buffer.from(JPEG, 'base64'),
    read: picture,
  },
  safetensors: {
    file: 'run/weights.safetensors',
    sound: () => readFileSync(join(root, 'sound.safetensors')),
    read: () => ['generate', '--run', run, '--backend', 'wasm', '--images', join(root, 'sound.png')],
  },
  '.pth': {
    file: 'x.pth',
    sound: () =>
      zipSync(
        {
          'x/data.pkl': Buffer.from(STATE, 'latin1'),
          'x/data/0': new Uint8Array(16),
        },
        { level: 0 },
      ),
    read: (path) => ['import-weights', path, '--as', 'resnet18', '--out', join(root, 'out.safetensors')],
    lacks: /weight bn1\.weight is missing/,
  },
  JSON: {
    file: 'x.json',
    sound: () =>
      Buffer.from(JSON.stringify(Array.from({ length: 20 }, (_, i) => ({ id: `s${i}`, report: 'clear .' })))),
    read: (path) => ['score', '--references', good(), '--hypotheses', path, '--json'],
  },
  CSV: { file: 'x.csv', sound: () => Buffer.from(table), read: label },
  YAML: {
    file: 'x.yaml',
    sound: () => readFileSync(config),
    read: (path) => ['config', 'show', path],
  },
  zip: {
    file: 'x.zip',
    sound: () =>
      zipSync(Object.fromEntries([1, 2, 3].map((n) => [`ecgen-radiology/${n}.xml`, Buffer.from(openi(n))]))),
    read: (path) => [
      'data',
      'import',
      'iu-xray',
      '--from',
      path,
      '--out',
      join(root, 'set'),
      '--without-images',
      '--overwrite',
    ],
  },
  gzip: { file: 'x.csv.gz', sound: () => gzipSync(table), read: label },
};

beforeAll(async () => {
  if (!built) return;
  await smallPhantom(data);
  jsonFile(config, smallRunConfig({ epochs: 1, agentEvery: 10 }));
  const { code, stderr } = await server.run(
    ['train', '--data', data, '--out', run, '--config', config, '--backend', 'wasm'],
    root,
  );
  expect(code, stderr).toBe(0);
  writeFileSync(join(root, 'sound.png'), await gray());
  writeFileSync(join(root, 'sound.safetensors'), readFileSync(join(run, 'weights.safetensors')));
}, 120_000);
afterAll(() => {
  server.stop();
  rmSync(root, { recursive: true, force: true });
});

describe.skipIf(!built)('damaged files', () => {
  it.each(Object.entries(FORMATS))(
    '%s',
    async (name, { file, sound, read, lacks }) => {
      const bytes = await sound();
      writeFileSync(join(root, file), bytes);
      const whole = await server.run(read(join(root, file)), root);
      if (lacks) expect(whole.stderr).toMatch(lacks);
      else expect(whole.code, `${name}: ${whole.stderr}`).toBe(0); // else nothing below is worth anything
      const random = new Random(20).split(name);
      const counts = { read: 0, refused: 0 };
      let most = 0;
      for (let n = 0; n < EACH; n++) {
        const path = join(root, file);
        writeFileSync(path, mutate(bytes, random.split(`${n}`)));
        const { code, stdout, stderr, peak, milliseconds } = await server.run(read(path), root);
        const what = `${name} ${n}: ${stderr}`;
        if (milliseconds > 10_000) console.warn(`${what}: ${(milliseconds / 1000).toFixed(0)} s`);
        expect([0, 1, 2], what).toContain(code);
        expect(`${stdout}${stderr}`, what).not.toMatch(/^ {4}at .*[:)]\d/m);
        expect(`${stdout}${stderr}`, what).not.toMatch(/Cannot read prop|is not a function|call stack|heap/);
        expect(peak / 1e9, what).toBeLessThan(1);
        most = Math.max(most, peak);
        counts[code === 0 ? 'read' : 'refused']++;
      }
      console.log(
        `${name}: ${counts.read} read, ${counts.refused} refused, at most ${(most / 1e6).toFixed(0)} MB`,
      );
    },
    Math.max(120_000, EACH * 2000),
  );
});
