import { DataError } from '../errors';
import { jpeg2000Size, jpegSize } from './codestream';
import { firstFrame } from './frame';
import type { DicomFile, PixelFormat } from './header';
import { decodeSequentialJpeg } from './jpeg/dct';
import { decodeLosslessJpeg } from './jpeg/lossless';
import { decodeRle } from './rle';
import { decodeByWasm, type WasmCodec, type WasmSource } from './wasm-codecs';

/** Stored words of one frame. */
export interface Samples {
  /** Samples innermost; bits beyond the stored ones may hold anything. */
  readonly words: Uint8Array | Uint16Array;
  /** The codec has made red, green and blue already. */
  readonly rgb: boolean;
  /** What looks wrong with the data although they could be decoded. */
  readonly warning?: string;
}

/** Unpacks the first frame, whatever its coding. @throws DataError */
export async function readSamples(file: DicomFile, wasm: WasmSource | undefined): Promise<Samples> {
  const { format, coding } = file;
  const data = firstFrame(file);
  const pixels = format.rows * format.columns;
  switch (coding) {
    case 'native':
      return { words: nativeWords(data, format, file.bigEndian), rgb: false };
    case 'rle': {
      const words = decodeRle(data, pixels, format.samples, format.bitsAllocated === 8 ? 1 : 2);
      return { words, rgb: false };
    }
    case 'jpeg':
      return jpegSamples(data, format, wasm);
    case 'jpeg-ls': {
      const { precision } = requireSize(jpegSize(data), format);
      const picture = await decode('charls', withEndMark(data), format, precision, wasm);
      const words = asWords(picture.bytes, precision);
      return { words: picture.interleave === 0 ? interleaved(words, format.samples) : words, rgb: false };
    }
    case 'jpeg-2000': {
      const { precision } = requireSize(jpeg2000Size(data), format);
      const { bytes } = await decode('openjpeg', data, format, precision, wasm);
      const rgb = /^YBR_(ICT|RCT)$/.test(format.photometric);
      const warning = hasEndMark(data) ? undefined : 'JPEG 2000 data without their end mark: cut short?';
      return { words: asWords(bytes, precision), rgb, warning };
    }
  }
}

async function jpegSamples(
  data: Uint8Array,
  format: PixelFormat,
  wasm: WasmSource | undefined,
): Promise<Samples> {
  const { precision, frame } = requireSize(jpegSize(data), format);
  if (frame === 0xc3) return { words: decodeLosslessJpeg(data), rgb: false };
  if (frame > 0xc2) throw new DataError('JPEG data of a kind that is not read');
  if (precision === 12 && frame < 0xc2) return { words: decodeSequentialJpeg(data), rgb: false };
  if (precision !== 8) throw new DataError(`JPEG data of ${precision} bits, which are not read`);
  const coded = format.photometric === 'RGB' ? withAdobeMark(data) : data;
  const { bytes } = await decode('libjpeg-turbo-8bit', coded, format, precision, wasm);
  return { words: bytes, rgb: format.samples === 3 };
}

/** @throws DataError if the picture inside differs from the header: memory was promised for the header's size */
function requireSize<T extends { width: number; height: number; components: number; precision: number }>(
  size: T,
  { rows, columns, samples, bitsAllocated }: PixelFormat,
): T {
  const { width, height, components, precision } = size;
  if (width !== columns || height !== rows || components !== samples) {
    throw new DataError(
      `compressed pixels of ${width}x${height}x${components} where the header says ${columns}x${rows}x${samples}`,
    );
  }
  if (precision < 2 || precision > 16 || (precision > 8 && bitsAllocated === 8))
    throw new DataError(`compressed pixels of ${precision} bits where the header allots ${bitsAllocated}`);
  return size;
}

async function decode(
  codec: WasmCodec,
  data: Uint8Array,
  { rows, columns, samples }: PixelFormat,
  precision: number,
  wasm: WasmSource | undefined,
) {
  if (!wasm) throw new DataError(`pixels that need the codec "${codec}"; pass the option "wasm"`);
  const expected = rows * columns * samples * (precision > 8 ? 2 : 1);
  const picture = await decodeByWasm(codec, data, expected, wasm);
  if (picture.width !== columns || picture.height !== rows)
    throw new DataError('damaged or truncated compressed pixels');
  return picture;
}

function nativeWords(
  data: Uint8Array,
  { samples, planar, bitsAllocated, photometric }: PixelFormat,
  bigEndian: boolean,
): Uint8Array | Uint16Array {
  if (bitsAllocated === 8) {
    if (photometric === 'YBR_FULL_422') return full422(data);
    return planar ? interleaved(data, samples) : data;
  }
  const words = asWords(data, 16, bigEndian);
  return planar ? interleaved(words, samples) : words;
}

/** Whether FF D9 comes last, but for padding. The codec fills in what is missing of a cut codestream. */
function hasEndMark(data: Uint8Array): boolean {
  for (let i = data.length - 1; i > 0 && i > data.length - 16; i--)
    if (data[i] === 0xd9 && data[i - 1] === 0xff) return true;
  return false;
}

/** Data whose last mark is that of the end: where there is none the codec searches on for a minute. */
function withEndMark(data: Uint8Array): Uint8Array {
  if (hasEndMark(data)) return data;
  const out = new Uint8Array(data.length + 2);
  out.set(data);
  out.set([0xff, 0xd9], data.length);
  return out;
}

/** Two bytes a word, or one below 9 bits; copied, for files align nothing. */
function asWords(bytes: Uint8Array, precision: number, bigEndian = false): Uint8Array | Uint16Array {
  if (precision <= 8) return bytes;
  const copy = bytes.slice();
  const words = new Uint16Array(copy.buffer, 0, copy.length >> 1);
  if (bigEndian) for (let i = 0; i < words.length; i++) words[i] = (words[i] >> 8) | (words[i] << 8);
  return words;
}

function interleaved<T extends Uint8Array | Uint16Array>(planes: T, samples: number): T {
  const out = planes.slice() as T;
  const pixels = planes.length / samples;
  for (let s = 0; s < samples; s++)
    for (let i = 0; i < pixels; i++) out[i * samples + s] = planes[s * pixels + i];
  return out;
}

/** `Y1 Y2 Cb Cr` for two pixels → `Y Cb Cr` each. */
function full422(data: Uint8Array): Uint8Array {
  const out = new Uint8Array((data.length / 2) * 3);
  for (let i = 0, o = 0; i + 3 < data.length; i += 4, o += 6) {
    out.set([data[i], data[i + 2], data[i + 3], data[i + 1], data[i + 2], data[i + 3]], o);
  }
  return out;
}

/** Marks three components as red, green and blue, which the codec otherwise takes for luminance and colour. */
function withAdobeMark(data: Uint8Array): Uint8Array {
  const mark = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];
  const out = new Uint8Array(data.length + mark.length);
  out.set(data.subarray(0, 2));
  out.set(mark, 2);
  out.set(data.subarray(2), 2 + mark.length);
  return out;
}
