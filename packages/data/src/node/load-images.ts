import { DataError } from '../errors';
import type { RasterImage } from '../image/raster';
import { type Draws, finish, normalise, place, prepare, type Transform } from '../image/transform';
import { type PictureOptions, readRadiograph } from './decode';

/** Images decoded at once in one thread: bounds memory, and sharp has four threads below it anyway. */
const AT_ONCE = 4;

/** One image to load: from its file, or from what an earlier visit kept. */
export interface ImageRequest {
  readonly file: string;
  readonly draws: Draws;
  readonly prepared?: RasterImage;
  /** Hand back the prepared image, in memory that threads share. */
  readonly keep: boolean;
}

export interface LoadRequest {
  /** Null: an empty slot, whose pixels are 0. */
  readonly images: readonly (ImageRequest | null)[];
  readonly transform: Transform;
  readonly pictures?: PictureOptions;
  /** An array that nobody needs any more, for the pixels if it has their length. */
  readonly spare?: Float32Array<ArrayBuffer>;
}

export interface LoadResult {
  /** `[n, size, size, 3]`. */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** What to keep of each image, where asked for. */
  readonly prepared: (RasterImage | undefined)[];
  /** What is wrong with each image that cannot be read, a line that names the file; its pixels are 0. */
  readonly errors: (string | undefined)[];
}

/** Decodes, transforms and normalises, in order. */
export async function loadImages({ images, transform, pictures, spare }: LoadRequest): Promise<LoadResult> {
  const each = transform.size * transform.size * 3;
  const fits = spare?.length === images.length * each;
  const pixels = fits ? spare : new Float32Array(images.length * each);
  const prepared: (RasterImage | undefined)[] = new Array(images.length).fill(undefined);
  const errors: (string | undefined)[] = new Array(images.length).fill(undefined);
  let next = 0;
  const lane = async () => {
    while (next < images.length) {
      const i = next++;
      const out = pixels.subarray(i * each, (i + 1) * each);
      const image = images[i];
      if (image === null) {
        out.fill(0);
        continue;
      }
      try {
        prepared[i] = await loadImage(image, transform, pictures, out);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        errors[i] = error.message;
        out.fill(0);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, images.length) }, lane));
  return { pixels, prepared, errors };
}

async function loadImage(
  request: ImageRequest,
  transform: Transform,
  pictures: PictureOptions | undefined,
  out: Float32Array,
) {
  const { draws, file, keep } = request;
  if (request.prepared) {
    normalise(finish(request.prepared, transform, draws), out);
    return undefined;
  }
  const { image } = await readRadiograph(file, pictures);
  if (!keep) {
    normalise(place(image, transform, draws), out);
    return undefined;
  }
  const small = share(prepare(image, transform));
  normalise(finish(small, transform, draws), out);
  return small;
}

function share(image: RasterImage): RasterImage {
  const data = new Uint8Array(new SharedArrayBuffer(image.data.length));
  data.set(image.data);
  return { ...image, data };
}
