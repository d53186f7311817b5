/**
 * Values of some slots alone.
 * @param values `[r · v · rows · cols]`, region by region, slot by slot
 * @param slots to keep, in order
 * @param views v
 * @returns `[r · slots · rows · cols]`; the same values where all are kept in their order
 */
export function ofSlots<T extends Uint8Array | Float32Array>(
  values: T,
  slots: readonly number[],
  views: number,
  { rows, cols }: { readonly rows: number; readonly cols: number },
): T {
  if (slots.length === views && slots.every((slot, i) => slot === i)) return values;
  const n = rows * cols;
  const regions = values.length / (views * n);
  const out = values.slice(0, regions * slots.length * n) as T;
  for (let r = 0; r < regions; r++) {
    slots.forEach((slot, i) => {
      const from = (r * views + slot) * n;
      out.set(values.subarray(from, from + n), (r * slots.length + i) * n);
    });
  }
  return out;
}
