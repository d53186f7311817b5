// Loops over rows of floats.

/** `out[segment[i], :] += x[i, :]`; ids outside `[0, segments)` are dropped. `out` is cleared first. */
export function segmentSum(
  x: usize,
  segment: usize,
  out: usize,
  count: i32,
  width: i32,
  segments: i32,
): void {
  memory.fill(out, 0, (segments * width) << 2);
  for (let i = 0; i < count; ++i) {
    const id = load<i32>(segment + (i << 2));
    if (id < 0 || id >= segments) continue;
    addFloats(out + ((id * width) << 2), x + ((i * width) << 2), width);
  }
}

/** Adds `bias [n]` (0: none) to every row of `c [m, n]`, then cuts below zero if `relu`. */
export function addBiasRelu(c: usize, bias: usize, m: i32, n: i32, relu: bool): void {
  const zero = f32x4.splat(0);
  if (bias !== 0) for (let i = 0, row = c; i < m; ++i, row += n << 2) addFloats(row, bias, n);
  if (!relu) return;
  const size = m * n;
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(c + (i << 2), f32x4.max(v128.load(c + (i << 2)), zero));
  for (; i < size; ++i) store<f32>(c + (i << 2), max<f32>(load<f32>(c + (i << 2)), 0));
}

/** Copies `n` floats. */
export function copyFloats(to: usize, from: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
  for (; i < n; ++i) store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
}

/** Adds `n` floats to others. */
export function addFloats(to: usize, from: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = to + (i << 2);
    v128.store(at, f32x4.add(v128.load(at), v128.load(from + (i << 2))));
  }
  for (; i < n; ++i) {
    const at = to + (i << 2);
    store<f32>(at, load<f32>(at) + load<f32>(from + (i << 2)));
  }
}
