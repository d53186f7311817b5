import type { Footprint } from './footprint';

/** Most intervals that one ray can hold; further ones are dropped. */
const ROOM = 4;

/**
 * Per pixel, the stretches of its ray that lie in one material: a set of disjoint intervals. Adding and taking
 * away convex solids is exact constructive geometry along each ray.
 */
export class IntervalSet {
  /** Intervals of each pixel. Interval k of pixel i is at `i + k · size²`: most rays have one or two. */
  readonly count: Uint8Array;
  readonly near: Float32Array;
  readonly far: Float32Array;

  constructor(readonly size: number) {
    this.count = new Uint8Array(size * size);
    this.near = new Float32Array(size * size * ROOM);
    this.far = new Float32Array(size * size * ROOM);
  }

  clear(): this {
    this.count.fill(0);
    return this;
  }

  copyFrom(other: IntervalSet): this {
    this.count.set(other.count);
    this.near.set(other.near);
    this.far.set(other.far);
    return this;
  }

  /** Union with a solid. */
  add(print: Footprint): void {
    const { count, near, far, size } = this;
    const plane = size * size;
    for (let y = print.y0; y < print.y1; y++) {
      const end = y * size + print.to[y];
      for (let i = y * size + print.from[y]; i < end; i++) {
        let a = print.near[i];
        let b = print.far[i];
        if (b <= a) continue;
        let n = count[i];
        for (let j = i; j < i + n * plane; j += plane) {
          if (near[j] > b || far[j] < a) continue;
          if (near[j] < a) a = near[j];
          if (far[j] > b) b = far[j];
          n--;
          near[j] = near[i + n * plane];
          far[j] = far[i + n * plane];
          j -= plane;
        }
        if (n < ROOM) {
          near[i + n * plane] = a;
          far[i + n * plane] = b;
          n++;
        }
        count[i] = n;
      }
    }
  }

  /** Takes a solid out. */
  subtract(print: Footprint): void {
    const { count, near, far, size } = this;
    const plane = size * size;
    for (let y = print.y0; y < print.y1; y++) {
      const end = y * size + print.to[y];
      for (let i = y * size + print.from[y]; i < end; i++) {
        let n = count[i];
        if (n === 0) continue;
        const a = print.near[i];
        const b = print.far[i];
        if (b <= a) continue;
        for (let j = i; j < i + n * plane; j += plane) {
          const s = near[j];
          const e = far[j];
          if (s >= b || e <= a) continue;
          if (s < a && e > b) {
            far[j] = a;
            if (n < ROOM) {
              near[i + n * plane] = b;
              far[i + n * plane] = e;
              n++;
            }
          } else if (s < a) far[j] = a;
          else if (e > b) near[j] = b;
          else {
            n--;
            near[j] = near[i + n * plane];
            far[j] = far[i + n * plane];
            j -= plane;
          }
        }
        count[i] = n;
      }
    }
  }

  /** Keeps only what lies in the solid, on rays for which `keep` (one flag a row and pixel) is not set. */
  clip(print: Footprint, keep?: Uint8Array): void {
    const { count, near, far, size } = this;
    const plane = size * size;
    for (let y = 0; y < size; y++) {
      const inside = y >= print.y0 && y < print.y1;
      const start = inside ? y * size + print.from[y] : -1;
      const end = inside ? y * size + print.to[y] : -1;
      for (let i = y * size; i < (y + 1) * size; i++) {
        let n = count[i];
        if (n === 0 || (keep !== undefined && keep[i] !== 0)) continue;
        const hit = i >= start && i < end && print.far[i] > print.near[i];
        if (!hit) {
          count[i] = 0;
          continue;
        }
        const a = print.near[i];
        const b = print.far[i];
        for (let j = i; j < i + n * plane; j += plane) {
          if (near[j] < a) near[j] = a;
          if (far[j] > b) far[j] = b;
          if (far[j] > near[j]) continue;
          n--;
          near[j] = near[i + n * plane];
          far[j] = far[i + n * plane];
          j -= plane;
        }
        count[i] = n;
      }
    }
  }

  /** cm of this material on pixel `i`'s ray. */
  length(i: number): number {
    const { near, far, size } = this;
    const end = i + this.count[i] * size * size;
    let sum = 0;
    for (let j = i; j < end; j += size * size) sum += far[j] - near[j];
    return sum;
  }

  /** `depth += mu · length`. */
  addTo(depth: Float32Array, mu: number): void {
    const { count, near, far } = this;
    const plane = this.size * this.size;
    for (let i = 0; i < plane; i++) {
      const n = count[i];
      if (n === 0) continue;
      let sum = far[i] - near[i];
      for (let j = i + plane; j < i + n * plane; j += plane) sum += far[j] - near[j];
      depth[i] += mu * sum;
    }
  }

  /** `depth += mu · (length inside the solid)`. */
  addOverlap(depth: Float32Array, print: Footprint, mu: number): void {
    const { count, near, far, size } = this;
    const plane = size * size;
    for (let y = print.y0; y < print.y1; y++) {
      const end = y * size + print.to[y];
      for (let i = y * size + print.from[y]; i < end; i++) {
        const stop = i + count[i] * plane;
        if (stop === i) continue;
        const a = print.near[i];
        const b = print.far[i];
        let sum = 0;
        for (let j = i; j < stop; j += plane) {
          const lo = Math.max(near[j], a);
          const hi = Math.min(far[j], b);
          if (hi > lo) sum += hi - lo;
        }
        depth[i] += mu * sum;
      }
    }
  }
}
