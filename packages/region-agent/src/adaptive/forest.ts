/** Steps of gray that are told apart, between 0 and 1. */
const STEPS = 255;

/**
 * Grows seeds over a picture: every cell goes to the seed that reaches it with the smallest largest step of gray
 * between neighbours (eight of them), the nearer one where these are alike. Falcão, Stolfi and de Alencar Lotufo, The
 * image foresting transform, IEEE TPAMI 26 (2004).
 *
 * @param gray 0 to 1, `[h · w]`
 * @param seeds 0 for none, else a label, `[h · w]`
 * @returns labels `[h · w]`, 0 everywhere if there is no seed
 */
export function grown(gray: Float32Array, seeds: Uint8Array, h: number, w: number): Uint8Array {
  const labels = seeds.slice();
  const cost = new Uint16Array(gray.length).fill(STEPS + 1);
  const done = new Uint8Array(gray.length);
  const waiting: number[][] = Array.from({ length: STEPS + 1 }, () => []);
  seeds.forEach((label, i) => {
    if (!label) return;
    cost[i] = 0;
    waiting[0].push(i);
  });
  for (const now of waiting) {
    for (let k = 0; k < now.length; k++) {
      const i = now[k];
      if (done[i]) continue;
      done[i] = 1;
      const [y, x] = [Math.floor(i / w), i % w];
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, h - 1); row++) {
        for (let col = Math.max(x - 1, 0); col <= Math.min(x + 1, w - 1); col++) {
          const j = row * w + col;
          if (done[j]) continue;
          const step = Math.min(Math.round(Math.abs(gray[j] - gray[i]) * STEPS), STEPS);
          const most = Math.max(cost[i], step);
          if (most >= cost[j]) continue;
          cost[j] = most;
          labels[j] = labels[i];
          waiting[most].push(j);
        }
      }
    }
  }
  return labels;
}
