import type { RasterImage } from '@raca/data';
import { GLYPH_WIDTH, glyph } from './glyphs';

/** Red, green, blue 0..255. */
export type Colour = readonly [number, number, number];

/** A picture to draw on. What lies outside is left out. */
export class Canvas implements RasterImage {
  readonly channels = 3;
  readonly data: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Colour,
  ) {
    this.data = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** A rectangle, mixed with what is there by `opacity` 0..1. */
  fill(left: number, top: number, width: number, height: number, colour: Colour, opacity = 1): void {
    const [x0, x1] = [Math.max(0, left), Math.min(this.width, left + width)];
    const [y0, y1] = [Math.max(0, top), Math.min(this.height, top + height)];
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const at = (y * this.width + x) * 3;
        for (let c = 0; c < 3; c++)
          this.data[at + c] = Math.round(this.data[at + c] * (1 - opacity) + colour[c] * opacity);
      }
    }
  }

  /** An image of 1 or 3 channels in its own size. */
  image({ width, height, channels, data }: RasterImage, left: number, top: number): void {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + x) * channels;
        const at = ((top + y) * this.width + left + x) * 3;
        for (let c = 0; c < 3; c++) this.data[at + c] = data[from + (channels === 1 ? 0 : c)];
      }
    }
  }

  /** A line of text in letters of 5 x 7 dots, `scale` pixels a dot. */
  text(left: number, top: number, line: string, colour: Colour, scale = 1): void {
    [...line].forEach((letter, i) => {
      const rows = glyph(letter);
      for (let y = 0; y < rows.length; y++) {
        for (let x = 0; x < GLYPH_WIDTH; x++) {
          if (rows[y][x] !== '#') continue;
          this.fill(left + (i * (GLYPH_WIDTH + 1) + x) * scale, top + y * scale, scale, scale, colour);
        }
      }
    });
  }
}
