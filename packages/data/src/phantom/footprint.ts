import { type Capsule, type Ellipsoid, multiply, toView, type Vec3, type View } from './view';

/** Lean of a capsule along the beam, cm. */
const HAIR = 1e-4;

/**
 * Where a convex solid meets the rays of a view: for every row `y0 ≤ y < y1` the pixels `from[y] ≤ x < to[y]`,
 * and for each of them entry and exit depth (cm). `near ≥ far` inside a span means that the ray misses.
 * One footprint is reused for all solids of a view.
 */
export class Footprint {
  y0 = 0;
  y1 = 0;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly near: Float32Array;
  readonly far: Float32Array;

  constructor(readonly size: number) {
    this.from = new Int32Array(size);
    this.to = new Int32Array(size);
    this.near = new Float32Array(size * size);
    this.far = new Float32Array(size * size);
  }

  /**
   * Exact: with `G = (M·axes)(M·axes)ᵀ` the shadow is the ellipse `wᵀ G₂⁻¹ w ≤ 1` of G's upper left 2 × 2 block
   * G₂, the chord's middle is linear in w, and half its length is `√(S (1 − wᵀ G₂⁻¹ w))`, S the Schur complement.
   */
  ellipsoid(view: View, solid: Ellipsoid): this {
    const b = multiply(view.matrix, solid.axes);
    const guu = b[0] * b[0] + b[1] * b[1] + b[2] * b[2];
    const guv = b[0] * b[3] + b[1] * b[4] + b[2] * b[5];
    const gvv = b[3] * b[3] + b[4] * b[4] + b[5] * b[5];
    const gut = b[0] * b[6] + b[1] * b[7] + b[2] * b[8];
    const gvt = b[3] * b[6] + b[4] * b[7] + b[5] * b[8];
    const gtt = b[6] * b[6] + b[7] * b[7] + b[8] * b[8];
    const det = guu * gvv - guv * guv;
    const iuu = gvv / det;
    const iuv = -guv / det;
    const ivv = guu / det;
    const ku = iuu * gut + iuv * gvt; // the chord's middle: ku·u + kv·v
    const kv = iuv * gut + ivv * gvt;
    const schur = gtt - (gut * ku + gvt * kv);
    const [cu, cv, ct] = toView(view, solid.centre);
    const { size, pixelsPerCm: p } = view;
    const x0 = view.origin[0] + cu * p - 0.5; // in pixels, of the solid's centre
    const y0 = view.origin[1] + cv * p - 0.5;
    const high = Math.sqrt(gvv) * p;
    this.y0 = Math.max(0, Math.ceil(y0 - high));
    this.y1 = Math.max(this.y0, Math.min(size, Math.floor(y0 + high) + 1));
    const { near, far } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const v = (y - y0) / p;
      const mid = (-iuv * v) / iuu;
      const reach = mid * mid + (1 - ivv * v * v) / iuu;
      const half = reach > 0 ? Math.sqrt(reach) : 0;
      const start = Math.max(0, Math.ceil(x0 + (mid - half) * p));
      const end = Math.min(size, Math.floor(x0 + (mid + half) * p) + 1);
      this.from[y] = start;
      this.to[y] = Math.max(start, end);
      for (let x = start, i = y * size + start; x < end; x++, i++) {
        const u = (x - x0) / p;
        const q = 1 - (iuu * u + 2 * iuv * v) * u - ivv * v * v;
        const h = q > 0 ? Math.sqrt(schur * q) : 0;
        const t = ct + ku * u + kv * v;
        near[i] = t - h;
        far[i] = t + h;
      }
    }
    return this;
  }

  /** Exact: the hull of both balls' chords and of the cylinder's chord between the two end planes. */
  capsule(view: View, { from, to, radius }: Capsule): this {
    const [au, av, at] = toView(view, from);
    const [bu, bv, bt] = toView(view, to);
    const { size, pixelsPerCm: p } = view;
    let du = bu - au;
    const dv = bv - av;
    const dt = bt - at;
    if (du * du + dv * dv < 1e-8) du += HAIR; // along the beam: lean by a hair
    const length = Math.sqrt(du * du + dv * dv + dt * dt);
    const [eu, ev, et] = [du / length, dv / length, dt / length];
    const s2 = eu * eu + ev * ev; // squared sine of the angle to the beam
    const s = Math.sqrt(s2);
    const ox = view.origin[0] - 0.5;
    const oy = view.origin[1] - 0.5;
    this.y0 = Math.max(0, Math.ceil(oy + (Math.min(av, bv) - radius) * p));
    this.y1 = Math.max(this.y0, Math.min(size, Math.floor(oy + (Math.max(av, bv) + radius) * p) + 1));
    const xa = Math.max(0, Math.ceil(ox + (Math.min(au, bu) - radius) * p));
    const xb = Math.max(xa, Math.min(size, Math.floor(ox + (Math.max(au, bu) + radius) * p) + 1));
    const r2 = radius * radius;
    const steep = Math.abs(ev) > 1e-3; // then a row crosses the shadow within `spread` pixels of its axis
    const spread = steep ? Math.ceil((radius * s * p) / Math.abs(ev)) + 1 : size;
    const { near, far } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const v = (y - oy) / p;
      const wv = v - av;
      const middle = steep ? Math.round(ox + (au + (wv * eu) / ev) * p) : 0;
      const first = Math.max(xa, middle - spread);
      const last = Math.min(xb, middle + spread + 1);
      let start = size;
      let end = 0;
      for (let x = first, i = y * size + first; x < last; x++, i++) {
        const u = (x - ox) / p;
        const wu = u - au;
        near[i] = 1e9;
        far[i] = -1e9;
        const across = (wu * ev - wv * eu) / s;
        const left = r2 - across * across;
        if (left <= 0) continue;
        const along = wu * eu + wv * ev;
        const mid = (along * et) / s2; // depth below `at` of the point nearest to the axis
        const half = Math.sqrt(left) / s;
        const place = along / s2; // axial place of that point
        const reach = Math.abs(et) * half;
        let lo = 1e9;
        let hi = -1e9;
        if (place - reach >= 0 && place + reach <= length) {
          lo = at + mid - half;
          hi = at + mid + half;
        } else {
          const da = r2 - wu * wu - wv * wv;
          if (da > 0) {
            const h = Math.sqrt(da);
            lo = at - h;
            hi = at + h;
          }
          const zu = u - bu;
          const zv = v - bv;
          const db = r2 - zu * zu - zv * zv;
          if (db > 0) {
            const h = Math.sqrt(db);
            if (bt - h < lo) lo = bt - h;
            if (bt + h > hi) hi = bt + h;
          }
          let ca = mid - half;
          let cb = mid + half;
          if (Math.abs(et) > 1e-9) {
            const e0 = -along / et;
            const e1 = (length - along) / et;
            ca = Math.max(ca, Math.min(e0, e1));
            cb = Math.min(cb, Math.max(e0, e1));
          } else if (along < 0 || along > length) cb = ca - 1;
          if (cb > ca) {
            if (at + ca < lo) lo = at + ca;
            if (at + cb > hi) hi = at + cb;
          }
        }
        if (hi <= lo) continue;
        near[i] = lo;
        far[i] = hi;
        if (x < start) start = x;
        end = x + 1;
      }
      this.from[y] = start < end ? start : 0;
      this.to[y] = start < end ? end : 0;
    }
    return this;
  }

  /** Exact: what {@link capsule} is where both ends are one point, with its lean by a hair. */
  ball(view: View, centre: Vec3, radius: number): this {
    const [cu, cv, ct] = toView(view, centre);
    const { size, pixelsPerCm: p } = view;
    const ox = view.origin[0] - 0.5;
    const oy = view.origin[1] - 0.5;
    this.y0 = Math.max(0, Math.ceil(oy + (cv - radius) * p));
    this.y1 = Math.max(this.y0, Math.min(size, Math.floor(oy + (cv + radius) * p) + 1));
    const first = Math.max(0, Math.ceil(ox + (cu - radius) * p));
    const last = Math.max(first, Math.min(size, Math.floor(ox + (cu + radius) * p) + 1));
    const r2 = radius * radius;
    const { near, far } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const wv = (y - oy) / p - cv;
      this.from[y] = first;
      this.to[y] = last;
      for (let x = first, i = y * size + first; x < last; x++, i++) {
        const away = (x - ox) / p - cu;
        const wu = away >= 0 && away <= HAIR ? 0 : away;
        const q = r2 - wu * wu - wv * wv;
        const h = q > 0 ? Math.sqrt(q) : 0;
        near[i] = ct - h;
        far[i] = ct + h;
      }
    }
    return this;
  }

  /** `depth += mu · chord`. */
  addTo(depth: Float32Array, mu: number): void {
    const { near, far, size } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const end = y * size + this.to[y];
      for (let i = y * size + this.from[y]; i < end; i++) {
        const chord = far[i] - near[i];
        if (chord > 0) depth[i] += mu * chord;
      }
    }
  }

  /** Sets `bit` in the shadow. */
  mark(bits: Uint16Array, bit: number): void {
    const { near, far, size } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const end = y * size + this.to[y];
      for (let i = y * size + this.from[y]; i < end; i++) if (far[i] > near[i]) bits[i] |= bit;
    }
  }

  /** Clears `bit` in the shadow. */
  unmark(bits: Uint16Array, bit: number): void {
    const { near, far, size } = this;
    for (let y = this.y0; y < this.y1; y++) {
      const end = y * size + this.to[y];
      for (let i = y * size + this.from[y]; i < end; i++) if (far[i] > near[i]) bits[i] &= ~bit;
    }
  }
}
