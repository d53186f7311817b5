import { REGIONS } from '@raca/core/regions';
import { type RasterImage, resize } from '@raca/data';
import { Canvas, type Colour } from './canvas';

/** What {@link regionsPicture} draws. */
export interface RegionsPicture {
  /** A picture a view, of any size. */
  readonly images: readonly RasterImage[];
  /** `[r · v · p]`, 0 or 1, region by region, view by view; `v` at least the number of images. */
  readonly masks: Uint8Array;
  /** Patches a view. The grid covers the whole picture: the model sees it squeezed to a square. */
  readonly grid: { readonly rows: number; readonly cols: number };
}

/** Longer side of the large and of a small picture, gap between pictures, height of a line, in pixels. */
const LARGE = 512;
const SMALL = 160;
const GAP = 12;
const LINE = 12;
const [BACKGROUND, INK]: Colour[] = [
  [255, 255, 255],
  [27, 31, 36],
];
/** Twelve colours that can be told apart on gray, in the order of the regions. */
export const REGION_COLOURS: readonly Colour[] = [
  [230, 25, 75],
  [60, 180, 75],
  [255, 225, 25],
  [0, 130, 200],
  [245, 130, 48],
  [145, 30, 180],
  [70, 240, 240],
  [240, 50, 230],
  [210, 245, 60],
  [250, 190, 212],
  [0, 160, 150],
  [190, 120, 60],
];

/**
 * The 12 regions of a study: for each view the image with all outlines, and small copies with one region tinted each.
 * @throws RangeError if masks and grid do not fit
 */
export function regionsPicture({ images, masks, grid }: RegionsPicture): RasterImage {
  const patches = grid.rows * grid.cols;
  const views = masks.length / (REGIONS.length * patches);
  if (!Number.isInteger(views) || views < images.length) {
    throw new RangeError(
      `regionsPicture: masks must be 12 regions x ${images.length} views x ${patches} patches, got ${masks.length}`,
    );
  }
  const blocks = images.map((image) => ({ large: fit(image, LARGE), small: fit(image, SMALL) }));
  const columns = 4;
  const smallTop = 3 * LINE;
  const width = GAP + LARGE + GAP + columns * (SMALL + GAP);
  const heights = blocks.map(
    ({ large, small }) => Math.max(large.height, 3 * (small.height + LINE + GAP)) + GAP,
  );
  const canvas = new Canvas(width, smallTop + heights.reduce((sum, h) => sum + h, 0), BACKGROUND);
  canvas.text(GAP, LINE, 'RACA: regions that the agent chose. Research software. Not for clinical use.', INK);
  let top = smallTop;
  blocks.forEach(({ large, small }, v) => {
    canvas.image(large, GAP, top);
    REGIONS.forEach((name, r) => {
      const from = (r * views + v) * patches;
      const mask = masks.subarray(from, from + patches);
      const colour = REGION_COLOURS[r];
      // outlines of different regions lie side by side
      outline(
        canvas,
        mask,
        grid,
        { left: GAP, top, width: large.width, height: large.height },
        2 * (r % 4),
        colour,
      );
      const left = GAP + LARGE + GAP + (r % columns) * (SMALL + GAP);
      const y = top + Math.floor(r / columns) * (small.height + LINE + GAP);
      canvas.image(small, left, y);
      tint(canvas, mask, grid, { left, top: y, width: small.width, height: small.height }, colour);
      canvas.fill(left, y + small.height + 3, 8, 8, colour);
      canvas.text(left + 12, y + small.height + 3, name, INK);
    });
    top += heights[v];
  });
  return canvas;
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type Grid = RegionsPicture['grid'];

/** Pixels of a patch within a frame. */
function patchBox({ rows, cols }: Grid, { left, top, width, height }: Frame, k: number): Frame {
  const [row, col] = [Math.floor(k / cols), k % cols];
  const [x0, x1] = [Math.round((col * width) / cols), Math.round(((col + 1) * width) / cols)];
  const [y0, y1] = [Math.round((row * height) / rows), Math.round(((row + 1) * height) / rows)];
  return { left: left + x0, top: top + y0, width: x1 - x0, height: y1 - y0 };
}

function tint(canvas: Canvas, mask: Uint8Array, grid: Grid, frame: Frame, colour: Colour): void {
  mask.forEach((on, k) => {
    if (!on) return;
    const { left, top, width, height } = patchBox(grid, frame, k);
    canvas.fill(left, top, width, height, colour, 0.4);
  });
}

/** Lines of 2 pixels along the patches' sides where the region ends, `inset` pixels inside. */
function outline(
  canvas: Canvas,
  mask: Uint8Array,
  grid: Grid,
  frame: Frame,
  inset: number,
  colour: Colour,
): void {
  const isOn = (row: number, col: number): boolean =>
    row >= 0 && row < grid.rows && col >= 0 && col < grid.cols && mask[row * grid.cols + col] === 1;
  mask.forEach((on, k) => {
    if (!on) return;
    const [row, col] = [Math.floor(k / grid.cols), k % grid.cols];
    const { left, top, width, height } = patchBox(grid, frame, k);
    const [bottom, right] = [top + height - 2 - inset, left + width - 2 - inset];
    // a line stops short of a corner where the outline turns, and runs on where the neighbour goes on
    const start = left + (isOn(row, col - 1) ? 0 : inset);
    const end = left + width - (isOn(row, col + 1) ? 0 : inset);
    const head = top + (isOn(row - 1, col) ? 0 : inset);
    const foot = top + height - (isOn(row + 1, col) ? 0 : inset);
    if (!isOn(row - 1, col)) canvas.fill(start, top + inset, end - start, 2, colour);
    if (!isOn(row + 1, col)) canvas.fill(start, bottom, end - start, 2, colour);
    if (!isOn(row, col - 1)) canvas.fill(left + inset, head, 2, foot - head, colour);
    if (!isOn(row, col + 1)) canvas.fill(right, head, 2, foot - head, colour);
  });
}

/** The longer side `side`, the other in proportion; at least one pixel. */
function fit(image: RasterImage, side: number): RasterImage {
  const scale = side / Math.max(image.width, image.height);
  return resize(
    image,
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  );
}
