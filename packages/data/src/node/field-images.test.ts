import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { MISSING, pnm, run } from '../dicom/testing/programs';
import { type PictureOptions, readImage, readRadiograph } from './decode';

const inputs = fileURLToPath(new URL('../../../../../shared/field/image/inputs', import.meta.url));
const absent = !existsSync(inputs);

/** What a file must give: mean and range of its gray levels within 1.5 and 2, a line among its warnings, or a refusal. */
interface Expected {
  readonly mean?: number;
  readonly range?: readonly [number, number];
  readonly size?: readonly [number, number];
  readonly warns?: RegExp;
  readonly refuses?: RegExp;
  readonly options?: PictureOptions;
}

/** By the names of `cases.jsonl`; expected values are those given there (dcmtk's, or the file's without its defect). */
const CASES: readonly [id: string, file: string, expected: Expected][] = [
  [
    'voi-lut-agfa-16-bits-said-12-bits-held',
    'voilut-agfa-bits16-data12.dcm',
    { mean: 104.7, range: [7, 251] },
  ],
  [
    'voi-lut-agfa-16-bits-said-12-bits-held',
    'px2/agfa-2065-736-16-max4095.dcm',
    { mean: 97, range: [0, 255] },
  ],
  ['voi-lut-fewer-bits-said-than-held', 'voilut-bits8-data12.dcm', { mean: 104.7 }],
  ['voi-lut-fewer-bits-said-than-held', 'voilut-bits10-data12.dcm', { mean: 104.7 }],
  ['negative-rescale-slope-8-bit', 'negative-slope-8bit.dcm', { mean: 101, range: [0, 255] }],
  ['voi-lut-65536-entries-signed', 'voilut-65536-signed.dcm', { mean: 90, range: [0, 225] }],
  ['voi-lut-65536-entries-signed', 'voilut-65536-signed-one-negative.dcm', { mean: 90, range: [0, 225] }],
  [
    'empty-lut-sequences-leadtools',
    'public/leadtools-8BitsJpegLossyGrayScale.dcm',
    { size: [800, 535], mean: 147.1 },
  ],
  [
    'empty-voi-lut-beside-a-window',
    'empty-voi-lut-and-window.dcm',
    { mean: 96.5, warns: /unusable VOI LUT/ },
  ],
  [
    'empty-voi-lut-beside-a-window',
    'empty-modality-lut.dcm',
    { mean: 101.6, warns: /unusable Modality LUT/ },
  ],
  ['wrong-modality-mr-knee', 'px/modality-MR-KNEE.dcm', { refuses: /modality MR, body part KNEE/ }],
  ['wrong-modality-mr-knee', 'px/modality-MG-BREAST.dcm', { refuses: /modality MG, body part BREAST/ }],
  ['wrong-modality-mr-knee', 'px/modality-DX-HAND.dcm', { refuses: /body part HAND/ }],
  ['wrong-modality-mr-knee', 'px/modality-CR-ABDOMEN.dcm', { refuses: /body part ABDOMEN/ }],
  [
    'wrong-modality-mr-knee',
    'px/modality-MR-KNEE.dcm',
    { mean: 101.6, options: { force: true }, warns: /KNEE/ },
  ],
  ['no-chest-at-all-photo-noise', 'img/phone-photo.jpg', { warns: /a colour picture: a photograph\?/ }],
  ['no-chest-at-all-photo-noise', 'img/colour-noise.png', { warns: /a colour picture: a photograph\?/ }],
  ['for-processing-dx', 'px/for-processing.dcm', { warns: /FOR PROCESSING/ }],
  ['vr-ov-extended-offset-table', 'extended-offset-table-OV.dcm', { mean: 101 }],
  ['vr-ov-extended-offset-table', 'px2/uv-element.dcm', { mean: 101 }],
  ['vr-ov-extended-offset-table', 'px2/sv-element.dcm', { mean: 101 }],
  ['no-preamble-but-file-meta', 'public/JLSL_RGB_ILV0.dcm', { size: [256, 256] }],
  ['no-preamble-but-file-meta', 'meta-without-preamble.dcm', { mean: 101 }],
  ['no-preamble-but-file-meta', 'headless-ebe.dcm', { mean: 101 }],
  ['no-transfer-syntax-vindr', 'no-transfer-syntax-implicit.dcm', { mean: 101 }],
  ['no-transfer-syntax-vindr', 'no-transfer-syntax-explicit.dcm', { mean: 101 }],
  ['no-transfer-syntax-vindr', 'preamble-no-meta.dcm', { mean: 101 }],
  [
    'png-16-bit-holding-12',
    'img/gray16-only12bits.png',
    { mean: 96.2, warns: /stretched as one of 12 bits/ },
  ],
  ['mimic-jpg-gray-mapping', 'plain12.dcm', { range: [0, 255], options: { voi: 'mimic-jpg' } }],
  ['big-endian-8-bit-OW', 'bigendian-8bit-OW.dcm', { mean: 96.4 }],
  ['big-endian-8-bit-OW', 'public/SC_rgb_small_odd_big_endian.dcm', { size: [3, 3], mean: 128.8 }],
  // the picture is read (see below), and is of one gray: 62,656 of its 65,536 pixels are 244, 244, 244 by gdcm too
  ['jpeg-syntax-implicit-body', 'public/SC_rgb_jpeg.dcm', { refuses: /nearly one gray/ }],
  ['jpeg-syntax-implicit-body', 'public/SC_rgb_jpeg.dcm', { mean: 244, options: { force: true } }],
  [
    'mono2-presentation-lut-inverse',
    'mono2-plut-inverse.dcm',
    { mean: 101, warns: /inverted, as its Presentation LUT/ },
  ],
  ['window-in-functional-groups', 'px2/window-in-shared-functional-groups.dcm', { mean: 99.8 }],
  ['unread-formats-one-message', 'img/x.tiff', { mean: 96.5 }],
  ['unread-formats-one-message', 'img/x.jp2', { mean: 96.5 }],
  ['unread-formats-one-message', 'img/x.bmp', { mean: 96.5 }],
  ['unread-formats-one-message', 'img/login.jpg', { refuses: /a web page \(of a login/ }],
  ['unread-formats-one-message', 'img/lfs.png', { refuses: /a Git LFS pointer/ }],
  ['unread-formats-one-message', 'img/plain.dcm.gz', { refuses: /a gzip file; unpack it/ }],
  ['bits-stored-too-small', 'px/bitsstored10-values12.dcm', { mean: 117 }],
  ['mono1-with-inverse-shape', 'mono1-plut-inverse.dcm', { mean: 101 }],
  ['dx-14-bit-upper-bits-set', 'px3/dx-14bit-upper-bits-set.dcm', { mean: 101 }],
  ['jpeg-lossless-restart-markers', 'px3/jpll-sv1-restart32.dcm', { mean: 101 }],
  ['rle-excess-byte', 'px3/rle-one-byte-more.dcm', { mean: 101 }],
  ['no-sequence-delimiter', 'jpeg-ls14-zeros-for-delimiter.dcm', { mean: 101 }],
  ['allocated-16-stored-8', 'px3/alloc16-stored8-j2k.dcm', { mean: 96.5 }],
  ['voi-lut-function-empty', 'px2/voilutfunction-empty.dcm', { mean: 96.1 }],
  ['jpeg-ycbcr-tagged-rgb', 'px2/jpeg-ycc-jfif-tagged-RGB.dcm', { mean: 93 }],
  ['voi-lut-sequence-without-items', 'voi-lut-sequence-without-items.dcm', { mean: 96.1 }],
  ['exif-orientation', 'img/exif6.jpg', { size: [220, 200], mean: 96.5 }],
  [
    'j2k-pixel-representation-mismatch',
    'public/J2K_pixelrep_mismatch.dcm',
    { mean: 63.2, options: { force: true } },
  ],
];

describe.skipIf(absent)(
  `pictures of real devices and reports of bugs (${absent ? 'without' : 'with'} ../shared/field)`,
  () => {
    it.each(CASES)('%s: %s', async (_, name, { mean, range, size, warns, refuses, options }) => {
      const file = join(inputs, name);
      if (refuses) return void (await expect(readRadiograph(file, options)).rejects.toThrow(refuses));
      const { image, warnings } = await readRadiograph(file, options);
      const data = Uint8Array.from(image.data);
      if (mean !== undefined)
        expect(Math.abs(data.reduce((sum, level) => sum + level, 0) / data.length - mean)).toBeLessThan(1.5);
      if (range) {
        expect(Math.abs(Math.min(...data) - range[0])).toBeLessThanOrEqual(2);
        expect(Math.abs(Math.max(...data) - range[1])).toBeLessThanOrEqual(2);
      }
      if (size) expect([image.width, image.height]).toEqual(size);
      if (warns) expect(warnings.join('\n')).toMatch(warns);
    });

    it('the window of the functional groups is used: 512 of width 1024, as its header says', async () => {
      const own = await readImage(join(inputs, 'px2/window-in-shared-functional-groups.dcm'));
      const { image } = await readImage(join(inputs, 'px2/window-in-shared-functional-groups.dcm'), {
        voi: 'minmax',
      });
      expect(own.image.data).not.toEqual(image.data);
    });
  },
);

/** Files in which dcmtk and gdcm show other than we do, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'voilut-agfa-bits16-data12.dcm': 'dcmtk believes 16 bits and shows a black picture',
  'px2/agfa-2065-736-16-max4095.dcm': 'the same',
  'ds/images/voilut-agfa-bits16-data12.dcm': 'the same',
  'voilut-bits8-data12.dcm': 'dcmtk masks values of more than 8 bits',
  'voilut-bits10-data12.dcm': 'dcmtk masks values of more than 10 bits',
  'px2/window-in-shared-functional-groups.dcm': 'dcmtk does not look for windows there',
  'px3/alloc16-stored8-j2k.dcm': 'gdcm unpacks its 8 bits as 16, so that dcmtk stretches their range',
  'px2/jpeg-ycc-jfif-tagged-RGB.dcm': 'JFIF says YCbCr; dcmtk and gdcm take it for red, green, blue',
};

describe.skipIf(absent || MISSING.length > 0)(
  `gray levels within 1 of dcmtk, JPEG 2000 unpacked by gdcm (missing here: ${MISSING.join(' ') || 'none'}; ${absent ? 'no ' : ''}../shared/field)`,
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'raca-field-'));
    afterAll(() => rmSync(dir, { recursive: true, force: true }));
    const names = absent ? [] : readdirSync(inputs, { recursive: true, encoding: 'utf8' });
    it.each(names.filter((name) => name.endsWith('.dcm')).sort())('%s', async (name) => {
      const file = join(inputs, name);
      const { image } = await readImage(file, { geometry: 'stored' });
      const differences = shownByDcmtk(dir, file).map(({ data }) => {
        expect(data.length).toBe(image.data.length);
        return Uint8Array.from(data).reduce(
          (worst, level, i) => Math.max(worst, Math.abs(level - image.data[i])),
          0,
        );
      });
      if (Object.hasOwn(EXCEPTIONS, name)) expect(Math.min(...differences)).toBeGreaterThan(1);
      else expect(Math.min(...differences)).toBeLessThanOrEqual(1);
    });
  },
);

/** The picture by VOI LUT, else by window, else by range and as it is: the file's own way is among the first that work. */
function shownByDcmtk(dir: string, file: string) {
  const plain = join(dir, 'plain.dcm');
  const shown = join(dir, 'shown.pnm');
  for (const source of [file, plain]) {
    if (source === plain) run('gdcmconv', '--raw', file, plain);
    for (const ways of [[['+Wl', '1']], [['+Wi', '1']], [['+Wm'], ['-W']]]) {
      const pictures = ways.flatMap((way) => {
        rmSync(shown, { force: true });
        try {
          run('dcmj2pnm', '+op', ...way, source, shown);
          return [pnm(readFileSync(shown))];
        } catch {
          return []; // dcmtk fails where a file has no such table or window
        }
      });
      if (pictures.length > 0) return pictures;
    }
  }
  throw new Error(`${file}: neither dcmtk nor gdcm reads it`);
}
