import type { DataSet } from 'dicom-parser';
import { DataError } from '../errors';
import type { PixelFormat } from './header';
import { firstNumber, textValues } from './values';

/** How stored values become gray: the file's own choice, or another. */
export type VoiChoice =
  /** A VOI LUT, else the first window, else 0..255 of 8-bit files and the range of values that occur of others. */
  | 'auto'
  /** The range of values that occur. */
  | 'minmax'
  /** A linear window, in units after the modality transform. */
  | { readonly center: number; readonly width: number };

/** A look-up table of the file (PS3.3 C.11.1.1 and C.11.2.1.1). */
interface Lut {
  readonly first: number;
  readonly data: Uint16Array;
  readonly most: number;
}

/**
 * Gray 0..255 of every stored value, in the order of the standard: modality LUT or rescale, VOI LUT or window, polarity.
 * Values of pixel padding become black.
 *
 * @param words stored words, asked for the values that occur
 */
export function grayOf(
  dataSet: DataSet,
  format: PixelFormat,
  words: Uint8Array | Uint16Array,
  voi: VoiChoice,
): Uint8Array {
  const { bitsStored, highBit, signed, photometric } = format;
  const count = 1 << bitsStored;
  const shift = highBit - bitsStored + 1;
  const mask = count - 1;
  const stored = (word: number) => (signed && word >= count >> 1 ? word - count : word);
  const modality = modalityOf(dataSet, signed);
  const isPadding = paddingOf(dataSet, signed);

  const occurs = new Uint8Array(count);
  for (let i = 0; i < words.length; i++) occurs[(words[i] >> shift) & mask] = 1;
  const [least, most] = signed ? [-(count >> 1), (count >> 1) - 1] : [0, mask];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let word = 0; word < count; word++) {
    if (!occurs[word] || isPadding(stored(word))) continue;
    const value = modality(stored(word));
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (voi === 'auto' && bitsStored <= 8 && !hasVoi(dataSet)) [low, high] = [modality(least), modality(most)];
  const shown = voiOf(dataSet, voi, low, high);
  const levels = new Uint8Array(count);
  for (let word = 0; word < count; word++) {
    const value = stored(word);
    const level = Math.round(255 * shown(modality(value)));
    levels[word] = isPadding(value) ? 0 : photometric === 'MONOCHROME1' ? 255 - level : level;
  }
  const gray = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i++) gray[i] = levels[(words[i] >> shift) & mask];
  return gray;
}

/** Stored value → value with a meaning. */
function modalityOf(dataSet: DataSet, signed: boolean): (stored: number) => number {
  const sequence = dataSet.elements.x00283000?.items?.[0]?.dataSet;
  if (sequence) {
    const lut = readLut(sequence, signed, 'Modality LUT');
    return (stored) => at(lut, stored);
  }
  const slope = firstNumber(dataSet, 'x00281053') ?? 1;
  const intercept = firstNumber(dataSet, 'x00281052') ?? 0;
  return (stored) => stored * (slope || 1) + intercept;
}

const hasVoi = ({ elements }: DataSet): boolean => Boolean(elements.x00283010 ?? elements.x00281050);

/** Value with a meaning → 0..1. */
function voiOf(dataSet: DataSet, voi: VoiChoice, low: number, high: number): (value: number) => number {
  const range = high > low ? (value: number) => clamp((value - low) / (high - low)) : () => 0;
  if (voi === 'minmax') return range;
  if (voi !== 'auto') return window('LINEAR', voi.center, voi.width);
  const sequence = dataSet.elements.x00283010?.items?.[0]?.dataSet;
  if (sequence) {
    const lut = readLut(sequence, low < 0, 'VOI LUT');
    return (value) => at(lut, Math.round(value)) / lut.most;
  }
  const center = firstNumber(dataSet, 'x00281050');
  const width = firstNumber(dataSet, 'x00281051');
  if (center === undefined || width === undefined) return range;
  const said = textValues(dataSet, 'x00281056')[0];
  const shape = said === 'SIGMOID' || said === 'LINEAR_EXACT' ? said : 'LINEAR';
  return width >= (shape === 'LINEAR' ? 1 : Number.MIN_VALUE) ? window(shape, center, width) : range;
}

/** PS3.3 C.11.2.1.2 and C.11.2.1.3. */
function window(shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID', center: number, width: number) {
  if (shape === 'SIGMOID') return (x: number) => 1 / (1 + Math.exp((-4 * (x - center)) / width));
  if (shape === 'LINEAR_EXACT') return (x: number) => clamp((x - center) / width + 0.5);
  if (width <= 1) return (x: number) => (x <= center - 0.5 ? 0 : 1);
  return (x: number) => clamp((x - (center - 0.5)) / (width - 1) + 0.5);
}

/** Pixel Padding Value, with its range limit. */
function paddingOf(dataSet: DataSet, signed: boolean): (stored: number) => boolean {
  const read = (tag: string) => (signed ? dataSet.int16(tag) : dataSet.uint16(tag));
  const value = read('x00280120');
  if (value === undefined) return () => false;
  const limit = read('x00280121') ?? value;
  const [least, most] = [Math.min(value, limit), Math.max(value, limit)];
  return (stored) => stored >= least && stored <= most;
}

/** @throws DataError for a table shorter than it says */
export function readLut(
  dataSet: DataSet,
  signed: boolean,
  what: string,
  descriptor = 'x00283002',
  dataTag = 'x00283006',
): Lut {
  const entries = dataSet.uint16(descriptor, 0);
  const first = (signed ? dataSet.int16(descriptor, 1) : dataSet.uint16(descriptor, 1)) ?? 0;
  const bits = dataSet.uint16(descriptor, 2) ?? 16;
  const element = dataSet.elements[dataTag];
  const count = entries === 0 ? 65536 : (entries ?? -1);
  const wide = element ? element.length >= 2 * count : false;
  if (!element || count < 0 || element.length < count || bits < 1 || bits > 16)
    throw new DataError(`DICOM with a damaged ${what}`);
  const bytes = dataSet.byteArray;
  const data = Uint16Array.from({ length: count }, (_, i) =>
    wide ? (dataSet.uint16(dataTag, i) ?? 0) : bytes[element.dataOffset + i],
  );
  return { first, data, most: 2 ** bits - 1 };
}

const at = ({ first, data }: Lut, value: number): number =>
  data[Math.min(Math.max(value - first, 0), data.length - 1)];
const clamp = (x: number): number => Math.min(1, Math.max(0, x));
