import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Annotation, Study } from '../dataset';
import { readAnnotation } from './read';
import { writeDataset } from './write';

const dir = mkdtempSync(join(tmpdir(), 'raca-large-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'annotation.json');

const study = (id: string, split: Study['split'], extra: object = {}): Study => ({
  id,
  report: `Heart "normal"\n{${id}}, [x].`,
  image_path: [`${id}/0.png`],
  split,
  ...extra,
});
const annotation: Annotation = {
  train: [study('a', 'train', { views: ['PA'] }), study('b', 'train')],
  val: [],
  test: [study('d', 'test')],
};
const manifest = { source: 'made by a test', licence: 'none' };

describe('an annotation file read study by study', () => {
  it('is what was written, and the text is that of JSON.stringify', () => {
    writeDataset(dir, annotation, manifest);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(annotation, null, 1)}\n`);
    expect(readAnnotation(file, { streamFrom: 0 })).toEqual(annotation);
    expect(readAnnotation(file, { streamFrom: 0 })).toEqual(readAnnotation(file));
  });

  // biome-ignore lint/suspicious/noExplicitAny: the point is to break the types
  const faults: [string, (copy: any) => void][] = [
    ['a missing list', (x) => delete x.val],
    ['a list that is an object', (x) => (x.val = {})],
    ['a number as id', (x) => (x.train[1].id = 7)],
    ['an unsafe path', (x) => (x.test[0].image_path = ['../x'])],
    ['an id used twice', (x) => (x.test[0].id = 'b')],
    ['a study in the wrong list', (x) => (x.test[0].split = 'val')],
  ];
  it.each(faults)('tells of %s in the words of the whole file', (_, change) => {
    const copy = structuredClone(annotation);
    change(copy);
    writeFileSync(file, JSON.stringify(copy));
    const message = (read: () => unknown): string => {
      try {
        read();
        return 'no error';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const whole = message(() => readAnnotation(file));
    expect(whole).not.toBe('no error');
    expect(message(() => readAnnotation(file, { streamFrom: 0 }))).toBe(whole);
  });
});

const built = existsSync(new URL('../../dist/node.js', import.meta.url));

describe.skipIf(!built)(
  'a listing of the size of MIMIC-CXR (skipped where packages/data is not built)',
  () => {
    it('is listed, filtered, shuffled and iterated below 1 GB', { timeout: 300_000 }, () => {
      const script = fileURLToPath(new URL('./testing/large-listing.mjs', import.meta.url));
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, join(dir, 'large')], {
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      const result = JSON.parse(stdout);
      expect(result).toMatchObject({
        studies: 227_835,
        images: 377_110,
        frontal: 113_918,
        iterated: 113_918,
        distinct: 113_918,
      });
      expect(result.shuffled).toBe(true);
      expect(result.megabytes).toBeLessThan(1000);
    });
  },
);
