import type { DataSet } from './data-set';
import type { PixelFormat } from './header';
import { lookUp, placed, readLut, whiteOf } from './lut';
import { equalised } from './mimic-jpg';
import { TAG } from './tags';

/** How stored values become gray: the file's own choice, or another. */
export type VoiChoice =
  /**
   * A VOI LUT, else the first window, else 0..255 of 8-bit files without a modality transform, and the range of values that
   * occur of others.
   */
  | 'auto'
  /** The range of values that occur. */
  | 'minmax'
  /** The range of values but for the lowest and the highest half percent of pixels. */
  | 'percentiles'
  /** As the JPEG files of MIMIC-CXR-JPG were made: stored values from the least to the largest, histogram equalised. */
  | 'mimic-jpg'
  /** A linear window, in units after the modality transform. */
  | { readonly center: number; readonly width: number };

/** Share of pixels that `percentiles` gives up at either end. */
export const OUTLIERS = 0.005;

/** Gray levels of a picture and what was odd about making them. */
export interface GrayLevels {
  readonly data: Uint8Array;
  readonly warnings: readonly string[];
}

/** Value with a meaning → 0..1, or above and below, which is cut. */
type Shown = (value: number) => number;

/**
 * Gray 0..255 of every stored value, in the order of the standard: modality LUT or rescale, VOI LUT or window, polarity.
 * Values of pixel padding become black. A table that cannot be used, or that makes one gray of all values, gives way to
 * the window, and that to the range of values.
 *
 * @param words stored words, asked for the values that occur
 */
export function grayOf(
  dataSet: DataSet,
  format: PixelFormat,
  words: Uint8Array | Uint16Array,
  voi: VoiChoice,
): GrayLevels {
  const { bitsStored, highBit, signed, photometric } = format;
  const count = 1 << bitsStored;
  const shift = highBit - bitsStored + 1;
  const mask = count - 1;
  const stored = (word: number) => (signed && word >= count >> 1 ? word - count : word);
  const isPadding = paddingOf(dataSet, signed);
  const pixels = new Uint32Array(count);
  for (let i = 0; i < words.length; i++) pixels[(words[i] >> shift) & mask]++;

  const warnings: string[] = [];
  const modality = modalityOf(
    dataSet,
    signed ? -(count >> 1) : 0,
    signed ? (count >> 1) - 1 : mask,
    warnings,
  );
  const values = Float64Array.from(pixels, (_, word) => modality(stored(word)));
  const isAsStored = bitsStored <= 8 && values.every((value, word) => value === stored(word));
  const occurring: Occurring = { values: [], pixels: [] };
  for (const word of rising(pixels, values, (word) => isPadding(stored(word)))) {
    occurring.values.push(values[word]);
    occurring.pixels.push(pixels[word]);
  }
  const inverse = photometric === 'MONOCHROME1' || isInverse(dataSet, warnings);
  const gray = new Uint8Array(words.length);
  const levels = new Uint8Array(count);
  if (voi === 'mimic-jpg') equalised(levels, { pixels, stored, inverse: photometric === 'MONOCHROME1' });
  else {
    const shown = shownBy(dataSet, voi, { occurring, values, asStored: isAsStored }, warnings);
    for (let word = 0; word < count; word++) {
      const level = Math.round(255 * clamp(shown(values[word])));
      levels[word] = isPadding(stored(word)) ? 0 : inverse ? 255 - level : level;
    }
  }
  for (let i = 0; i < words.length; i++) gray[i] = levels[(words[i] >> shift) & mask];
  return { data: gray, warnings };
}

/** Words that occur and are not left out, by rising value. */
function rising(
  pixels: Uint32Array,
  values: Float64Array,
  isLeftOut: (word: number) => boolean,
): readonly number[] {
  const words: number[] = [];
  for (let word = 0; word < pixels.length; word++) if (pixels[word] > 0 && !isLeftOut(word)) words.push(word);
  const isRising = (list: number[]) =>
    list.every((word, i) => i === 0 || values[list[i - 1]] <= values[word]);
  // most transforms are straight: rising but for the place where signed words begin, or falling
  const half = words.findIndex((word) => word >= pixels.length >> 1);
  const signed = half < 0 ? words : [...words.slice(half), ...words.slice(0, half)];
  for (const list of [words, signed, words.toReversed(), signed.toReversed()])
    if (isRising(list)) return list;
  return words.sort((a, b) => values[a] - values[b]);
}

/** Values of the pixels that are no padding, rising, and how many pixels have each. */
interface Occurring {
  readonly values: number[];
  readonly pixels: number[];
}

/** Whether a MONOCHROME2 file asks for its opposite; MONOCHROME1 is turned anyway (PS3.3 C.11.6.1.2). */
function isInverse(dataSet: DataSet, warnings: string[]): boolean {
  if (dataSet.text(TAG.lutShape) !== 'INVERSE') return false;
  if (dataSet.text(TAG.photometric) !== 'MONOCHROME1')
    warnings.push('inverted, as its Presentation LUT Shape tells');
  return true;
}

/** Stored value → value with a meaning; `least` and `most` are the stored values that can occur. */
function modalityOf(
  dataSet: DataSet,
  least: number,
  most: number,
  warnings: string[],
): (stored: number) => number {
  const groups = groupsOf(dataSet, TAG.frameTransform);
  const number = (tag: number) => dataSet.number(tag) ?? groups.find((set) => set.get(tag))?.number(tag);
  const sequence = dataSet.item(TAG.modalityLut);
  if (sequence) {
    const lut = readLut(sequence);
    if (lut && !lut.cut && !isConstant(lut.data)) return lookUp(lut, placed(lut, { least, most }));
    warnings.push('an unusable Modality LUT is left out');
  }
  const slope = number(TAG.rescaleSlope) || 1;
  const intercept = number(TAG.rescaleIntercept) ?? 0;
  return (stored) => stored * slope + intercept;
}

/** Items of the functional groups of enhanced objects that hold fields of the frame (PS3.3 C.7.6.16). */
function groupsOf(dataSet: DataSet, tag: number): DataSet[] {
  const groups = [dataSet.item(TAG.perFrameGroups)?.item(tag), dataSet.item(TAG.sharedGroups)?.item(tag)];
  return groups.filter((set) => set !== undefined);
}

/** The picture's values, as the VOI stage needs them. */
interface Picture {
  readonly occurring: Occurring;
  /** Of each stored word. */
  readonly values: Float64Array;
  /** Levels of a display already: 8 bits that no modality transform changes. */
  readonly asStored: boolean;
}

function shownBy(
  dataSet: DataSet,
  voi: Exclude<VoiChoice, 'mimic-jpg'>,
  picture: Picture,
  warnings: string[],
): Shown {
  const { occurring } = picture;
  const [low, high] = [occurring.values[0] ?? 0, occurring.values.at(-1) ?? 0];
  if (voi === 'minmax') return range(low, high);
  if (voi === 'percentiles') return range(...percentiles(occurring));
  if (voi !== 'auto') return window('LINEAR', voi.center, voi.width);
  const bounds = bounded(picture.values);
  const isFlat = (shown: Shown) => {
    const [darkest, brightest] = bounded(occurring.values.map((value) => clamp(shown(value))));
    return high > low && brightest - darkest < 1 / 255;
  };
  for (const [name, shown] of [
    ['VOI LUT', tableOf(dataSet, picture, bounds, warnings)],
    ['window', windowOf(dataSet)],
  ] as const) {
    if (shown === undefined) continue;
    if (shown !== 'unusable' && !isFlat(shown)) return shown;
    warnings.push(
      shown === 'unusable'
        ? `an unusable ${name} is left out`
        : `a ${name} that makes one gray of the whole picture is left out`,
    );
  }
  return picture.asStored ? range(...bounds) : range(low, high);
}

/** The VOI LUT; undefined where there is none. */
function tableOf(
  dataSet: DataSet,
  { occurring }: Picture,
  [least, most]: readonly [number, number],
  warnings: string[],
): Shown | 'unusable' | undefined {
  const sequence = dataSet.item(TAG.voiLut) ?? groupsOf(dataSet, TAG.frameVoi)[0]?.item(TAG.voiLut);
  if (!sequence) return undefined;
  const lut = readLut(sequence);
  if (!lut || isConstant(lut.data)) return 'unusable';
  const first = placed(lut, { least, most });
  if (lut.cut && (occurring.values.at(-1) ?? 0) > first + lut.data.length - 1) return 'unusable';
  const { white, asSaid } = whiteOf(lut);
  if (!asSaid)
    warnings.push(`a VOI LUT whose bits are not what it says: scaled by its values, which end at ${white}`);
  const entry = lookUp(lut, first);
  return (value) => entry(value) / white;
}

function windowOf(dataSet: DataSet): Shown | undefined {
  for (const set of [dataSet, ...groupsOf(dataSet, TAG.frameVoi)]) {
    const [center, width] = [set.number(TAG.windowCenter), set.number(TAG.windowWidth)];
    if (center === undefined || width === undefined) continue;
    const said = set.text(TAG.voiFunction);
    const shape = said === 'SIGMOID' || said === 'LINEAR_EXACT' ? said : 'LINEAR';
    if (width >= (shape === 'LINEAR' ? 1 : Number.MIN_VALUE)) return window(shape, center, width);
  }
  return undefined;
}

/** PS3.3 C.11.2.1.2 and C.11.2.1.3. */
function window(shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID', center: number, width: number): Shown {
  if (shape === 'SIGMOID') return (x) => 1 / (1 + Math.exp((-4 * (x - center)) / width));
  if (shape === 'LINEAR_EXACT') return (x) => (x - center) / width + 0.5;
  if (width <= 1) return (x) => (x <= center - 0.5 ? 0 : 1);
  return (x) => (x - (center - 0.5)) / (width - 1) + 0.5;
}

const range = (low: number, high: number): Shown =>
  high > low ? (value) => (value - low) / (high - low) : () => 0;

function percentiles({ values, pixels }: Occurring): [number, number] {
  const total = pixels.reduce((sum, n) => sum + n, 0);
  const at = (share: number) => {
    let below = 0;
    return (
      values.find((_, i) => {
        below += pixels[i];
        return below > share * total;
      }) ?? 0
    );
  };
  return [at(OUTLIERS), at(1 - OUTLIERS)];
}

/** Least and largest of many numbers. */
function bounded(values: Iterable<number>): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

const isConstant = (data: Uint16Array): boolean => data.every((value) => value === data[0]);

/** Pixel Padding Value, with its range limit. */
function paddingOf(dataSet: DataSet, signed: boolean): (stored: number) => boolean {
  const read = (tag: number) => {
    const word = dataSet.word(tag);
    return signed && word !== undefined && word >= 0x8000 ? word - 0x10000 : word;
  };
  const value = read(TAG.padding);
  if (value === undefined) return () => false;
  const limit = read(TAG.paddingLimit) ?? value;
  const [least, most] = [Math.min(value, limit), Math.max(value, limit)];
  return (stored) => stored >= least && stored <= most;
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));
