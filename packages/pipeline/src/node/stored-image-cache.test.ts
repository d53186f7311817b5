import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StoredImageCache } from './stored-image-cache';

const root = mkdtempSync(join(tmpdir(), 'raca-images-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [a, b] = ['a.png', 'b.png'].map((name) => join(root, name));
const path = join(root, 'images.bin');
const train = { kind: 'train', size: 2, shortSide: 3, flip: false } as const;
const evaluation = { kind: 'eval', size: 2 } as const;
const image = (...pixels: number[]) => ({
  ...{ width: pixels.length / 2, height: 2, channels: 1 },
  data: Uint8Array.from(pixels),
});
const fresh = () => new StoredImageCache(path, { maxBytes: 100 });

describe('StoredImageCache', () => {
  it('gives another process what was put in, by file and transform', () => {
    for (const file of [a, b]) writeFileSync(file, 'picture');
    const cache = fresh();
    cache.save();
    expect(existsSync(path)).toBe(false); // nothing to write
    cache.set(a, train, image(1, 2, 3, 4, 5, 6));
    cache.set(a, evaluation, image(7, 8));
    cache.set(b, evaluation, image(9, 10));
    cache.save();
    const other = fresh();
    expect(other.get(a, train)).toEqual(image(1, 2, 3, 4, 5, 6));
    expect(other.get(a, evaluation)).toEqual(image(7, 8));
    expect(other.get(b, evaluation)).toEqual(image(9, 10));
    expect(other.get(b, train)).toBeUndefined();
    expect(other.get(a, train)!.data.buffer.byteLength).toBe(6); // not a window on the whole file
    expect(other.bytes).toBe(10);
  });

  it('forgets an image that changed or is gone, and keeps the others', () => {
    utimesSync(a, 1000, 1000);
    const cache = fresh();
    expect(cache.get(a, train)).toBeUndefined();
    expect(cache.get(b, evaluation)).toEqual(image(9, 10));
    rmSync(b);
    expect(fresh().size).toBe(0);
    writeFileSync(b, 'picture');
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(1)])],
    ['no JSON', () => Buffer.from('pictures\n')],
    ['another JSON', () => Buffer.from('[{"file":3}]\n')],
    ['nothing', () => Buffer.alloc(0)],
  ])('takes a file that is %s as none', (_, spoil) => {
    rmSync(path, { force: true });
    const cache = fresh();
    cache.set(a, evaluation, image(1, 2));
    cache.save();
    expect(fresh().size).toBe(1);
    writeFileSync(path, spoil(readFileSync(path)));
    expect(fresh().size).toBe(0);
  });

  it('holds no more than it may', () => {
    rmSync(path, { force: true });
    const cache = new StoredImageCache(path, { maxBytes: 3 });
    cache.set(a, evaluation, image(1, 2));
    cache.set(a, train, image(1, 2));
    cache.save();
    expect(fresh().size).toBe(1);
  });
});
