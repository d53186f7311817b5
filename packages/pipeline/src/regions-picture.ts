import type { ViewKind } from '@raca/core';
import { REGIONS } from '@raca/core/regions';
import type { RasterImage } from '@raca/data';
import { Canvas, type Colour } from './canvas';
import { heatOf } from './heat-colours';
import { fit, hasSides, viewName } from './picture-views';

/** What {@link regionsPicture} draws. */
export interface RegionsPicture {
  /** A picture per view, of any size; frontal first. */
  readonly images: readonly RasterImage[];
  /** What they show, where anybody has said; frontal, then lateral otherwise. */
  readonly kinds?: readonly ViewKind[];
  /** `[r · v · p]`, 0 or 1, region by region, view by view; `v` at least the number of images. */
  readonly masks: Uint8Array;
  /** `[r · v · p]`, 0..1; the masks where absent. */
  readonly probabilities?: ArrayLike<number>;
  /** Patches per view. The grid covers the whole picture: the model sees it squeezed to a square. */
  readonly grid: { readonly rows: number; readonly cols: number };
  /** Names of the regions, `[r]`; the 12 where absent. */
  readonly regions?: readonly string[];
}

/** Longer side of the large pictures of {@link regionsPicture} in pixels: copies of this size are enough for it. */
export const REGIONS_PICTURE_SIDE = 720;
/** Longer side of a small picture, gap between pictures, height of a line, width of a letter, in pixels. */
const SMALL = 200;
const GAP = 16;
const LINE = 24;
const LETTER = 12;
/** From line to line of a small picture's name, and the least number of lines that room is kept for. */
const [NAME_LINE, NAME_LINES] = [19, 2];
const COLUMNS = 4;
const [BACKGROUND, INK, WHITE, BLACK]: Colour[] = [
  [255, 255, 255],
  [27, 31, 36],
  [255, 255, 255],
  [0, 0, 0],
];

/**
 * Where the agent looked: for each view the clean picture, and beside it one small copy per region, with the probability of
 * each patch as heat and the patches that the agent picked outlined. Right and left are marked on frontal views.
 * @throws RangeError if masks, probabilities and grid do not fit
 */
export function regionsPicture({
  images,
  kinds = [],
  masks,
  probabilities = masks,
  grid,
  regions = REGIONS,
}: RegionsPicture): RasterImage {
  const patches = grid.rows * grid.cols;
  const views = masks.length / (regions.length * patches);
  if (!Number.isInteger(views) || views < images.length) {
    throw new RangeError(
      `regionsPicture: masks must be ${regions.length} regions x ${images.length} views x ${patches} patches, got ${masks.length}`,
    );
  }
  if (probabilities.length !== masks.length) {
    throw new RangeError(
      `regionsPicture: probabilities must be as many as masks (${masks.length}), got ${probabilities.length}`,
    );
  }
  const blocks = images.map((image) => ({
    large: fit(image, REGIONS_PICTURE_SIDE),
    small: fit(image, SMALL),
  }));
  const width = GAP + REGIONS_PICTURE_SIDE + GAP + COLUMNS * (SMALL + GAP);
  const names = regions.map(linesOf);
  const nameHeight = 6 + NAME_LINE * Math.max(NAME_LINES, ...names.map(({ length }) => length));
  const smallRows = Math.ceil(regions.length / COLUMNS);
  const heights = blocks.map(
    ({ large, small }) => LINE + Math.max(large.height + GAP, smallRows * (small.height + nameHeight + GAP)),
  );
  const head = 3 * LINE;
  const canvas = new Canvas(width, head + heights.reduce((sum, h) => sum + h, 0), BACKGROUND);
  canvas.text(
    GAP,
    LINE - 8,
    'RACA: regions that the agent chose. Research software. Not for clinical use.',
    INK,
    2,
  );
  legend(canvas, GAP, 2 * LINE - 8);
  let top = head;
  blocks.forEach(({ large, small }, v) => {
    heading(canvas, { left: GAP, top, width: large.width }, v, kinds[v]);
    const y = top + LINE;
    canvas.image(large, GAP, y);
    names.forEach((lines, r) => {
      const from = (r * views + v) * patches;
      const frame = {
        left: GAP + REGIONS_PICTURE_SIDE + GAP + (r % COLUMNS) * (SMALL + GAP),
        top: y + Math.floor(r / COLUMNS) * (small.height + nameHeight + GAP),
        width: small.width,
        height: small.height,
      };
      canvas.image(small, frame.left, frame.top);
      heat(canvas, (k) => probabilities[from + k], grid, frame);
      const mask = masks.subarray(from, from + patches);
      outline(canvas, mask, grid, frame, { inset: 0, thickness: 3, colour: BLACK, opacity: 0.55 });
      outline(canvas, mask, grid, frame, { inset: 1, thickness: 1, colour: WHITE, opacity: 1 });
      lines.forEach((line, i) => {
        canvas.text(frame.left, frame.top + frame.height + 6 + NAME_LINE * i, line, INK, 2);
      });
    });
    top += heights[v];
  });
  return canvas;
}

/** Letters below a small picture. */
const LETTERS = Math.floor(SMALL / LETTER);

/** A name in lines as wide as a small picture; words longer than that are broken. */
function linesOf(name: string): string[] {
  const lines: string[] = [];
  for (const word of name.split(/\s+/)) {
    const line = lines.at(-1);
    const joined = `${line} ${word}`;
    if (line !== undefined && joined.length <= LETTERS) lines[lines.length - 1] = joined;
    else for (let i = 0; i < word.length; i += LETTERS) lines.push(word.slice(i, i + LETTERS));
  }
  return lines;
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

type Grid = RegionsPicture['grid'];

function legend(canvas: Canvas, left: number, top: number): void {
  const [label, length] = ['probability of a patch: 0', 160];
  canvas.text(left, top, label, INK, 2);
  const start = left + label.length * LETTER + 8;
  canvas.fill(start, top - 1, length, 16, [85, 85, 85]);
  for (let x = 0; x < length; x++) {
    const { colour, opacity } = heatOf(x / (length - 1));
    canvas.fill(start + x, top - 1, 1, 16, colour, opacity);
  }
  canvas.text(start + length + 8, top, '1', INK, 2);
}

/**
 * Name of a view, with the sides of a frontal one: the patient's right is at its left. Above the picture, since many
 * radiographs have letters of their own.
 */
function heading(
  canvas: Canvas,
  { left, top, width }: Omit<Frame, 'height'>,
  view: number,
  kind?: ViewKind,
): void {
  const sided = hasSides(view, kind);
  if (sided) canvas.text(left, top, 'R', INK, 2);
  canvas.text(left + (sided ? 3 * LETTER : 0), top, viewName(view, kind), INK, 2);
  if (sided) canvas.text(left + Math.max(width, 20 * LETTER) - LETTER, top, 'L', INK, 2);
}

const SCALE = Array.from({ length: 256 }, (_, n) => heatOf(n / 255));

/** Heat over a frame, bilinear between the middles of patches. */
function heat(canvas: Canvas, valueAt: (patch: number) => number, { rows, cols }: Grid, frame: Frame): void {
  const across = between(frame.width, cols);
  const down = between(frame.height, rows);
  down.forEach(([y0, y1, ty], y) => {
    across.forEach(([x0, x1, tx], x) => {
      const above = valueAt(y0 * cols + x0) * (1 - tx) + valueAt(y0 * cols + x1) * tx;
      const below = valueAt(y1 * cols + x0) * (1 - tx) + valueAt(y1 * cols + x1) * tx;
      const { colour, opacity } = SCALE[Math.round(255 * (above * (1 - ty) + below * ty))];
      canvas.fill(frame.left + x, frame.top + y, 1, 1, colour, opacity);
    });
  });
}

/** For each pixel the two patches around it and the share of the second. */
function between(pixels: number, patches: number): [number, number, number][] {
  return Array.from({ length: pixels }, (_, i) => {
    const place = Math.min(patches - 1, Math.max(0, ((i + 0.5) * patches) / pixels - 0.5));
    const low = Math.floor(place);
    return [low, Math.min(patches - 1, low + 1), place - low];
  });
}

/** Pixels of a patch within a frame. */
function patchBox({ rows, cols }: Grid, { left, top, width, height }: Frame, k: number): Frame {
  const [row, col] = [Math.floor(k / cols), k % cols];
  const [x0, x1] = [Math.round((col * width) / cols), Math.round(((col + 1) * width) / cols)];
  const [y0, y1] = [Math.round((row * height) / rows), Math.round(((row + 1) * height) / rows)];
  return { left: left + x0, top: top + y0, width: x1 - x0, height: y1 - y0 };
}

interface Stroke {
  /** Pixels between the patch's side and the line. */
  readonly inset: number;
  readonly thickness: number;
  readonly colour: Colour;
  readonly opacity: number;
}

/** Lines along the patches' sides where the region ends, inside of it. */
function outline(
  canvas: Canvas,
  mask: Uint8Array,
  grid: Grid,
  frame: Frame,
  { inset, thickness, colour, opacity }: Stroke,
): void {
  const isOn = (row: number, col: number): boolean =>
    row >= 0 && row < grid.rows && col >= 0 && col < grid.cols && mask[row * grid.cols + col] === 1;
  const line = (x: number, y: number, width: number, height: number): void =>
    canvas.fill(x, y, width, height, colour, opacity);
  mask.forEach((on, k) => {
    if (!on) return;
    const [row, col] = [Math.floor(k / grid.cols), k % grid.cols];
    const { left, top, width, height } = patchBox(grid, frame, k);
    const [bottom, right] = [top + height - thickness - inset, left + width - thickness - inset];
    // a line stops short of a corner where the outline turns, and runs on where the neighbour goes on
    const start = left + (isOn(row, col - 1) ? 0 : inset);
    const end = left + width - (isOn(row, col + 1) ? 0 : inset);
    const head = top + (isOn(row - 1, col) ? 0 : inset);
    const foot = top + height - (isOn(row + 1, col) ? 0 : inset);
    if (!isOn(row - 1, col)) line(start, top + inset, end - start, thickness);
    if (!isOn(row + 1, col)) line(start, bottom, end - start, thickness);
    if (!isOn(row, col - 1)) line(left + inset, head, thickness, foot - head);
    if (!isOn(row, col + 1)) line(right, head, thickness, foot - head);
  });
}
