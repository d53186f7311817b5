import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Annotation, Study } from '../dataset';
import { IMAGENET_MEAN, IMAGENET_STD } from '../image/transform';
import { Tokenizer } from '../text/tokenizer';
import { encodePng } from './decode';
import { ImageCache } from './image-cache';
import { type Dataset, openDataset } from './read';
import { batches, type LoaderOptions, type StudyBatch, StudyLoader } from './study-loader';
import { writeDataset } from './write';

const tokenizer = new Tokenizer(['.', '<unk>', 'clear', 'heart', 'lungs', 'normal']);
const base: LoaderOptions = {
  batchSize: 4,
  tokenizer,
  maxLength: 8,
  views: 2,
  transform: { kind: 'train', shortSide: 20, size: 16, flip: true },
  seed: 3,
  workers: 0,
};

let dir: string;
let dataset: Dataset;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'raca-data-'));
  const study = (id: string, images: number, split: Study['split']): Study => ({
    id,
    report: id === 's1' ? 'Heart normal. Lungs very clear.' : 'Lungs clear.',
    image_path: Array.from({ length: images }, (_, i) => `${id}/${i}.png`),
    split,
    sentence_regions: { S1: ['Heart', 'Nose'], S2: ['Lung fields', 'Ribs', 'Ribs'] },
  });
  const annotation: Annotation = {
    train: Array.from({ length: 10 }, (_, i) => study(`s${i}`, 1 + (i % 2), 'train')),
    val: [study('v', 2, 'val')],
    test: [],
  };
  for (const { image_path } of [...annotation.train, ...annotation.val]) {
    for (const [i, path] of image_path.entries()) {
      const file = join(dir, 'images', path);
      await mkdir(dirname(file), { recursive: true });
      const data = Uint8Array.from(
        { length: 30 * 40 },
        (_, k) => (k * (31 + i) + path.charCodeAt(1) * 17) % 256,
      );
      writeFileSync(file, await encodePng({ width: 30, height: 40, channels: 1, data }));
    }
  }
  writeDataset(dir, annotation, { source: 'made by a test', licence: 'none' });
  dataset = openDataset(dir);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function all(iterator: AsyncIterable<StudyBatch>): Promise<StudyBatch[]> {
  const list: StudyBatch[] = [];
  for await (const batch of iterator) list.push(batch);
  return list;
}

/** Pixels of each batch, copied before the next one is asked for. */
async function copies(loader: StudyLoader, epoch: number): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for await (const { images } of loader.batches('train', { epoch })) found.push(images.slice());
  return found;
}

describe('StudyLoader', () => {
  it('gives tokens, masks, labels and both kinds of reference', async () => {
    const [batch] = await all(batches(dataset, 'train', { ...base, shuffle: false, start: 1, batchSize: 2 }));
    expect(batch.ids).toEqual(['s1', 's2']);
    expect(batch.tokensShape).toEqual([2, 8]);
    expect([...batch.tokens]).toEqual([0, 4, 6, 1, 5, 2, 3, 1, 0, 5, 3, 1, 0, 0, 0, 0]);
    expect([...batch.tokenMask]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(batch.sentenceRegions).toEqual([[[2], [0, 9]], [[2]]]); // places in REGIONS; "Nose" is ignored
    expect(batch.reports[0]).toBe('heart normal . lungs very clear .');
    expect(batch.references[0]).toBe('heart normal . lungs <unk> clear .');
    expect(batch.pictures).toEqual([
      [0, 1],
      [0, 0],
    ]);
    expect(batch.shape).toEqual([2, 2, 16, 16, 3]);
    expect(batch.cursor).toBe(3);
  });

  it('repeats the last image of a study with too few', async () => {
    const transform = { kind: 'eval', size: 16 } as const;
    const [batch] = await all(
      batches(dataset, 'train', { ...base, transform, shuffle: false, batchSize: 1 }),
    );
    const half = batch.images.length / 2;
    expect(batch.images.subarray(half)).toEqual(batch.images.subarray(0, half));
    // Gray 0..255 repeated and normalised: red and green of a pixel come from one value.
    const value = batch.images[0] * IMAGENET_STD[0] + IMAGENET_MEAN[0];
    expect(batch.images[1] * IMAGENET_STD[1] + IMAGENET_MEAN[1]).toBeCloseTo(value, 5);
  });

  it('visits every study once an epoch, in an order fixed by seed and epoch', async () => {
    const ids = async (epoch: number, seed: number) =>
      (await all(batches(dataset, 'train', { ...base, epoch, seed, transform: null }))).flatMap((b) => b.ids);
    const first = await ids(0, 3);
    expect(first.toSorted()).toEqual(dataset.annotation.train.map(({ id }) => id));
    expect(await ids(0, 3)).toEqual(first);
    expect(await ids(1, 3)).not.toEqual(first);
    expect(await ids(0, 4)).not.toEqual(first);
  });

  it('goes on from a cursor as if it had never stopped, in every way of loading', async () => {
    const whole = await all(batches(dataset, 'train', { ...base, epoch: 2 }));
    expect(whole.map((batch) => batch.ids.length)).toEqual([4, 4, 2]);
    const start = whole[0].cursor;
    const cache = new ImageCache({ maxBytes: 1e6 });
    for (const extra of [
      {},
      { cache },
      { cache },
      { lookAhead: 0 },
      { cache: new ImageCache({ maxBytes: 700 }) },
    ]) {
      expect(await all(batches(dataset, 'train', { ...base, ...extra, epoch: 2, start }))).toEqual(
        whole.slice(1),
      );
    }
    expect(cache.size).toBeGreaterThan(6);
    const dropped = await all(batches(dataset, 'train', { ...base, epoch: 2, dropLast: true }));
    expect(dropped).toEqual(whole.slice(0, 2));
  });

  it('gives the same pixels in memory that serves again', async () => {
    const expected = await all(batches(dataset, 'train', { ...base, batchSize: 2, epoch: 1 }));
    for (const lookAhead of [0, 2]) {
      const loader = new StudyLoader(dataset, { ...base, batchSize: 2, lookAhead, reuse: true });
      expect(await copies(loader, 1)).toEqual(expected.map(({ images }) => images));
      const arrays = new Set((await all(loader.batches('train'))).map(({ images }) => images.buffer));
      expect(arrays.size).toBeLessThan(expected.length);
      expect((await all(loader.batches('train', { start: 9 })))[0].images.length).toBe(2 * 16 * 16 * 3);
    }
  });

  it('moves the crop from epoch to epoch, and never in evaluation', async () => {
    const of = async (epoch: number, transform: LoaderOptions['transform']) =>
      (await all(batches(dataset, 'val', { ...base, epoch, transform })))[0].images;
    expect(await of(0, base.transform)).not.toEqual(await of(1, base.transform));
    expect(await of(0, { kind: 'eval', size: 16 })).toEqual(await of(1, { kind: 'eval', size: 16 }));
  });

  it('keeps the cache below its limit', async () => {
    const cache = new ImageCache({ maxBytes: 1200 }); // 20 x 26 pixels an image
    await all(batches(dataset, 'train', { ...base, cache }));
    expect([cache.size, cache.bytes]).toEqual([2, 1040]);
  });

  it('names the file that cannot be read', async () => {
    const broken = join(dir, 'images', 'broken.png');
    writeFileSync(broken, 'not a picture');
    const study = { ...dataset.annotation.train[0], image_path: ['broken.png'] };
    const odd = { dir, annotation: { ...dataset.annotation, train: [dataset.annotation.train[1], study] } };
    const run = all(batches(odd, 'train', { ...base, batchSize: 1, shuffle: false }));
    await expect(run).rejects.toThrow(/broken\.png: expected a readable image \(.*\), found: [^\n]+$/);
  });

  it('leaves out studies with a file that cannot be read, told once, in the same order otherwise', async () => {
    const whole = await all(batches(dataset, 'train', { ...base, epoch: 2 }));
    const bad = whole[1].indices.slice(0, 2); // two of the second batch
    writeFileSync(join(dir, 'images', 'cut.png'), 'not a picture');
    const train = dataset.annotation.train.map((study, i) =>
      bad.includes(i)
        ? { ...study, image_path: [`${study.id}/0.png`, i === bad[0] ? 'cut.png' : 'gone.png'] }
        : study,
    );
    const odd = { dir, annotation: { ...dataset.annotation, train } };
    const lines: string[] = [];
    const loader = new StudyLoader(odd, { ...base, onUnreadable: (line) => lines.push(line) });
    for (let visit = 0; visit < 2; visit++) {
      const left = await all(loader.batches('train', { epoch: 2 }));
      expect(left.map(({ cursor }) => cursor)).toEqual([4, 8, 10]);
      expect(left[0]).toEqual(whole[0]);
      expect(left[2]).toEqual(whole[2]);
      expect(left[1].ids).toEqual(whole[1].ids.slice(2));
      expect(left[1].shape).toEqual([2, 2, 16, 16, 3]);
      expect(left[1].images).toEqual(whole[1].images.slice(whole[1].images.length / 2));
      expect(left[1].imageFiles).toEqual(whole[1].imageFiles.slice(2));
      expect(left[1].pictures).toEqual(whole[1].pictures.slice(2));
    }
    expect(loader.skipped).toBe(2);
    expect(lines.toSorted()).toEqual([
      expect.stringMatching(/cut\.png: expected a readable .*, found: a text file$/),
      expect.stringMatching(/gone\.png: expected a readable .*, found: nothing$/),
    ]);
    // a batch with nothing left is not given, and a pass with nothing at all is an error
    const single = { ...base, batchSize: 1, onUnreadable: () => {} };
    expect(await all(batches(odd, 'train', { ...single, epoch: 2 }))).toHaveLength(8);
    const none = {
      dir,
      annotation: { ...dataset.annotation, train: train.filter((_, i) => bad.includes(i)) },
    };
    await expect(all(batches(none, 'train', single))).rejects.toThrow(
      'train: expected readable images, found none in 2 studies',
    );
  });

  it('rejects settings that cannot work', () => {
    const make = (extra: Partial<LoaderOptions>) => () => new StudyLoader(dataset, { ...base, ...extra });
    expect(make({ batchSize: 0 })).toThrow('batchSize: must be an integer of at least 1, got 0');
    expect(make({ transform: { kind: 'train', shortSide: 8, size: 16 } })).toThrow(
      'shortSide must be an integer of',
    );
    expect(make({ workers: 2 })).toThrow('workers need the built package');
  });
});

const built = join(import.meta.dirname, '../../dist/node.js');
describe.skipIf(!existsSync(built) || !existsSync(join(import.meta.dirname, '../../../core/dist/node.js')))(
  'StudyLoader with threads (needs `tsup` to have been run in @raca/core and @raca/data)',
  () => {
    it('gives the same bytes as without, in either module format, and stops when told', async () => {
      const require = (await import('node:module')).createRequire(import.meta.url);
      const esm = (await import(/* @vite-ignore */ pathToFileURL(built).href)) as typeof import('../node');
      const cjs = require(built.replace(/js$/, 'cjs')) as typeof import('../node');
      const inline = await all(batches(dataset, 'train', { ...base, epoch: 1 }));
      for (const entry of [esm, cjs]) {
        const cache = new entry.ImageCache({ maxBytes: 1e6 });
        const loader = new entry.StudyLoader(dataset, { ...base, workers: 2, cache: cache as ImageCache });
        expect(await all(loader.batches('train', { epoch: 1 }))).toEqual(inline);
        expect(await all(loader.batches('train', { epoch: 1 }))).toEqual(inline);
        const thrifty = new entry.StudyLoader(dataset, { ...base, workers: 2, reuse: true });
        expect(await copies(thrifty, 1)).toEqual(inline.map(({ images }) => images));
        await thrifty.close();
        for await (const _ of loader.batches('train', { epoch: 3 })) break;
        await loader.close();
      }
    });

    it('lets the process end, closed or not, used up or not', () => {
      const script = `
        import { openDataset, StudyLoader, batches } from ${JSON.stringify(pathToFileURL(built).href)};
        const dataset = openDataset(${JSON.stringify(dir)});
        const tokenizer = { encode: () => [0, 0], decode: () => '' };
        const transform = { kind: 'eval', size: 16 };
        const options = { batchSize: 2, tokenizer, maxLength: 8, transform, workers: 1 };
        for await (const batch of new StudyLoader(dataset, options).batches('train')) break;
        for await (const batch of batches(dataset, 'train', options)) break;
        for await (const batch of new StudyLoader(dataset, options).batches('train')) {}
        console.log('done');`;
      const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      expect([status, stdout]).toEqual([0, 'done\n']);
    });

    it('names the unreadable file and lives on', async () => {
      const { StudyLoader } = (await import(
        /* @vite-ignore */ pathToFileURL(built).href
      )) as typeof import('../node');
      const study = { ...dataset.annotation.train[0], image_path: ['nowhere.png'] };
      const odd = { dir, annotation: { ...dataset.annotation, test: [study] } };
      const loader = new StudyLoader(odd, { ...base, workers: 1 });
      await expect(all(loader.batches('test'))).rejects.toThrow(/nowhere\.png: expected a readable/);
      expect((await all(loader.batches('val'))).length).toBe(1);
      await loader.close();
    });
  },
);
