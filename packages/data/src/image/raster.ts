/** Pixels row by row, channels innermost: `data[(y * width + x) * channels + c]`. */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** 0..255 as `Uint8Array`, or any range as `Float32Array`. */
  readonly data: Uint8Array | Float32Array;
}

/** A {@link RasterImage} of one channel. */
export interface GrayImage extends RasterImage {
  readonly channels: 1;
}

/** A rectangle of pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @throws RangeError if the box does not lie inside the image */
export function crop(image: RasterImage, box: Box): RasterImage {
  checkBox('crop', box, image.width, image.height);
  const { width, channels } = image;
  const row = box.width * channels;
  const data = emptyLike(image, box.height * row);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * width + box.left) * channels;
    data.set(image.data.subarray(from, from + row), y * row);
  }
  return { width: box.width, height: box.height, channels, data };
}

/** Left and right exchanged. */
export function flipHorizontal(image: RasterImage): RasterImage {
  const { width, height, channels } = image;
  const data = emptyLike(image, image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = (y * width + (width - 1 - x)) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = image.data[from + c];
    }
  }
  return { width, height, channels, data };
}

/** One channel where all colour channels are equal, else the image itself. */
export function equalChannelsAsGray(image: RasterImage): RasterImage {
  const { channels, data } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 1; c < channels; c++) if (data[i + c] !== data[i]) return image;
  }
  const gray = emptyLike(image, data.length / channels);
  for (let i = 0; i < gray.length; i++) gray[i] = data[i * channels];
  return { ...image, channels: 1, data: gray };
}

export function emptyLike(image: RasterImage, length: number): Uint8Array | Float32Array {
  return image.data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
}

export function checkBox(what: string, box: Box, width: number, height: number): void {
  const { left, top } = box;
  const whole = [left, top, box.width, box.height].every(Number.isInteger);
  const inside =
    left >= 0 &&
    top >= 0 &&
    box.width > 0 &&
    box.height > 0 &&
    left + box.width <= width &&
    top + box.height <= height;
  if (!whole || !inside) {
    const got = `${box.width}x${box.height} at (${left}, ${top})`;
    throw new RangeError(`${what}: box must lie inside ${width}x${height}, got ${got}`);
  }
}
