/** Binary pictures of h × w cells, 1 inside; neighbours are the four beside a cell. */

/** Cells whose four neighbours are inside too; beyond the edge counts as the edge does. */
export function eroded(mask: Uint8Array, h: number, w: number): Uint8Array {
  return mask.map((_, i) => {
    const [y, x] = [Math.floor(i / w), i % w];
    const up = mask[y > 0 ? i - w : i];
    const down = mask[y < h - 1 ? i + w : i];
    return mask[i] & up & down & mask[x > 0 ? i - 1 : i] & mask[x < w - 1 ? i + 1 : i];
  });
}

/** Without what is thinner than three cells. */
export function opened(mask: Uint8Array, h: number, w: number): Uint8Array {
  const core = eroded(mask, h, w);
  return inverted(eroded(inverted(core), h, w));
}

/** What of a mask hangs together with the seeds in it. */
export function connected(
  mask: Uint8Array,
  h: number,
  w: number,
  isSeed: (y: number, x: number) => boolean,
): Uint8Array {
  const out = new Uint8Array(mask.length);
  const queue: number[] = [];
  const visit = (i: number): void => {
    if (!mask[i] || out[i]) return;
    out[i] = 1;
    queue.push(i);
  };
  for (let i = 0; i < mask.length; i++) if (isSeed(Math.floor(i / w), i % w)) visit(i);
  for (let i = queue.pop(); i !== undefined; i = queue.pop()) {
    const x = i % w;
    if (x > 0) visit(i - 1);
    if (x < w - 1) visit(i + 1);
    if (i >= w) visit(i - w);
    if (i < (h - 1) * w) visit(i + w);
  }
  return out;
}

export const inverted = (mask: Uint8Array): Uint8Array => mask.map((x) => 1 - x);
