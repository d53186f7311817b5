import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Annotation, Manifest, Study } from '../dataset';
import { buildVocabulary, Tokenizer } from '../text/tokenizer';
import { checkDataset } from './check';
import { encodePng } from './decode';
import { openDataset, readAnnotation, readVocabulary, writeVocabulary } from './read';
import { writeAnnotation, writeDataset } from './write';

const manifest: Manifest = { source: 'made by a test', licence: 'none', cleaning: 'iu_xray' };
const study = (id: string, split: Study['split'], extra: object = {}): Study => ({
  id,
  report: `Heart normal ${id}.`,
  image_path: [`${id}/0.png`],
  split,
  ...extra,
});
const small = (): Annotation => ({
  train: [study('a', 'train', { views: ['frontal'] }), study('b', 'train')],
  val: [study('c', 'val')],
  test: [study('d', 'test')],
});

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'raca-data-'));
  const png = await encodePng({ width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 80, 160, 255) });
  for (const id of 'abcd') {
    mkdirSync(join(dir, 'images', id), { recursive: true });
    writeFileSync(join(dir, 'images', id, '0.png'), png);
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const put = (value: unknown, name = 'annotation.json') =>
  writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
// biome-ignore lint/suspicious/noExplicitAny: the point is to break the types
const changed = (change: (annotation: any) => void) => {
  const annotation = JSON.parse(JSON.stringify(small()));
  change(annotation);
  return annotation;
};

describe('openDataset', () => {
  it('takes regions that the manifest names, and the truth of the 12 beside them', () => {
    const own = { ...manifest, regions: ['Left lung', 'Right lung'] };
    const regions = { rows: 1, cols: 2, studies: { a: [{ Heart: [0, 0.5], 'Left lung': [1, 0] }] } };
    const annotation = changed(({ train }) => {
      train[0].sentence_regions = { S1: ['Left lung', 'Lung'] };
    });
    writeDataset(dir, annotation, own, { regions });
    const opened = openDataset(dir);
    expect(opened.regions).toEqual(regions);
    expect(opened.warnings).toEqual([
      `${join(dir, 'annotation.json')}: sentence_regions: ignored "Lung", not one of the 2 regions (1 uses)`,
    ]);
    expect(() => writeDataset(dir, annotation, manifest, { regions })).toThrow(/Left lung/);
  });

  it('reads back what writeDataset wrote, unknown fields too, and leaves nothing else behind', () => {
    const regions = { rows: 1, cols: 2, studies: { a: [{ Heart: [0, 0.5] }] } };
    writeDataset(dir, small(), manifest, { regions });
    expect(openDataset(dir)).toEqual({ dir, annotation: small(), manifest, regions, warnings: [] });
    expect(readdirSync(dir).sort()).toEqual(['annotation.json', 'images', 'manifest.json', 'regions.json']);
  });

  it('keeps other fields where asked to, in both ways of reading, and writes them', () => {
    const file = join(dir, 'annotation.json');
    writeDataset(dir, small(), manifest);
    const value = { note: 'kept', ...JSON.parse(readFileSync(file, 'utf8')), list: [1, { a: 2 }], none: [] };
    writeFileSync(file, JSON.stringify(value));
    for (const streamFrom of [0, 1e9]) {
      expect(Object.keys(readAnnotation(file, { streamFrom })).sort()).toEqual(['test', 'train', 'val']);
      expect(readAnnotation(file, { streamFrom, otherFields: true })).toEqual(value);
    }
    writeAnnotation(file, value);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(value, null, 1)}\n`);
  });

  it('ignores unknown regions, and says so', () => {
    put(changed((x) => (x.train[0].sentence_regions = { S1: ['Heart', 'Nose'], S2: ['Nose'] })));
    const { warnings } = openDataset(dir);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/ignored "Nose", not one of the 12 regions \(2 uses\)$/);
  });

  const faults: [string, unknown, string][] = [
    ['no JSON', '{"train": [', 'annotation.json: expected JSON, found '],
    ['an empty file', '', 'annotation.json: expected JSON, found an empty file'],
    ['another type at the top', [], 'annotation.json: top level: expected object, found an array of 0'],
    ['a missing split', changed((x) => delete x.val), 'annotation.json: val: expected array, found nothing'],
    ['a number as id', changed((x) => (x.val[0].id = 7)), 'val[0].id: expected string, found 7'],
    [
      'an empty report',
      changed((x) => (x.train[1].report = ' \n')),
      'train[1].report: expected a report that is not empty',
    ],
    [
      'no images',
      changed((x) => (x.test[0].image_path = [])),
      'test[0].image_path: expected at least one image',
    ],
    [
      'a path as text',
      changed((x) => (x.test[0].image_path = 'd/0.png')),
      'test[0].image_path: expected array, found "d/0.png"',
    ],
    [
      'a path out of the folder',
      changed((x) => (x.test[0].image_path = ['../../etc/x'])),
      'expected a path below images/',
    ],
    [
      'an absolute path',
      changed((x) => (x.test[0].image_path = ['/etc/x'])),
      'expected a path below images/',
    ],
    [
      'an id used twice',
      changed((x) => (x.test[0].id = 'a')),
      'test[0].id: expected ids used once, found "a" also at train[0]',
    ],
    [
      'a study in the wrong list',
      changed((x) => (x.test[0].split = 'val')),
      'test[0].split: expected "test", found "val"',
    ],
    [
      'a missing image',
      changed((x) => (x.val[0].image_path = ['c/9.png'])),
      'expected an image file, found nothing at val[0].image_path[0]',
    ],
    [
      'regions of no sentence',
      changed((x) => (x.val[0].sentence_regions = { first: [] })),
      'expected S1, S2, ...',
    ],
  ];
  it.each(faults)('tells of %s in one line', (_, value, message) => {
    put(value);
    expect(() => openDataset(dir)).toThrow(message);
    expect(() => openDataset(dir)).toThrow(/^[^\n]+$/);
    expect(() => openDataset(dir)).toThrow(join(dir, 'annotation.json'));
  });

  it('tells of missing folders and files', () => {
    expect(() => openDataset(join(dir, 'none'))).toThrow('none: expected a data set folder, found nothing');
    expect(() => openDataset(dir)).toThrow('annotation.json: expected a readable JSON file, found nothing');
  });

  it('tells of a bad manifest and of region truth of the wrong size', () => {
    put(small());
    put({ source: 3, licence: '' }, 'manifest.json');
    expect(() => openDataset(dir)).toThrow('manifest.json: source: expected string, found 3');
    put(manifest, 'manifest.json');
    put({ rows: 2, cols: 2, studies: { a: [{ Heart: [1] }] } }, 'regions.json');
    expect(() => openDataset(dir)).toThrow(
      'regions.json: studies.a[0].Heart: expected 2 x 2 patches, found an array of 1',
    );
  });

  it.each([
    ['Heart', [0, 2], '.Heart[1]: Too big: expected number to be <=1, found 2'],
    ['Heart', [-1, 0], '.Heart[0]: Too small: expected number to be >=0, found -1'],
    ['Heart', [0, null], '.Heart[1]: expected number, found null'],
    ['Heart', '01', '.Heart: expected array, found "01"'],
    ['Nose', [0, 1], ': Unrecognized key: "Nose"'],
  ])('tells of coverages of %s that are none: %s', (region, patches, message) => {
    put(small());
    put(manifest, 'manifest.json');
    put({ rows: 1, cols: 2, studies: { a: [{ Spine: [1, 0.5], [region]: patches }] } }, 'regions.json');
    expect(() => openDataset(dir)).toThrow(`regions.json: studies.a[0]${message}`);
  });
});

describe('writeDataset', () => {
  it('writes nothing that could not be read back', () => {
    const twice = { ...small(), test: [study('a', 'test')] };
    expect(() => writeDataset(dir, twice, manifest)).toThrow('expected ids used once');
    expect(readdirSync(dir)).toEqual(['images']);
  });
});

describe('vocab.json', () => {
  it('is written and read', () => {
    const file = join(dir, 'vocab.json');
    writeVocabulary(file, new Tokenizer(buildVocabulary(['heart normal .'], { threshold: 1 })));
    expect(readVocabulary(file).words).toEqual(['.', '<unk>', 'heart', 'normal']);
  });
});

describe('checkDataset', () => {
  it('counts a sound folder', async () => {
    writeDataset(dir, { ...small(), val: [{ ...study('c', 'val'), report: 'HEART normal b' }] }, manifest);
    const { problems, counts } = await checkDataset(dir);
    expect(problems.map(({ level, message }) => `${level} ${message.replace(dir, '')}`)).toEqual([
      'warning /images: tiny: 4 images, first a/0.png',
      'warning /annotation.json: val: 1 of 1 reports stand word for word in train',
    ]);
    expect(counts.splits.train).toEqual({
      studies: 2,
      images: 2,
      distinctReports: 2,
      reportsAlsoInTrain: 0,
      reportWords: { min: 4, median: 4, mean: 4, max: 4 },
    });
    expect(counts.vocabulary).toEqual({ threshold: 3, size: 1 });
    expect((await checkDataset(dir, { threshold: 2 })).counts.vocabulary.size).toBe(4); // . <unk> heart normal
  });

  it('lists every fault at once', async () => {
    const good = readFileSync(join(dir, 'images/a/0.png'));
    writeFileSync(join(dir, 'images/b/0.png'), good.subarray(0, good.length - 20));
    rmSync(join(dir, 'images/c/0.png'));
    put(
      changed((x) => {
        x.train.push({ ...x.train[0], report: '' });
        x.train[0].subject_id = x.test[0].subject_id = 10;
        x.train[1].sentence_regions = { S1: ['Nose'] };
        x.test.push(x.train[0]);
      }),
    );
    const messages = (await checkDataset(dir)).problems.map(({ message }) => message.replace(dir, ''));
    expect(messages).toHaveLength(10);
    expect(messages[0]).toMatch(/train\[2\]: report: expected a report that is not empty, found ""$/);
    expect(messages[1]).toMatch(/test: id "a" is used twice$/);
    expect(messages[2]).toMatch(/"a": expected split "test", found "train"$/);
    expect(messages[3]).toMatch(/image_path: 1 images stand in two splits, first "a\/0\.png"$/);
    expect(messages[4]).toMatch(/subject_id: 1 patients stand in two splits, first 10$/);
    expect(messages[5]).toMatch(/^\/images\/b\/0\.png: expected a readable image [^\n]*, found: [^\n]+$/);
    expect(messages[6]).toBe('/images/c/0.png: expected an image, found nothing');
    expect(messages[7]).toBe('/images: tiny: 2 images, first a/0.png');
    expect(messages[8]).toMatch(/"Nose" is not one of the 12 regions/);
    expect(messages[9]).toMatch(/test: 1 of 2 reports stand word for word in train$/);
  });

  it('stops where there is nothing to look at', async () => {
    await expect(checkDataset(join(dir, 'none'))).rejects.toThrow(
      'expected a readable JSON file, found nothing',
    );
  });
});
