import type { RasterImage } from '../image/raster';
import { resize } from '../image/resize';
import type { DataSet } from './data-set';
import { TAG } from './tags';

/** Pixels more oblong than this are taken for an error of the header. */
const MOST_OBLONG = 4;

/** How an image has to be turned to hang as radiologists look at it. */
interface Turn {
  readonly transpose: boolean;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

/** Turned so that feet are down and, in frontal views, the patient's left is at the picture's right. */
export function upright(image: RasterImage, dataSet: DataSet): { image: RasterImage; warnings: string[] } {
  const turn = turnOf(dataSet.texts(TAG.patientOrientation));
  if (!turn) return { image, warnings: [] };
  return { image: turned(image, turn), warnings: ['turned upright, as its Patient Orientation tells'] };
}

/** Square pixels: the image made larger along the side where pixels are longer. */
export function squarePixels(
  image: RasterImage,
  dataSet: DataSet,
  maxPixels: number,
): { image: RasterImage; warnings: string[] } {
  const ratio = pixelRatio(dataSet);
  if (ratio === undefined || Math.abs(Math.log(ratio)) < 0.01) return { image, warnings: [] };
  const { width, height } = image;
  const [w, h] = ratio > 1 ? [width, Math.round(height * ratio)] : [Math.round(width / ratio), height];
  if (ratio > MOST_OBLONG || ratio < 1 / MOST_OBLONG || w * h > maxPixels)
    return {
      image,
      warnings: [`pixels said to be ${ratio.toPrecision(3)} times as high as wide: not believed`],
    };
  return {
    image: resize(image, w, h),
    warnings: [`pixels are not square: ${width}x${height} stretched to ${w}x${h}`],
  };
}

/** Height of a pixel over its width; undefined where the file does not say. */
function pixelRatio(dataSet: DataSet): number | undefined {
  for (const tag of [TAG.pixelAspect, TAG.pixelSpacing, TAG.imagerPixelSpacing]) {
    const pair = dataSet.positivePair(tag); // vertical, horizontal
    if (pair) return pair[0] / pair[1];
  }
  return undefined;
}

/** @param orientation what lies at the end of a row and of a column, e.g. `['L', 'F']` (PS3.3 C.7.6.1.1.1) */
function turnOf(orientation: readonly string[]): Turn | undefined {
  const [r, c] = orientation.map((side) => side[0]);
  const vertical = (x: string | undefined) => x === 'F' || x === 'H';
  const sideways = (x: string | undefined) => x === 'L' || x === 'R' || x === 'A' || x === 'P';
  const transpose = vertical(r) && sideways(c);
  if (!transpose && !(sideways(r) && vertical(c))) return undefined;
  const [across, down] = transpose ? [c, r] : [r, c];
  const turn = { transpose, flipX: across === 'R', flipY: down === 'H' };
  return turn.transpose || turn.flipX || turn.flipY ? turn : undefined;
}

function turned(image: RasterImage, { transpose, flipX, flipY }: Turn): RasterImage {
  const [width, height] = transpose ? [image.height, image.width] : [image.width, image.height];
  const { channels } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    const v = flipY ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const u = flipX ? width - 1 - x : x;
      const from = (transpose ? u * image.width + v : v * image.width + u) * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = image.data[from + c];
    }
  }
  return { width, height, channels, data };
}
