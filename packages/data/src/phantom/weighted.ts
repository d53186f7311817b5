import type { Random } from '@raca/core/random';

/** One of the items, by weight (one draw); the last one must have a weight. */
export function weighted<T>(items: readonly T[], weight: (item: T) => number, random: Random): T {
  let target = random.next() * items.reduce((sum, item) => sum + weight(item), 0);
  for (const item of items) {
    target -= weight(item);
    if (target < 0) return item;
  }
  return items[items.length - 1];
}
