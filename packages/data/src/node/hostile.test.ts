import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { chest, type Fields, MISSING, makeDicom, run, SECRETS } from '../dicom/testing/programs';
import { deflatedDicom } from '../dicom/testing/write-dicom';
import { bitmaps } from '../image/testing/bitmaps';

const dir = mkdtempSync(join(tmpdir(), 'raca-hostile-'));
const work = mkdtempSync(join(tmpdir(), 'raca-hostile-'));
afterAll(() => {
  for (const folder of [dir, work]) rmSync(folder, { recursive: true, force: true });
});
const script = join(import.meta.dirname, '../../bench/hostile.mjs');
const built = existsSync(join(import.meta.dirname, '../../dist/dicom.js'));
/** More by `RACA_DAMAGED=2000`. */
const COUNT = Number(process.env.RACA_DAMAGED ?? 200);
const [width, height] = [190, 210];

async function makePictures(): Promise<void> {
  const gray = Buffer.from(chest(width, height, 255));
  const deep = Buffer.from(chest(width, height, 65535).buffer);
  const raw = { width, height, channels: 1 as const };
  const put = (name: string, bytes: Uint8Array) => writeFileSync(join(dir, name), bytes);
  put('8.png', await sharp(gray, { raw }).toColourspace('b-w').png().toBuffer());
  const wide = sharp(new Uint16Array(deep.buffer), { raw }).toColourspace('grey16');
  put('16.png', await wide.png().toBuffer());
  put('a.jpg', await sharp(gray, { raw }).toColourspace('b-w').jpeg().toBuffer());
  put('progressive.jpg', await sharp(gray, { raw }).jpeg({ progressive: true }).toBuffer());
  put('8.tiff', await sharp(gray, { raw }).toColourspace('b-w').tiff().toBuffer());
  const lzw = sharp(new Uint16Array(deep.buffer), { raw }).toColourspace('grey16');
  put('16.tiff', await lzw.tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer());
  put('tiled.tiff', await sharp(gray, { raw }).tiff({ tile: true, compression: 'deflate' }).toBuffer());
  put('a.webp', await sharp(gray, { raw }).webp().toBuffer());
  put('lossless.webp', await sharp(gray, { raw }).webp({ lossless: true }).toBuffer());
  put('cmyk.jpg', await sharp(gray, { raw }).toColourspace('cmyk').jpeg().toBuffer());
  for (const [name, bytes] of Object.entries(bitmaps(width, height, gray))) put(name, bytes);
  const flat = (side: number, channels: 1 | 3) =>
    sharp({
      limitInputPixels: false,
      create: { width: side, height: side, channels: 3, background: '#808080' },
    })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .png({ compressionLevel: 9 })
      .toBuffer();
  put('bomb-400-megapixels.png', await flat(20_000, 1));
  put('large-49-megapixels-colour.png', await flat(7_000, 3));
}

function makeDicoms(): void {
  const deep = makeDicom(join(work, '16.dcm'), chest(width, height, 4095), {
    width,
    height,
    allocated: 16,
    stored: 12,
    more: ['(0028,1050) DS [1800]', '(0028,1051) DS [2200]'],
  });
  const fields: Fields = { width, height, allocated: 8, photometric: 'MONOCHROME1' };
  const eight = makeDicom(join(work, '8.dcm'), Uint8Array.from(chest(width, height, 255)), fields);
  const each: [name: string, from: string, program: string, ...flags: string[]][] = [
    ['explicit', deep, 'dcmconv', '+te'],
    ['implicit', deep, 'dcmconv', '+ti'],
    ['big', deep, 'dcmconv', '+tb'],
    ['deflated', deep, 'dcmconv', '+td'],
    ['headless', deep, 'dcmconv', '-F', '+ti'],
    ['rle', deep, 'dcmcrle'],
    ['baseline', eight, 'dcmcjpeg', '+eb'],
    ['extended', deep, 'dcmcjpeg', '+ee'],
    ['lossless', deep, 'dcmcjpeg', '+e1'],
    ['jpeg-ls', deep, 'dcmcjpls', '+el'],
    ['near', deep, 'dcmcjpls', '+en'],
    ['jpeg-2000', deep, 'gdcmconv', '--j2k'],
    ['jpeg-2000-lossy', deep, 'gdcmconv', '--j2k', '--lossy', '-r', '4'],
  ];
  for (const [name, from, program, ...flags] of each) run(program, ...flags, from, join(dir, `${name}.dcm`));
  const j2k = readFileSync(join(dir, 'jpeg-2000.dcm'));
  writeFileSync(join(dir, 'a.j2k'), j2k.subarray(j2k.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]))));
  // a text of 20 MB in a small file: refused, not decoded
  const deflatedText = deflatedDicom([
    [0x00280004, 'UT', Buffer.alloc(20e6, 'MONOCHROME2 ')],
    [0x00280010, 'US', 64],
    [0x00280011, 'US', 64],
  ]);
  writeFileSync(join(dir, 'bomb-text.dcm'), deflatedText);
  // what claims to be the rest of the data set unpacks to 1.5 GB
  const deflated = readFileSync(join(dir, 'deflated.dcm'));
  const meta = deflated.subarray(0, 144 + deflated.readUInt32LE(140));
  const zeros = deflateRawSync(Buffer.alloc(64e6), { finishFlush: constants.Z_FULL_FLUSH });
  writeFileSync(
    join(dir, 'bomb-deflated.dcm'),
    Buffer.concat([meta, ...Array(24).fill(zeros), deflateRawSync(Buffer.alloc(0))]),
  );
}

it.skipIf(!built)(
  `${COUNT} damaged images end in pictures or one line each, below 1 GB (needs the built package${
    MISSING.length ? `; without DICOM: ${MISSING.join(' ')} missing` : ''
  })`,
  async () => {
    await makePictures();
    if (MISSING.length === 0) makeDicoms();
    const forbidden = SECRETS.flatMap((text) => text.split(/[\^ ]/)).flatMap((text) => ['--forbid', text]);
    const args = [script, '--sources', dir, '--count', `${COUNT}`, '--seed', '7', ...forbidden];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 560_000,
    });
    expect(stderr).toBe('');
    const { broken, peakMB, files, decoded, refused } = JSON.parse(stdout);
    expect(broken).toEqual([]);
    expect(status).toBe(0);
    expect(files).toBe(COUNT);
    expect(peakMB).toBeLessThan(1000);
    expect(decoded).toBeGreaterThan(COUNT / 10);
    expect(refused).toBeGreaterThan(COUNT / 4);
  },
  580_000,
);
