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
  for (let y = 0; y < size; y++) {
    const row = Math.floor(((y + 0.5) * rows) / size) * cols;
    for (let x = 0; x < size; ) {
      const start = x; // of pixels alike, in one patch
      const patch = column[x];
      let bits = regions[y * size + x];
      do x++;
      while (x < size && column[x] === patch && regions[y * size + x] === bits);
      area[row + patch] += x - start;
      for (; bits !== 0; bits &= bits - 1) {
        const region = 31 - Math.clz32(bits & -bits);
        sums[region * rows * cols + row + patch] += x - start;
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
