import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RasterImage } from '../image/raster';
import { wasmFile } from '../node/wasm-files';
import { type DicomOptions, decodeDicom } from './decode';
import { chest, type Fields, MISSING, makeDicom, run, SECRETS, shown } from './testing/programs';

const dir = mkdtempSync(join(tmpdir(), 'raca-dicom-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const at = (name: string) => join(dir, name.replace(/[^\w.]+/g, '-'));
const read = (file: string, options: DicomOptions = {}) =>
  decodeDicom(readFileSync(file), { wasm: wasmFile, ...options });

const [width, height] = [67, 54];
const size = { width, height };
const twelve: Fields = { ...size, allocated: 16, stored: 12 };
const rgb = (planar: 0 | 1 = 0) => {
  const planes = [chest(width, height, 250, 2), chest(width, height, 200, 3), chest(width, height, 150, 4)];
  const pixels = width * height;
  return Uint8Array.from({ length: 3 * pixels }, (_, i) =>
    planar ? planes[Math.floor(i / pixels)][i % pixels] : planes[i % 3][Math.floor(i / 3)],
  );
};

/** Largest difference in gray levels. */
function difference(a: RasterImage, b: RasterImage): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  let worst = 0;
  for (let i = 0; i < b.data.length; i++) worst = Math.max(worst, Math.abs(a.data[i] - b.data[i]));
  expect(new Set(b.data).size, 'levels in the expected picture').toBeGreaterThan(20);
  return worst;
}

type Encode = (from: string, to: string) => void;
const dcmtk =
  (program: string, ...flags: string[]): Encode =>
  (from, to) =>
    run(program, ...flags, from, to);
const SYNTAXES: Record<string, Encode> = {
  'explicit little endian': dcmtk('dcmconv', '+te'),
  'implicit little endian': dcmtk('dcmconv', '+ti'),
  'explicit big endian': dcmtk('dcmconv', '+tb'),
  deflated: dcmtk('dcmconv', '+td'),
  'no preamble': dcmtk('dcmconv', '-F', '+ti'),
  RLE: dcmtk('dcmcrle'),
  'RLE in several fragments': dcmtk('dcmcrle', '+fs', '1'),
  'JPEG lossless': dcmtk('dcmcjpeg', '+el', '+sv', '6'),
  'JPEG lossless, first order': dcmtk('dcmcjpeg', '+e1'),
  'JPEG lossless in several fragments': dcmtk('dcmcjpeg', '+e1', '+fs', '1'),
  'JPEG-LS': dcmtk('dcmcjpls', '+el'),
  'JPEG-LS near-lossless': dcmtk('dcmcjpls', '+en', '+md', '4'),
  'JPEG-LS by gdcm': dcmtk('gdcmconv', '--jpegls'),
  'JPEG lossless by gdcm': dcmtk('gdcmconv', '--jpeg'),
  'RLE by gdcm': dcmtk('gdcmconv', '--rle'),
  'JPEG 2000': dcmtk('gdcmconv', '--j2k'),
  'JPEG 2000 lossy': dcmtk('gdcmconv', '--j2k', '--lossy', '-r', '4'),
};

describe.skipIf(MISSING.length > 0)(
  `DICOM against dcmtk and gdcm (missing here: ${MISSING.join(' ') || 'none'})`,
  () => {
    describe.each(Object.keys(SYNTAXES))('%s', (name) => {
      const kinds: [string, () => [Uint8Array | Uint16Array, Fields]][] = [
        ['12 of 16 bit', () => [chest(width, height, 4095), twelve]],
        ['MONOCHROME1', () => [chest(width, height, 4095, 5), { ...twelve, photometric: 'MONOCHROME1' }]],
        ['8 bit', () => [Uint8Array.from(chest(width, height, 255)), { ...size, allocated: 8 }]],
        ['16 bit', () => [chest(width, height, 65535), { ...size, allocated: 16 }]],
        [
          'signed',
          () => [
            Uint16Array.from(chest(width, height, 3000), (v) => v - 1500),
            {
              ...size,
              allocated: 16,
              signed: true,
              more: ['(0028,1052) DS [-24.5]', '(0028,1053) DS [1.5]'],
            },
          ],
        ],
      ];
      // dcmtk has no near-lossless code for signed values
      const can = kinds.filter(([kind]) => !(name === 'JPEG-LS near-lossless' && kind === 'signed'));
      it.each(can)('%s', async (kind, make) => {
        const [samples, fields] = make();
        const source = makeDicom(at(`${name}-${kind}.dcm`), samples, fields);
        const coded = at(`${name}-${kind}-coded.dcm`);
        SYNTAXES[name](source, coded);
        const { image } = await read(coded);
        const range = kind === '8 bit' ? [] : ['+Wm'];
        const expected = shown(name === 'no preamble' ? source : coded, ...range);
        expect(difference(image, expected)).toBeLessThanOrEqual(1);
      });
    });

    it.each([1, 2, 3, 4, 5, 6, 7])('JPEG lossless by predictor %i, exactly', async (predictor) => {
      const source = makeDicom(at(`sv${predictor}.dcm`), chest(width, height, 4095), twelve);
      run('dcmcjpeg', '+el', '+sv', `${predictor}`, source, at(`sv${predictor}c.dcm`));
      expect((await read(at(`sv${predictor}c.dcm`))).image).toEqual((await read(source)).image);
    });

    it('JPEG lossless by a point transform', async () => {
      const source = makeDicom(at('pt.dcm'), chest(width, height, 4095), twelve);
      run('dcmcjpeg', '+e1', '+pt', '3', source, at('ptc.dcm'));
      expect(difference((await read(at('ptc.dcm'))).image, shown(at('ptc.dcm'), '+Wm'))).toBeLessThanOrEqual(
        1,
      );
    });

    it.each(['MONOCHROME1', 'MONOCHROME2'])('JPEG baseline and extended, %s', async (photometric) => {
      const eight = makeDicom(at('b8.dcm'), Uint8Array.from(chest(width, height, 255)), {
        ...size,
        allocated: 8,
        photometric,
      });
      const deep = makeDicom(at('b12.dcm'), chest(width, height, 4095), { ...twelve, photometric });
      for (const [from, range, ...flags] of [
        [eight, [], '+eb'],
        [eight, [], '+ee'],
        [eight, [], '+eb', '+q', '40'],
        [deep, ['+Wm'], '+ee'],
        [deep, ['+Wm'], '+ee', '+q', '30'],
      ] as [string, string[], ...string[]][]) {
        run('dcmcjpeg', ...flags, from, at('bc.dcm'));
        expect(
          difference((await read(at('bc.dcm'))).image, shown(at('bc.dcm'), ...range)),
        ).toBeLessThanOrEqual(1);
      }
    });

    // dcmtk cuts off each term of the colour equation, which makes up to 2 levels; ours rounds their sum
    const levels = { RGB: 0, YBR_FULL: 2 };
    it.each(['RGB', 'YBR_FULL'] as const)('%s by pixels and by planes', async (photometric) => {
      for (const planar of [0, 1] as const) {
        const fields: Fields = { ...size, allocated: 8, samples: 3, planar, photometric };
        const source = makeDicom(at(`c${planar}.dcm`), rgb(planar), fields);
        expect(difference((await read(source)).image, shown(source))).toBeLessThanOrEqual(
          levels[photometric],
        );
        run('dcmcrle', source, at('crle.dcm'));
        expect((await read(at('crle.dcm'))).image).toEqual((await read(source)).image);
      }
    });

    it('YBR_FULL_422', async () => {
      const samples = Uint8Array.from(chest(136, 53, 220));
      const source = makeDicom(at('422.dcm'), samples, {
        width: 68,
        height: 53,
        allocated: 8,
        samples: 3,
        photometric: 'YBR_FULL_422',
      });
      expect(difference((await read(source)).image, shown(source))).toBeLessThanOrEqual(levels.YBR_FULL);
    });

    it('YBR_FULL by the equation (PS3.3 C.7.6.3.1.2)', async () => {
      const samples = Uint8Array.of(100, 128, 128, 100, 90, 200, 60, 220, 40, 250, 128, 255);
      const fields: Fields = { width: 2, height: 2, allocated: 8, samples: 3, photometric: 'YBR_FULL' };
      const { image } = await read(makeDicom(at('ybr.dcm'), samples, fields));
      // e.g. 100 + 1.402 · 72 = 200.9; 100 + 0.3441 · 38 − 0.7141 · 72 = 61.7; 100 − 1.772 · 38 = 32.7
      expect([...image.data]).toEqual([100, 100, 100, 201, 62, 33, 0, 91, 223, 255, 159, 250]);
    });

    it('colour in JPEG, JPEG-LS and JPEG 2000', async () => {
      const source = makeDicom(at('col.dcm'), rgb(), {
        ...size,
        allocated: 8,
        samples: 3,
        photometric: 'RGB',
      });
      for (const [program, ...flags] of [
        ['dcmcjpeg', '+eb'],
        ['dcmcjpeg', '+eb', '+cr'],
        ['dcmcjpeg', '+eb', '+s2'],
        ['dcmcjpeg', '+e1'],
        ['dcmcjpls', '+il'],
        ['dcmcjpls', '+is'],
        ['dcmcjpls', '+in'],
        ['gdcmconv', '--j2k'],
      ]) {
        run(program, ...flags, source, at('colc.dcm'));
        const { image } = await read(at('colc.dcm'));
        expect(difference(image, shown(at('colc.dcm'))), `${program} ${flags}`).toBeLessThanOrEqual(1);
      }
    });

    it('PALETTE COLOR', async () => {
      const table = (c: number) =>
        Array.from({ length: 256 }, (_, i) =>
          (((i * (c + 2) * 40) % 256) * 257).toString(16).padStart(4, '0'),
        );
      const more = [1, 2, 3].flatMap((c) => [
        `(0028,110${c}) US 256\\0\\16`,
        `(0028,120${c}) OW ${table(c).join('\\')}`,
      ]);
      const source = makeDicom(at('pal.dcm'), Uint8Array.from(chest(width, height, 255)), {
        ...size,
        allocated: 8,
        photometric: 'PALETTE COLOR',
        more,
      });
      expect(difference((await read(source)).image, shown(source))).toBeLessThanOrEqual(1);
    });

    describe('stored bits', () => {
      it('leaves out overlay bits above the stored ones', async () => {
        const clean = chest(width, height, 1023);
        const dirty = Uint16Array.from(clean, (v, i) => v | ((i % 7 === 0 ? 0x2a : 0) << 10));
        const fields: Fields = { ...size, allocated: 16, stored: 10 };
        const [a, b] = [makeDicom(at('clean.dcm'), clean, fields), makeDicom(at('dirty.dcm'), dirty, fields)];
        expect((await read(b)).image).toEqual((await read(a)).image);
        expect(difference((await read(b)).image, shown(b, '+Wm'))).toBeLessThanOrEqual(1);
      });

      it('takes bits from below the high bit', async () => {
        const samples = Uint16Array.from(chest(width, height, 4095), (v) => v << 4);
        const source = makeDicom(at('high.dcm'), samples, { ...twelve, high: 15 });
        expect(difference((await read(source)).image, shown(source, '+Wm'))).toBeLessThanOrEqual(1);
      });

      it('reads signed values of fewer bits', async () => {
        const samples = Uint16Array.from(chest(width, height, 4095), (v) => (v - 2048) & 0x0fff);
        const source = makeDicom(at('s12.dcm'), samples, { ...twelve, signed: true });
        expect(difference((await read(source)).image, shown(source, '+Wm'))).toBeLessThanOrEqual(1);
      });
    });

    describe('values of interest', () => {
      const withFields = (name: string, more: string[], fields: Partial<Fields> = {}) =>
        makeDicom(at(`${name}.dcm`), chest(width, height, 4095), { ...twelve, ...fields, more });
      const window = ['(0028,1050) DS [1800\\900]', '(0028,1051) DS [2200\\50]'];

      it.each(['MONOCHROME1', 'MONOCHROME2'])('first window, %s', async (photometric) => {
        const source = withFields('win', window, { photometric });
        expect(difference((await read(source)).image, shown(source, '+Wi', '1'))).toBeLessThanOrEqual(1);
        const own = (await read(source, { voi: { center: 900, width: 1500 } })).image;
        expect(difference(own, shown(source, '+Ww', '900', '1500'))).toBeLessThanOrEqual(1);
        expect(
          difference((await read(source, { voi: 'minmax' })).image, shown(source, '+Wm')),
        ).toBeLessThanOrEqual(1);
      });

      it('window after rescale', async () => {
        const source = withFields('res', [...window, '(0028,1052) DS [-300]', '(0028,1053) DS [1.25]']);
        expect(difference((await read(source)).image, shown(source, '+Wi', '1'))).toBeLessThanOrEqual(1);
      });

      it('sigmoid window', async () => {
        const source = withFields('sig', [...window, '(0028,1056) CS [SIGMOID]']);
        expect(difference((await read(source)).image, shown(source, '+Wfs', '+Wi', '1'))).toBeLessThanOrEqual(
          1,
        );
      });

      it('LINEAR_EXACT, by hand (PS3.3 C.11.2.1.3.2)', async () => {
        const samples = Uint16Array.of(0, 500, 1000, 1001, 1500, 2000, 2001, 4095);
        const source = makeDicom(at('exact.dcm'), samples, {
          width: 4,
          height: 2,
          allocated: 16,
          stored: 12,
          more: ['(0028,1050) DS [1500]', '(0028,1051) DS [1000]', '(0028,1056) CS [LINEAR_EXACT]'],
        });
        // (x − 1500) / 1000 + 0.5, times 255
        expect([...(await read(source)).image.data]).toEqual([0, 0, 0, 0, 128, 255, 255, 255]);
      });

      const words = (values: number[]) => values.map((v) => v.toString(16).padStart(4, '0')).join('\\');
      const curve = Array.from({ length: 4096 }, (_, i) => Math.round(4095 * (i / 4095) ** 2));
      const lut = (tag: string, first: number) => [
        [
          `${tag} SQ`,
          '(fffe,e000) -',
          `(0028,3002) US ${curve.length}\\${first}\\12`,
          ...(tag === '(0028,3000)' ? ['(0028,3004) LO [US]'] : []),
          `(0028,3006) OW ${words(curve)}`,
          '(fffe,e00d) -',
          '(fffe,e0dd) -',
        ].join('\n'),
      ];

      it('VOI LUT sequence, before a window', async () => {
        const source = withFields('voi', [...window, ...lut('(0028,3010)', 100)]);
        expect(difference((await read(source)).image, shown(source, '+Wl', '1'))).toBeLessThanOrEqual(1);
      });

      it('modality LUT', async () => {
        const source = withFields('mod', lut('(0028,3000)', 0));
        expect(difference((await read(source)).image, shown(source, '+Wm'))).toBeLessThanOrEqual(1);
      });

      it('pixel padding: black, and outside the range of values', async () => {
        const samples = chest(width, height, 3000);
        for (let i = 0; i < samples.length; i += 5) samples[i] = 4000;
        const fields: Fields = { ...twelve, more: ['(0028,0120) US 4000'] };
        const padded = (await read(makeDicom(at('pad.dcm'), samples, fields))).image;
        const whole = (await read(makeDicom(at('nopad.dcm'), chest(width, height, 3000), twelve))).image;
        for (let i = 0; i < samples.length; i++)
          if (i % 5) expect(padded.data[i]).toBeGreaterThanOrEqual(whole.data[i]);
        expect(padded.data[0]).toBe(0);
        expect(Math.max(...padded.data)).toBe(255);
      });

      it('leaves out an overlay plane', async () => {
        const overlay = [
          '(6000,0010) US 54',
          '(6000,0011) US 67',
          '(6000,0040) CS [G]',
          '(6000,0050) SS 1\\1',
        ];
        const bits = Array(Math.ceil((width * height) / 16))
          .fill('ffff')
          .join('\\');
        const more = [...overlay, '(6000,0100) US 1', '(6000,0102) US 0', `(6000,3000) OW ${bits}`];
        const source = withFields('over', more);
        expect(difference((await read(source)).image, shown(source, '+Wm', '-O'))).toBeLessThanOrEqual(1);
      });
    });

    describe('geometry', () => {
      const small = Uint16Array.of(100, 200, 300, 400, 500, 600);
      const make = (more: string[]) =>
        makeDicom(at('geo.dcm'), small, { width: 3, height: 2, allocated: 16, stored: 12, more });
      const grid = ({ image }: { image: RasterImage }) => [image.width, image.height, ...image.data];

      it.each([
        ['L\\F', [3, 2, 0, 51, 102, 153, 204, 255]],
        ['R\\F', [3, 2, 102, 51, 0, 255, 204, 153]],
        ['L\\H', [3, 2, 153, 204, 255, 0, 51, 102]],
        ['R\\H', [3, 2, 255, 204, 153, 102, 51, 0]],
        ['A\\F', [3, 2, 0, 51, 102, 153, 204, 255]],
        ['F\\L', [2, 3, 0, 153, 51, 204, 102, 255]], // rows run to the feet: transposed
        ['H\\R', [2, 3, 255, 102, 204, 51, 153, 0]],
        ['nonsense', [3, 2, 0, 51, 102, 153, 204, 255]],
      ])('Patient Orientation %s', async (orientation, expected) => {
        const file = make([`(0020,0020) CS [${orientation}]`]);
        expect(grid(await read(file))).toEqual(expected);
        expect(grid(await read(file, { geometry: 'stored' }))).toEqual([3, 2, 0, 51, 102, 153, 204, 255]);
      });

      it('stretches oblong pixels', async () => {
        const source = (more: string[]) =>
          makeDicom(at('asp.dcm'), chest(width, height, 4095), { ...twelve, more });
        const tall = await read(source(['(0028,0034) IS [2\\1]']));
        expect([tall.image.width, tall.image.height]).toEqual([67, 108]);
        expect(tall.warnings).toEqual(['pixels are not square: 67x54 stretched to 67x108']);
        const wide = await read(source(['(0028,0030) DS [0.1\\0.2]']));
        expect([wide.image.width, wide.image.height]).toEqual([134, 54]);
        const square = await read(source(['(0018,1164) DS [0.139\\0.139]']));
        expect([square.image.width, square.image.height]).toEqual([67, 54]);
        const odd = await read(source(['(0028,0034) IS [9\\1]']));
        expect(odd.image.height).toBe(54);
        expect(odd.warnings[0]).toMatch(/9\.00 times as high as wide: not believed/);
      });
    });

    it('takes the first of several frames, compressed or not, and says so', async () => {
      const frames = new Uint16Array(3 * width * height);
      for (let f = 0; f < 3; f++) frames.set(chest(width, height, 4095 - 900 * f, 9 + f), f * width * height);
      const source = makeDicom(at('multi.dcm'), frames, { ...twelve, more: ['(0028,0008) IS [3]'] });
      const single = (await read(makeDicom(at('one.dcm'), frames.slice(0, width * height), twelve))).image;
      for (const [program, ...flags] of [
        ['dcmconv', '+te'],
        ['dcmcrle'],
        ['dcmcrle', '+fs', '1'],
        ['dcmcjpeg', '+e1'],
        ['dcmcjpeg', '+e1', '-ot'],
        ['gdcmconv', '--j2k'],
      ]) {
        run(program, ...flags, source, at('multic.dcm'));
        const { image, warnings } = await read(at('multic.dcm'));
        expect(image, `${program} ${flags}`).toEqual(single);
        expect(warnings).toEqual(['the first of 3 frames is taken']);
      }
    });

    describe('faults, in one line that repeats nothing of the file', () => {
      const source = () => makeDicom(at('f.dcm'), chest(width, height, 4095), twelve);
      const replaced = (line: RegExp, by: string) => {
        source();
        const dump = readFileSync(`${at('f.dcm')}.dump`, 'utf8').replace(line, by);
        writeFileSync(at('fr.dump'), dump);
        run('dump2dcm', '+te', at('fr.dump'), at('fr.dcm'));
        return readFileSync(at('fr.dcm'));
      };
      const cases: [string, () => Buffer, RegExp][] = [
        [
          'a name as photometric',
          () => replaced(/\[MONOCHROME2\]/, '[DOE^JANE]'),
          /photometric .* not read \(another/,
        ],
        ['no rows', () => replaced(/\(0028,0010\).*\n/, ''), /DICOM without Rows/],
        ['huge size', () => replaced(/(0028,001[01]\) US) .*/g, '$1 65535'), /65535x65535, expected at most/],
        [
          'short pixels',
          () => replaced(/(0028,0010\) US) 54/, '$1 540'),
          /7236 bytes of pixels where .* 72360/,
        ],
        ['32 bit', () => replaced(/(0028,0100\) US) 16/, '$1 32'), /Bits Allocated 32, which is not read/],
        ['cut short', () => readFileSync(source()).subarray(0, 3000), /damaged|bytes of pixels/],
        ['no pixels', () => replaced(/\(7fe0.*\n/, ''), /without pixels/],
      ];
      it.each(cases)('%s', async (_, make, says) => {
        const error = await decodeDicom(make(), { wasm: wasmFile }).catch((e: Error) => e);
        expect(error).toBeInstanceOf(Error);
        const { message } = error as Error;
        expect(message).toMatch(says);
        expect(message).not.toMatch(/\n/);
        for (const secret of SECRETS) expect(message).not.toContain(secret.slice(0, 3));
      });

      it('JPEG 2000 data that are cut short', async () => {
        run('gdcmconv', '--j2k', source(), at('cut.dcm'));
        const whole = readFileSync(at('cut.dcm'));
        expect((await decodeDicom(whole, { wasm: wasmFile })).warnings).toEqual([]);
        const end = whole.lastIndexOf(Buffer.from([0xff, 0xd9]));
        whole.fill(0, end - 600, end + 2);
        const { warnings } = await decodeDicom(whole, { wasm: wasmFile });
        expect(warnings).toEqual(['JPEG 2000 data without their end mark: cut short?']);
      });

      it('JPEG-LS data that are cut short: refused at once, and read where the end mark alone is missing', async () => {
        run('dcmcjpls', '+el', source(), at('ls.dcm'));
        const whole = readFileSync(at('ls.dcm'));
        const end = whole.lastIndexOf(Buffer.from([0xff, 0xd9]));
        const cut = whole.subarray(0, end - 1000);
        await expect(decodeDicom(cut, { wasm: wasmFile })).rejects.toThrow('damaged or truncated');
        const { image } = await decodeDicom(whole, { wasm: wasmFile });
        expect((await decodeDicom(whole.subarray(0, end), { wasm: wasmFile })).image).toEqual(image);
      });

      it('JPEG 2000 data that lack their end mark alone', async () => {
        run('gdcmconv', '--j2k', source(), at('endless.dcm'));
        const whole = readFileSync(at('endless.dcm'));
        const { image } = await decodeDicom(whole, { wasm: wasmFile });
        whole.fill(
          0,
          whole.lastIndexOf(Buffer.from([0xff, 0xd9])),
          whole.lastIndexOf(Buffer.from([0xff, 0xd9])) + 2,
        );
        expect((await decodeDicom(whole, { wasm: wasmFile })).image).toEqual(image);
      });

      it('a codec that is not at hand', async () => {
        run('gdcmconv', '--j2k', source(), at('j.dcm'));
        await expect(decodeDicom(readFileSync(at('j.dcm')))).rejects.toThrow(
          'pixels that need the codec "openjpeg"; pass the option "wasm"',
        );
      });
    });
  },
);
