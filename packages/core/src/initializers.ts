import type { Random } from './random';

/** Values of a new weight in C order. Linear weights are `[in, out]`. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

const size = (shape: readonly number[]): number => shape.reduce((n, s) => n * s, 1);

export const zeros: Initializer = (shape) => new Float32Array(size(shape));

export const constant =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(size(shape)).fill(value);

export const ones: Initializer = constant(1);

/** Uniform in [−bound, bound). */
export const uniform =
  (bound: number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: size(shape) }, () => random.uniform(-bound, bound));

export const normal =
  (sd: number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: size(shape) }, () => sd * random.normal());

/** Glorot and Bengio 2010: uniform in ±√(6 / (in + out)) of the last two axes, times the receptive field. */
export const glorotUniform: Initializer = (shape, random) => {
  const [fanIn, fanOut] = fans(shape);
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(shape, random);
};

/** He et al. 2015 for ReLU: normal with sd √(2 / in). */
export const heNormal: Initializer = (shape, random) => normal(Math.sqrt(2 / fans(shape)[0]))(shape, random);

/** PyTorch's default of Linear and its bias: uniform in ±1/√in. @param fanIn input width */
export const linearUniform = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn));

/**
 * Orthogonal rows or columns, whichever are fewer (Saxe et al. 2014), by modified Gram–Schmidt on normal draws. Four
 * vectors are worked on at a time: every one sees the same operations in the same order as alone.
 */
export const orthogonal: Initializer = (shape, random) => {
  if (shape.length !== 2) return glorotUniform(shape, random);
  const [rows, cols] = shape;
  const [count, length] = rows < cols ? [rows, cols] : [cols, rows];
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - basis.length) }, () =>
      Float64Array.from({ length }, () => random.normal()),
    );
    const before = group.map((v) => Math.sqrt(dot(v, v)));
    const known = basis.length;
    if (group.length === AT_ONCE) subtractFromFour(group as Four, basis);
    group.forEach((v, i) => {
      for (const u of group.length === AT_ONCE ? basis.slice(known) : basis) subtractProjection(v, u);
      let norm = Math.sqrt(dot(v, v));
      if (norm < 0.1 * before[i]) {
        for (const u of basis) subtractProjection(v, u); // what cancellation left of the others
        norm = Math.sqrt(dot(v, v));
      }
      if (norm < 1e-9) return; // another is drawn
      for (let k = 0; k < length; k++) v[k] /= norm;
      basis.push(v);
    });
  }
  const out = new Float32Array(rows * cols);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < length; i++) out[rows < cols ? k * cols + i : i * cols + k] = basis[k][i];
  }
  return out;
};

const AT_ONCE = 4;
type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

function fans(shape: readonly number[]): [number, number] {
  const field = size(shape.slice(0, -2));
  const fanIn = shape.length > 1 ? shape[shape.length - 2] : shape[0];
  return [fanIn * field, shape[shape.length - 1] * field];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtractProjection(v: Float64Array, u: Float64Array): void {
  const c = dot(v, u);
  for (let i = 0; i < v.length; i++) v[i] -= c * u[i];
}

/**
 * {@link subtractProjection} of every vector of the basis, in order, from four vectors: subtracts one projection and
 * measures the next in the same loop.
 */
function subtractFromFour([a, b, c, d]: Four, basis: readonly Float64Array[]): void {
  if (basis.length === 0) return;
  const { length } = a;
  let [ca, cb, cc, cd] = [dot(a, basis[0]), dot(b, basis[0]), dot(c, basis[0]), dot(d, basis[0])];
  for (let k = 0; k < basis.length; k++) {
    const u = basis[k];
    const next = basis[Math.min(k + 1, basis.length - 1)];
    let [na, nb, nc, nd] = [0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const x = u[i];
      const y = next[i];
      const va = a[i] - ca * x;
      const vb = b[i] - cb * x;
      const vc = c[i] - cc * x;
      const vd = d[i] - cd * x;
      a[i] = va;
      b[i] = vb;
      c[i] = vc;
      d[i] = vd;
      na += va * y;
      nb += vb * y;
      nc += vc * y;
      nd += vd * y;
    }
    [ca, cb, cc, cd] = [na, nb, nc, nd];
  }
}
