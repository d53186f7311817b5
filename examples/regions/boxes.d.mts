type Box = readonly [x1: number, y1: number, x2: number, y2: number];
type Grid = { readonly rows: number; readonly cols: number };

export const SENTENCES: readonly string[];
export function findingsOf(
  syms: readonly string[],
  boxes: readonly Box[],
  frame: number,
): { finding: string; sentence: string | null; rectangles: Box[] }[];
export function centresIn(rectangles: readonly Box[], grid: Grid, frame: number): Uint8Array;
export function touched(rectangles: readonly Box[], grid: Grid, frame: number): Uint8Array;
