/** Mean over a square of 2 · reach + 1 cells; edges are repeated. */
export function blurred(values: Float32Array, h: number, w: number, reach: number): Float32Array {
  let from = values;
  for (const [length, step, lines, stride] of [
    [w, 1, h, w],
    [h, w, w, 1],
  ]) {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let k = 0; k < length; k++) {
        let sum = 0;
        for (let d = -reach; d <= reach; d++) {
          sum += from[line * stride + Math.min(Math.max(k + d, 0), length - 1) * step];
        }
        to[line * stride + k * step] = sum / (2 * reach + 1);
      }
    }
    from = to;
  }
  return from;
}

/** About a bell: {@link blurred} twice. */
export const soft = (values: Float32Array, h: number, w: number, reach: number): Float32Array =>
  blurred(blurred(values, h, w, reach), h, w, reach);
