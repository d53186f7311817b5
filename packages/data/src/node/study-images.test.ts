import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readStudyImages } from './study-images';

const dir = mkdtempSync(join(tmpdir(), 'raca-study-images-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'annotation.json');
const write = (value: unknown) => writeFileSync(file, JSON.stringify(value));

it('reads ids and image files, whatever there is of reports', () => {
  write({
    other: [1],
    test: [
      { id: 'a', image_path: ['a/0.png', 'a/1.png'] },
      { id: 'b', report: '', image_path: ['b.png'] },
    ],
    val: [{ id: 'c', report: 'Clear.', image_path: ['c.png'], split: 'val' }],
  });
  const images = (...names: string[]) => names.map((name) => join(dir, 'images', name));
  const [a, b, c] = [
    { id: 'a', images: images('a/0.png', 'a/1.png'), context: { views: ['unknown', 'unknown'] } },
    { id: 'b', images: images('b.png'), context: { views: ['unknown'] } },
    { id: 'c', images: images('c.png'), context: { views: ['unknown'] } },
  ];
  expect(readStudyImages(dir, 'test')).toEqual([a, b]);
  expect(readStudyImages(dir, 'all')).toEqual([a, b, c]);
  expect(() => readStudyImages(dir, 'train')).toThrow(
    `${file}: train: expected at least one study, found none (1 in val, 2 in test)`,
  );
});

it.each([
  [{ test: [{ id: 'a', image_path: ['../a.png'] }] }, 'test[0].image_path[0]: expected a path below images/'],
  [{ test: [{ id: 'a', image_path: [] }] }, 'test[0].image_path: expected at least one image'],
  [{ test: [{ image_path: ['a.png'] }] }, 'test[0].id: expected string, found nothing'],
  [{ test: 3 }, 'test: expected array, found 3'],
  [{ test: [], val: [] }, 'expected at least one study, found none (nor elsewhere)'],
  [
    { test: [{ id: 'a', image_path: ['a'] }], val: [{ id: 'a', image_path: ['b'] }] },
    'val[0].id: expected ids used once, found "a" also at test[0]',
  ],
])('refuses %j', (value, message) => {
  write(value);
  expect(() => readStudyImages(dir, 'all')).toThrow(message);
});

it('names a folder without annotation.json', () => {
  expect(() => readStudyImages(join(dir, 'none'), 'all')).toThrow(
    /annotation\.json: expected a readable JSON file/,
  );
});
