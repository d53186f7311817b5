import { REGIONS, type RegionName } from '@raca/core/regions';
import type { RenderedView } from './render';

/** Share of each patch that a region covers, 0..1, `rows × cols` row by row. */
export type PatchMasks = Record<RegionName, number[]>;

/** Coverage of every patch by every region, rounded to 1/100. Patch borders follow `floor(k · size / rows)`. */
export function patchMasks({ size, regions }: RenderedView, rows = 7, cols = 7): PatchMasks {
  if (!(rows >= 1 && cols >= 1 && rows <= size && cols <= size)) {
    throw new RangeError(`patchMasks: rows and cols must lie in 1..${size}, got ${rows} x ${cols}`);
  }
  const sums = new Float64Array(REGIONS.length * rows * cols);
  const area = new Float64Array(rows * cols);
  const column = Int32Array.from({ length: size }, (_, x) => Math.floor(((x + 0.5) * cols) / size));
  for (let y = 0, i = 0; y < size; y++) {
    const row = Math.floor(((y + 0.5) * rows) / size) * cols;
    for (let x = 0; x < size; x++, i++) {
      const p = row + column[x];
      area[p]++;
      let bits = regions[i];
      while (bits !== 0) {
        const lowest = bits & -bits;
        sums[(31 - Math.clz32(lowest)) * rows * cols + p]++;
        bits ^= lowest;
      }
    }
  }
  const out = {} as PatchMasks;
  REGIONS.forEach((name, r) => {
    out[name] = Array.from(area, (a, p) => Math.round((100 * sums[r * rows * cols + p]) / a) / 100);
  });
  return out;
}

/** One region's shadow at full size: 1 inside, 0 outside. */
export function bitmap({ regions }: RenderedView, name: RegionName): Uint8Array {
  const bit = 1 << REGIONS.indexOf(name);
  return Uint8Array.from(regions, (bits) => (bits & bit ? 1 : 0));
}
