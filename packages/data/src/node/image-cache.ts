import type { RasterImage } from '../image/raster';
import type { Transform } from '../image/transform';

/**
 * Decoded and resized images kept in memory as bytes, so that later epochs only crop and normalise.
 * A 224 x 224 gray image takes 50 kB: 4,000 of them 200 MB. When full, further images are read from disk each time.
 */
export class ImageCache {
  private readonly images = new Map<string, RasterImage>();
  private used = 0;

  constructor(private readonly options: { readonly maxBytes: number }) {
    if (!(options.maxBytes >= 0))
      throw new RangeError(`ImageCache: maxBytes must not be negative, got ${options.maxBytes}`);
  }

  /** Bytes of pixels held; at most `maxBytes`. */
  get bytes(): number {
    return this.used;
  }

  get size(): number {
    return this.images.size;
  }

  get(file: string, transform: Transform): RasterImage | undefined {
    return this.images.get(key(file, transform));
  }

  /** Keeps the image unless that would pass the limit. */
  set(file: string, transform: Transform, prepared: RasterImage): void {
    const name = key(file, transform);
    if (this.images.has(name) || this.used + prepared.data.byteLength > this.options.maxBytes) return;
    this.images.set(name, prepared);
    this.used += prepared.data.byteLength;
  }
}

function key(file: string, transform: Transform): string {
  return transform.kind === 'eval' ? `${transform.size}:${file}` : `short ${transform.shortSide}:${file}`;
}
