import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { chest, run } from '../dicom/testing/programs';
import { bitmaps, bmp, grays } from '../image/testing/bitmaps';
import { blockJpeg } from '../image/testing/block-jpeg';
import { orderViews } from '../image/view-order';
import { type ReadOptions, readImage, readRadiograph } from './decode';

const dir = mkdtempSync(join(tmpdir(), 'raca-pictures-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
};
const [width, height] = [70, 90];
const gray = Uint8Array.from(chest(width, height, 255));
const raw = { width, height, channels: 1 as const };
const deep = (most: number) => new Uint16Array(chest(width, height, most));

/** A TIFF of 64 x 64 samples after TIFF 6.0: one strip, tags in order. */
function tiff(
  photometric: 0 | 1,
  format: 1 | 2 | 3,
  samples: Uint8Array | Int16Array | Uint32Array | Float32Array,
): Buffer {
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const at = 8 + 2 + 10 * 12 + 4;
  const tags = [
    ...[
      [256, 64],
      [257, 64],
      [258, samples.BYTES_PER_ELEMENT * 8],
      [259, 1],
      [262, photometric],
    ],
    ...[
      [273, at],
      [277, 1],
      [278, 64],
      [279, data.length],
      [339, format],
    ],
  ];
  const head = Buffer.alloc(at);
  head.write('II*\0', 0, 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, value], i) => {
    head.writeUInt16LE(tag, 10 + 12 * i);
    head.writeUInt16LE(4, 12 + 12 * i);
    head.writeUInt32LE(1, 14 + 12 * i);
    head.writeUInt32LE(value, 18 + 12 * i);
  });
  return Buffer.concat([head, data]);
}

describe('formats', () => {
  it('TIFF with white at 0', async () => {
    const samples = Uint8Array.from({ length: 4096 }, (_, i) => i % 256);
    const { image } = await readImage(put('white.tiff', tiff(0, 1, samples)));
    expect(image.data).toEqual(samples.map((v) => 255 - v));
  });

  const deep16 = () => sharp(deep(65_535), { raw }).toColourspace('grey16');
  const exact: [string, string, () => Promise<Buffer>][] = [
    [
      'TIFF',
      'plain',
      () => sharp(gray, { raw }).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer(),
    ],
    [
      'TIFF',
      'lzw',
      () =>
        sharp(gray, { raw })
          .toColourspace('b-w')
          .tiff({ compression: 'lzw', predictor: 'horizontal' })
          .toBuffer(),
    ],
    [
      'TIFF',
      'tiled',
      () => sharp(gray, { raw }).toColourspace('b-w').tiff({ compression: 'deflate', tile: true }).toBuffer(),
    ],
    [
      'TIFF',
      'big',
      () => sharp(gray, { raw }).toColourspace('b-w').tiff({ compression: 'none', bigtiff: true }).toBuffer(),
    ],
    ['WebP', 'lossless', () => sharp(gray, { raw }).webp({ lossless: true }).toBuffer()],
    ...Object.entries(bitmaps(width, height, gray)).map(
      ([name, bytes]): [string, string, () => Promise<Buffer>] => ['BMP', name, async () => bytes],
    ),
  ];
  it.each(exact)('%s, %s', async (format, name, make) => {
    const read = await readImage(put(`${format}-${name}`, await make()));
    expect([read.format, read.image.width, read.image.height, read.image.channels]).toEqual([
      format,
      width,
      height,
      1,
    ]);
    expect(read.image.data).toEqual(gray);
    expect(read.faults).toEqual([]);
  });

  it('TIFF of 16 bits', async () => {
    const { image } = await readImage(put('16.tiff', await deep16().tiff({ compression: 'lzw' }).toBuffer()));
    expect(image.data).toEqual(Uint8Array.from(deep(65_535), (v) => Math.round(v / 257)));
  });

  it('BMP of 1 and 4 bits, 16 bits with and without masks', async () => {
    const levels = async (bytes: Buffer) => [...(await readImage(put('x.bmp', bytes))).image.data];
    const two = Buffer.from([10, 10, 10, 0, 200, 200, 200, 0]);
    expect(await levels(bmp(9, 1, 1, Uint8Array.of(0b10110010, 0b10000000, 0, 0), { palette: two }))).toEqual(
      [1, 0, 1, 1, 0, 0, 1, 0, 1].map((bit) => (bit ? 200 : 10)),
    );
    expect(
      await levels(bmp(3, 1, 4, Uint8Array.of(0x3a, 0xf0, 0, 0), { palette: grays.subarray(0, 64) })),
    ).toEqual([3, 10, 15]);
    // 5 bits each: 31, 0, 16 → 255, 0, 16 · 255 / 31 = 131.6
    const words = (...values: number[]) => Buffer.from(values.flatMap((v) => [v & 255, v >> 8]));
    expect(await levels(bmp(1, 1, 16, words((31 << 10) | 16, 0)))).toEqual([255, 0, 132]);
    const masks = Buffer.alloc(12);
    [0xf800, 0x7e0, 0x1f].forEach((mask, i) => {
      masks.writeUInt32LE(mask, 4 * i);
    });
    expect(await levels(bmp(1, 1, 16, words((31 << 11) | (32 << 5), 0), { compression: 3, masks }))).toEqual([
      255, 130, 0,
    ]);
  });

  it('CMYK JPEG: gray made of equal inks or of black alone comes back, with Adobe’s mark and without', async () => {
    const levels = [0, 40, 128, 200, 255, 90];
    const inks: [string, (v: number) => number[]][] = [
      ['equal inks', (v) => [255 - v, 255 - v, 255 - v, 0]],
      ['black alone', (v) => [0, 0, 0, 255 - v]],
    ];
    for (const [name, of] of inks) {
      for (const adobe of [undefined, 0] as const) {
        const blocks = levels.map((v) => of(v).map((ink) => 255 - ink));
        const { image } = await readImage(put('cmyk.jpg', blockJpeg(3, 2, blocks, adobe)));
        expect([image.width, image.height, image.channels], name).toEqual([24, 16, 1]);
        const centres = levels.map((_, i) => image.data[(Math.floor(i / 3) * 8 + 4) * 24 + (i % 3) * 8 + 4]);
        centres.forEach((level, i) => {
          expect(Math.abs(level - levels[i]), `${name} ${adobe} ${levels[i]}`).toBeLessThanOrEqual(1);
        });
      }
    }
  });

  it('takes the first page', async () => {
    const page = (shift: number) =>
      sharp(
        gray.map((v) => (v + shift) & 255),
        { raw },
      )
        .png()
        .toBuffer();
    const pages = await sharp([await page(0), await page(100)], { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const { image, warnings } = await readImage(put('pages.webp', pages));
    expect(image.data).toEqual(gray);
    expect(warnings[0]).toBe('the first of 2 pages is taken');
  });
});

describe('what is not read is named, and what to do about it', () => {
  const ftyp = (brand: string) =>
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}`), Buffer.alloc(64)]);
  const tar = Buffer.alloc(512);
  tar.write('x.png');
  tar.write('ustar', 257);
  const cases: [string, Uint8Array | string, RegExp][] = [
    ['GIF', 'GIF89a\x01\x00', /a GIF; convert it to PNG/],
    ['HEIC', ftyp('heic'), /a HEIC picture/],
    ['AVIF', ftyp('avif'), /an AVIF picture/],
    ['film', ftyp('isom'), /a film/],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0, 0]), /a JPEG XL/],
    ['PDF', '%PDF-1.7\n%\xe2\xe3', /a PDF document/],
    ['zip', 'PK\x03\x04aaaa', /a zip archive; unpack it/],
    ['gzip', gzipSync('x'), /a gzip file; unpack it first \(gunzip\)/],
    ['tar', tar, /a tar archive/],
    ['login', '\n<!DOCTYPE html><html><head><title>Log in</title>', /a web page \(of a login or an error/],
    ['login in UTF-16', Buffer.from('\ufeff<html><body>', 'utf16le'), /a web page/],
    ['LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /a Git LFS pointer.*git lfs pull/],
    ['annex', '/annex/objects/SHA256E-s1--0.png\n', /a git-annex pointer/],
    ['SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', /an SVG drawing/],
    ['XML', '<Error><Code>AccessDenied</Code></Error>', /an XML file/],
    ['JSON', '{"error": "not authorised"}', /a JSON file/],
    ['text', 'Not found\n', /a text file/],
    ['zeros', Buffer.alloc(5000), /a file of zeros/],
    ['nothing', '', /an empty file/],
    ['NIfTI', Buffer.concat([Buffer.alloc(344, 1), Buffer.from('n+1\0')]), /a NIfTI volume/],
    ['noise', Buffer.from([9, 200, 3, 4, 5, 6]), /a file that begins like none of them/],
    [
      'BMP of JPEG',
      bmp(1, 1, 24, Buffer.alloc(4), { compression: 4 }),
      /a BMP of a compression that is not read \(JPEG\)/,
    ],
    ['BMP cut', bmp(100, 100, 24, Buffer.alloc(40)), /a truncated BMP/],
    ['BMP bomb', bmp(60_000, 60_000, 24, Buffer.alloc(40)), /an image of 60000x60000, expected at most/],
  ];
  it.each(cases)('%s', async (name, bytes, says) => {
    const file = put(`${name}.png`, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    const error = await readImage(file).catch((e: Error) => e);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).toMatch(/^[^\n]*expected a readable image \(.*\), found: [^\n]+$/);
  });

  it.each([
    [3, new Float32Array(4096), 'floating-point'],
    [2, new Int16Array(4096), 'signed 16-bit'],
    [1, new Uint32Array(4096), '32-bit'],
  ] as const)('TIFF of sample format %i', async (format, samples, name) => {
    const file = put('odd.tiff', tiff(1, format, samples));
    await expect(readImage(file)).rejects.toThrow(
      `a TIFF of ${name} samples, which is not read; convert it to PNG`,
    );
  });

  it.skipIf(process.platform === 'win32')(
    'never waits for a pipe or a device, never follows links in circles',
    async () => {
      run('mkfifo', join(dir, 'pipe.png'));
      symlinkSync(join(dir, 'round.png'), join(dir, 'round.png'));
      for (const file of [join(dir, 'pipe.png'), '/dev/zero', '/dev/null'])
        await expect(readImage(file)).rejects.toThrow('found: no regular file (a pipe or a device)');
      await expect(readImage(join(dir, 'round.png'))).rejects.toThrow(
        'found: symbolic links that go round in circles',
      );
      await expect(readImage(dir)).rejects.toThrow('found: a folder');
    },
  );
});

describe('gray levels', () => {
  const png = async (name: string, data: Uint8Array | Uint16Array) =>
    put(
      name,
      await sharp(data, { raw })
        .toColourspace(data instanceof Uint16Array ? 'grey16' : 'b-w')
        .png()
        .toBuffer(),
    );
  const levels = async (file: string, options: ReadOptions = {}) =>
    (await readImage(file, options)).image.data;

  it.each([10, 12, 14])('%i bits in a 16-bit PNG are stretched, with a line', async (bits) => {
    const values = deep(2 ** bits - 1);
    const { image, warnings } = await readImage(await png(`${bits}.png`, values));
    expect(image.data).toEqual(Uint8Array.from(values, (v) => Math.round((255 * v) / (2 ** bits - 1))));
    expect(warnings[0]).toMatch(
      new RegExp(`^16-bit picture with no value above \\d+: stretched as one of ${bits} bits$`),
    );
  });

  it('window, range, inversion of what is stored', async () => {
    const file = await png('w.png', gray);
    const window = await levels(file, { voi: { center: 100, width: 101 } }); // 49.5 black, 149.5 white
    expect(window).toEqual(
      Uint8Array.from(gray, (v) => Math.round(255 * Math.min(1, Math.max(0, (v - 49.5) / 100)))),
    );
    expect(await levels(file, { invert: true })).toEqual(gray.map((v) => 255 - v));
    const faint = await png(
      'faint.png',
      gray.map((v) => 100 + Math.round(v / 20)),
    );
    const stretched = await levels(faint, { voi: 'minmax' });
    expect([Math.min(...stretched), Math.max(...stretched)]).toEqual([0, 255]);
  });

  it('a picture of (nearly) one gray is no radiograph, unless it is forced or stretched', async () => {
    const faint = await png(
      'f.png',
      gray.map((v) => 100 + Math.round(v / 20)),
    );
    await expect(readRadiograph(faint)).rejects.toThrow(
      /f\.png: expected a chest radiograph, found: nearly one gray: 98 of 100 pixels between \d+ and \d+ of 255 \(--levels auto/,
    );
    const forced = await readRadiograph(faint, { force: true });
    expect([forced.faults, forced.warnings[0]]).toEqual([[], expect.stringMatching(/^nearly one gray/)]);
    expect((await readRadiograph(faint, { voi: 'percentiles' })).warnings).toEqual([]);
    expect((await readImage(faint)).faults).toHaveLength(1);
  });

  it('asks about colours', async () => {
    const photo = await sharp(
      Uint8Array.from({ length: 3 * 6400 }, (_, i) => (i * 37) % 256),
      { raw: { width: 80, height: 80, channels: 3 } },
    )
      .png()
      .toBuffer();
    expect((await readImage(put('photo.png', photo))).warnings).toEqual(['a colour picture: a photograph?']);
  });
});

describe('orderViews', () => {
  const view = (file: string, kind?: 'frontal' | 'lateral', viewPosition?: string) => ({
    file,
    ...(kind && { subject: { view: kind, viewPosition } }),
  });
  it.each([
    [
      [view('a', 'lateral', 'LL'), view('b', 'frontal')],
      'ba',
      ['a: a lateral view (View Position LL) by its header: put behind the frontal one'],
    ],
    [
      [view('a', 'lateral'), view('b')],
      'ba',
      ['a: a lateral view by its header: put behind the frontal one'],
    ],
    [[view('a', 'frontal'), view('b', 'lateral')], 'ab', []],
    [[view('a'), view('b')], 'ab', []],
    [
      [view('a', 'lateral', 'RL')],
      'a',
      ['a: a lateral view (View Position RL) by its header; models expect a frontal one first'],
    ],
  ])('%j', (given, order, lines) => {
    const { views, warnings } = orderViews(given);
    expect([views.map(({ file }) => file).join(''), warnings]).toEqual([order, lines]);
  });
});
