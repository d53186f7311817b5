import { OUTLIERS, type VoiChoice } from '../dicom/gray';
import { equalizeHist } from '../dicom/mimic-jpg';
import type { RasterImage } from './raster';

/** Samples of a file that is no DICOM, as they are stored. */
export interface StoredPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
  /** The sample that stands for white: 255, 65535, 4095 of 12 bits. */
  readonly top: number;
}

/**
 * Stored samples as gray or colour 0..255. `auto` takes them at their word, but for 16 bits that end at 14 or fewer (of a DICOM
 * file whose values nobody scaled): these are stretched by the bits in use. `mimic-jpg` touches deep gray pictures only,
 * for the others are JPEG files of that kind already.
 */
export function toLevels(picture: StoredPicture, voi: VoiChoice): { image: RasterImage; warnings: string[] } {
  const { width, height, channels, data, top } = picture;
  const counts = new Uint32Array(top > 255 ? 65_536 : 256);
  const deep = top > 255;
  if (deep || (voi !== 'auto' && voi !== 'mimic-jpg'))
    for (let i = 0; i < data.length; i++) counts[data[i]]++;
  else if (data instanceof Uint8Array && top === 255)
    return { image: { width, height, channels, data }, warnings: [] };
  const warnings: string[] = [];
  const table = tableOf(counts, picture, voi, warnings);
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) levels[i] = table[data[i]];
  return { image: { width, height, channels, data: levels }, warnings };
}

function tableOf(
  counts: Uint32Array,
  { top, channels }: StoredPicture,
  voi: VoiChoice,
  warnings: string[],
): Uint8ClampedArray {
  if (typeof voi === 'object') {
    // PS3.3 C.11.2.1.2
    const { center, width } = voi;
    return ramp(counts.length, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2);
  }
  const brightest = last(counts);
  if (voi === 'minmax')
    return ramp(
      counts.length,
      counts.findIndex((n) => n > 0),
      brightest,
    );
  if (voi === 'percentiles') return ramp(counts.length, share(counts, OUTLIERS), share(counts, 1 - OUTLIERS));
  if (voi === 'mimic-jpg' && channels === 1) return equalisedTable(counts, brightest);
  const bits = Math.ceil(Math.log2(brightest + 1));
  if (top < 65_535 || bits < 8 || bits > 14) return ramp(counts.length, 0, top);
  warnings.push(`16-bit picture with no value above ${brightest}: stretched as one of ${bits} bits`);
  return ramp(counts.length, 0, 2 ** bits - 1);
}

/** Levels of samples, 0 at `low` and 255 at `high`. */
function ramp(length: number, low: number, high: number): Uint8ClampedArray {
  const levels = new Uint8ClampedArray(length); // rounds and clamps
  for (let value = 0; value < length; value++)
    levels[value] = high > low ? (255 * (value - low)) / (high - low) : value > low ? 255 : 0;
  return levels;
}

/** As MIMIC-CXR-JPG's authors made them of stored values. */
function equalisedTable(counts: Uint32Array, brightest: number): Uint8ClampedArray {
  const low = counts.findIndex((n) => n > 0);
  const level = (value: number) =>
    brightest > low ? Math.floor((255 * (value - low)) / (brightest - low)) : 0;
  const histogram = new Uint32Array(256);
  counts.forEach((n, value) => {
    if (n > 0) histogram[level(value)] += n;
  });
  const table = equalizeHist(histogram);
  return Uint8ClampedArray.from(counts, (n, value) => (n > 0 ? table[level(value)] : 0));
}

function share(counts: Uint32Array, part: number): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  let below = 0;
  return counts.findIndex((n) => {
    below += n;
    return below > part * total;
  });
}

function last(counts: Uint32Array): number {
  for (let value = counts.length - 1; value > 0; value--) if (counts[value] > 0) return value;
  return 0;
}
