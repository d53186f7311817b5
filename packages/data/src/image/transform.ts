import { type Box, crop, flipHorizontal, type RasterImage } from './raster';
import { resize, shortSideSize } from './resize';

/** Mean and standard deviation of ImageNet's red, green and blue, of values 0..1. */
export const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
export const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/** Anything that draws uniformly from [0, 1), such as `Random` of `@raca/core`. */
export interface UniformSource {
  next(): number;
}

/** Crop at random from the image whose short side is `shortSide`. */
export interface TrainTransform {
  readonly kind: 'train';
  readonly shortSide: number;
  readonly size: number;
  /** Mirror half of the images. Off by default: reports name sides, and a mirrored heart lies right. */
  readonly flip?: boolean;
}

/** Squeeze to `size x size`. */
export interface EvalTransform {
  readonly kind: 'eval';
  readonly size: number;
}

export type Transform = TrainTransform | EvalTransform;

/**
 * Values 0..255 to ImageNet-normalised float, gray repeated to red, green and blue: `[H, W, 3]`.
 *
 * @param out where to write `width * height * 3` values (default a new array)
 * @throws RangeError unless the image has 1 or 3 channels
 */
export function normalise(
  image: RasterImage,
  out: Float32Array = new Float32Array(image.width * image.height * 3),
): Float32Array {
  const { channels, data } = image;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`normalise: image must have 1 or 3 channels, got ${channels}`);
  }
  const [r, g, b] = channels === 3 ? [0, 1, 2] : [0, 0, 0];
  const scale = IMAGENET_STD.map((std) => 1 / (255 * std));
  const shift = IMAGENET_MEAN.map((mean, c) => -mean / IMAGENET_STD[c]);
  const [s0, s1, s2] = scale;
  const [t0, t1, t2] = shift;
  for (let i = 0, o = 0; i < data.length; i += channels, o += 3) {
    out[o] = data[i + r] * s0 + t0;
    out[o + 1] = data[i + g] * s1 + t1;
    out[o + 2] = data[i + b] * s2 + t2;
  }
  return out;
}

/**
 * Short side to `shortSide`, a random `size x size` crop, a mirror image half of the time if `flip`, normalised.
 * Draws three numbers whatever the options, so that other draws stay where they are.
 *
 * @returns `[size, size, 3]`
 */
export function trainTransform(
  image: RasterImage,
  options: Omit<TrainTransform, 'kind'> & { readonly random: UniformSource },
): Float32Array {
  const { random } = options;
  const draws: Draws = [random.next(), random.next(), random.next()];
  return normalise(place(image, { ...options, kind: 'train' }, draws));
}

/** Resized to `size x size` and normalised: `[size, size, 3]`. */
export function evalTransform(image: RasterImage, { size }: { readonly size: number }): Float32Array {
  return normalise(resize(image, size, size));
}

/** Three uniform numbers that place one image: down, across, mirror. */
export type Draws = readonly [number, number, number];

/** The part of a transform that is the same at every visit; its result may be kept in memory. */
export function prepare(image: RasterImage, transform: Transform): RasterImage {
  if (transform.kind === 'eval') return resize(image, transform.size, transform.size);
  const { width, height } = shortSideSize(image, transform.shortSide);
  return resize(image, width, height);
}

/** The rest of a transform, on the result of {@link prepare}. */
export function finish(prepared: RasterImage, transform: Transform, draws: Draws): RasterImage {
  if (transform.kind === 'eval') return prepared;
  const cut = crop(prepared, cropBox(prepared, transform, draws));
  return mirrored(transform, draws) ? flipHorizontal(cut) : cut;
}

/** {@link prepare} and {@link finish} at once, computing only what the crop keeps. */
export function place(image: RasterImage, transform: Transform, draws: Draws): RasterImage {
  if (transform.kind === 'eval') return prepare(image, transform);
  const whole = shortSideSize(image, transform.shortSide);
  const cut = resize(image, whole.width, whole.height, cropBox(whole, transform, draws));
  return mirrored(transform, draws) ? flipHorizontal(cut) : cut;
}

/** @throws RangeError for sizes that are not positive integers, or a crop larger than the short side */
export function checkTransform(transform: Transform): void {
  const { size } = transform;
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`transform: size must be a positive integer, got ${size}`);
  if (transform.kind === 'train' && !(Number.isInteger(transform.shortSide) && transform.shortSide >= size)) {
    throw new RangeError(
      `transform: shortSide must be an integer of at least ${size}, got ${transform.shortSide}`,
    );
  }
}

function cropBox(whole: { width: number; height: number }, { size }: TrainTransform, [u, v]: Draws): Box {
  const top = Math.floor(u * (whole.height - size + 1));
  const left = Math.floor(v * (whole.width - size + 1));
  return { left, top, width: size, height: size };
}

function mirrored({ flip = false }: TrainTransform, [, , u]: Draws): boolean {
  return flip && u < 0.5;
}
