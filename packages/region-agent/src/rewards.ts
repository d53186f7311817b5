/** Rewards of both actions at every patch: shape `[r, p]` for all images alike, or `[b, r, p]`. */
export interface ActionRewards {
  /** Of choosing the patch. */
  readonly chosen: Float32Array;
  /** Of leaving it out. */
  readonly left: Float32Array;
}

/**
 * Agreement with a prior: +1 if the action equals it, 0 if chosen outside, −1 if missed inside.
 *
 * @param prior `[r, p]`, each 0 or 1
 * @param known `[p]`: 0 where there is no prior and every action earns 0; absent: known everywhere
 */
export function priorRewards(prior: Float32Array, known?: Float32Array): ActionRewards {
  const p = known?.length ?? prior.length;
  const weight = (i: number): number => known?.[i % p] ?? 1;
  return {
    chosen: prior.map((inside, i) => weight(i) * inside),
    left: prior.map((inside, i) => weight(i) * (1 - 2 * inside)),
  };
}

/**
 * Rewards per region, summed over batch and patches, of each region's own action.
 * @param actions `[b, r, p]`, each 0 or 1
 * @param rewards `[r, p]`
 * @param present `[b, p]`: patches that are not there earn nothing; null: all are there
 * @returns `[r]`
 */
export function rewardsOfOwnAction(
  actions: Float32Array,
  rewards: ActionRewards,
  r: number,
  present: Float32Array | null = null,
): Float32Array {
  const out = new Float32Array(r);
  const size = rewards.chosen.length; // r·p
  const p = size / r;
  for (let i = 0; i < actions.length; i++) {
    const place = i % size;
    if (present && !present[Math.floor(i / size) * p + (place % p)]) continue;
    out[Math.floor(place / p)] += actions[i] ? rewards.chosen[place] : rewards.left[place];
  }
  return out;
}

/**
 * The same as the published code has it: each region is paid for the previous region's action, the first for
 * choosing nothing.
 */
export function rewardsAsPublished(
  actions: Float32Array,
  rewards: ActionRewards,
  r: number,
  present: Float32Array | null = null,
): Float32Array {
  const size = rewards.chosen.length;
  const p = size / r;
  const previous = new Float32Array(actions.length);
  for (let start = 0; start < actions.length; start += size) {
    previous.set(actions.subarray(start, start + size - p), start + p);
  }
  return rewardsOfOwnAction(previous, rewards, r, present);
}

/**
 * The published mix: rewards z-scored over the regions (sample deviation), clipped to ±2; then
 * α · min(ln(1 + ΣBLEU-4) / (max − min), 2), the range being that of the clipped scores, is added to each.
 */
export function composedRewards(rewards: Float32Array, totalQuality: number, alpha: number): Float32Array {
  const n = rewards.length;
  const mean = rewards.reduce((a, x) => a + x, 0) / n;
  const sd = Math.sqrt(rewards.reduce((a, x) => a + (x - mean) ** 2, 0) / (n - 1));
  const scores = rewards.map((x) => (sd > 0 ? Math.min(Math.max((x - mean) / sd, -2), 2) : 0));
  const range = Math.max(...scores) - Math.min(...scores);
  const bonus = range > 0 ? Math.min(Math.log1p(totalQuality) / range, 2) : totalQuality > 0 ? 2 : 0;
  return scores.map((x) => x + alpha * bonus);
}
