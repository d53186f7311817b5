import { DataError } from '../errors';
import type { PictureKind } from '../image/kinds';
import type { StoredPicture } from '../image/levels';
import type { MemoryGate } from './memory-gate';

/** Loaded when an image is: its library is an optional dependency, and programs without images run without it. */
export async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch {
    throw new Error(
      'the library of the package sharp is not installed (npm install --include=optional sharp)',
    );
  }
}

/** Samples of PNG, JPEG, TIFF and WebP files: gray or colour of 8 or 16 bit, of the first page. */
export async function decodeBySharp(
  kind: PictureKind,
  bytes: Uint8Array,
  { maxPixels, gate }: { readonly maxPixels: number; readonly gate: MemoryGate },
): Promise<{ picture: StoredPicture; warnings: readonly string[] }> {
  const options = { failOn: 'error', limitInputPixels: false, ignoreIcc: true } as const;
  const sharp = await loadSharp();
  const input = sharp(bytes, options).autoOrient();
  const { depth = 'uchar', space = 'srgb', width, height, channels, pages = 1 } = await input.metadata();
  if (width * height > maxPixels)
    throw new DataError(`an image of ${width}x${height}, expected at most ${maxPixels} pixels`);
  if (depth !== 'uchar' && depth !== 'ushort')
    throw new DataError(
      `a ${kind} of ${SAMPLES[depth] ?? 'unusual'} samples, which is not read; convert it to PNG`,
    );
  const warnings = pages > 1 ? [`the first of ${pages} pages is taken`] : [];
  const deep = depth === 'ushort';
  const cmyk = space === 'cmyk';
  const gray = space === 'b-w' || space === 'grey16';
  const colourspace = cmyk ? 'cmyk' : gray ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  const plain = cmyk ? input.pipelineColourspace('cmyk') : input.removeAlpha();
  return gate.run(width * height * channels * (deep ? 3 : 1), async () => {
    const { data, info } = await plain
      .toColourspace(colourspace)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const top = deep ? 65_535 : 255;
    const samples = deep ? words(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const shape = { width: info.width, height: info.height, top };
    if (cmyk)
      return { picture: { ...shape, channels: 3, data: fromInks(samples, info.channels, top) }, warnings };
    const count = info.channels as number;
    if (count !== 1 && count !== 3)
      throw new DataError(`a ${kind} of ${count} channels, which is not read; convert it to PNG`);
    return { picture: { ...shape, channels: count, data: samples }, warnings };
  });
}

const SAMPLES: Readonly<Record<string, string>> = {
  char: 'signed',
  short: 'signed 16-bit',
  uint: '32-bit',
  int: 'signed 32-bit',
  float: 'floating-point',
  double: 'floating-point',
  complex: 'complex',
  dpcomplex: 'complex',
};

/** 16 bit of this machine. */
function words(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(data);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
}

/**
 * Red, green, blue of cyan, magenta, yellow, black by multiplication: gray that was taken apart into equal inks, or into
 * black alone, comes back as it was, which no printer's profile does. Inks are taken as Adobe stores them in JPEG, inverted,
 * also where its mark is missing: so do libvips and Pillow.
 */
function fromInks<T extends Uint8Array | Uint16Array>(inks: T, channels: number, top: number): T {
  const pixels = Math.floor(inks.length / channels);
  const out = inks.slice(0, pixels * 3) as T;
  for (let i = 0; i < pixels; i++) {
    const black = top - inks[i * channels + 3];
    for (let c = 0; c < 3; c++) out[i * 3 + c] = Math.round(((top - inks[i * channels + c]) * black) / top);
  }
  return out;
}
