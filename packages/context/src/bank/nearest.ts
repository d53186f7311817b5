import { type PatchFeatures, tidyRead } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Bank } from './bank';

/** A case of a bank, as near as `cosine` says. */
export interface Neighbour {
  readonly id: string;
  /** Row of the bank. */
  readonly row: number;
  /** In [−1, 1]; 0 for vectors without length. */
  readonly cosine: number;
}

/** The vectors of a bank on the backend, to look many cases up. Dispose it. */
export interface BankIndex {
  /** As {@link nearest}. */
  find(queries: Float32Array, k: number, excludeIds?: readonly (string | null)[]): Neighbour[][];
  dispose(): void;
}

/** Vectors shorter than this have no direction. */
const SHORTEST = 1e-12;

/** Mean of the patches that are there, `[b, d]`: what a study looks like. */
export function studyVectors({ patches, present }: Pick<PatchFeatures, 'patches' | 'present'>): tf.Tensor2D {
  return tf.tidy(() => {
    if (!present) return tf.mean(patches, 1) as tf.Tensor2D;
    const shares = tf.div(present, tf.maximum(tf.sum(present, 1, true), 1));
    return tf.sum(tf.mul(patches, tf.expandDims(shares, 2)), 1) as tf.Tensor2D;
  });
}

/**
 * The k cases with a report whose vectors have the largest cosine with each query, best first; all are compared. Fewer where the
 * bank has fewer.
 *
 * @param queries `[b, d]`, row by row
 * @param excludeIds `[b]`: the case that a query must not find, usually itself, nor any of its group; null: it may find any
 * @throws RangeError if widths or counts differ, or k is no natural number
 */
export function nearest(
  bank: Bank,
  queries: Float32Array,
  k: number,
  excludeIds?: readonly (string | null)[],
): Neighbour[][] {
  const index = indexBank(bank);
  try {
    return index.find(queries, k, excludeIds);
  } finally {
    index.dispose();
  }
}

/** Puts a bank on the backend. */
export function indexBank(bank: Bank): BankIndex {
  const { width: d, vectors, ids, reports } = bank;
  const rows = ids.flatMap((_, row) => (reports[row] ? [row] : []));
  const groupOf = (row: number): number => bank.groups?.[row] ?? row;
  const groups = new Map(ids.map((id, row) => [id, groupOf(row)]));
  const largest = largestGroup(rows.map(groupOf));
  const found = new Float32Array(rows.length * d);
  rows.forEach((row, place) => {
    found.set(vectors.subarray(row * d, (row + 1) * d), place * d);
  });
  const turned =
    rows.length === 0
      ? null
      : tf.tidy(() => tf.keep(tf.transpose(unitRows(tf.tensor2d(found, [rows.length, d])))) as tf.Tensor2D); // [d, N]
  return {
    find(queries, k, excludeIds) {
      const b = d === 0 ? 0 : queries.length / d;
      if (!Number.isInteger(b))
        throw new RangeError(`nearest: queries must be [b, ${d}], got ${queries.length} values`);
      if (!Number.isInteger(k) || k < 1) throw new RangeError(`nearest: k must be 1 or more, got ${k}`);
      if (excludeIds && excludeIds.length !== b) {
        throw new RangeError(`nearest: expected ${b} ids to exclude, got ${excludeIds.length}`);
      }
      if (b === 0 || !turned) return Array.from({ length: b }, () => []);
      const n = Math.min(rows.length, excludeIds ? k + largest : k); // all that are excluded may be among the best
      const [places, cosines] = tidyRead(() => {
        const all = tf.matMul(unitRows(tf.tensor2d(queries, [b, d])), turned);
        const { indices, values } = tf.topk(all, n);
        return [indices.dataSync(), values.dataSync()] as const;
      });
      return Array.from({ length: b }, (_, i) => {
        const own = excludeIds?.[i] ?? null;
        const excluded = own === null ? undefined : groups.get(own);
        const best = Array.from({ length: n }, (_, j) => i * n + j).filter(
          (at) => groupOf(rows[places[at]]) !== excluded,
        );
        return best.slice(0, k).map((at) => {
          const row = rows[places[at]];
          return { id: ids[row], row, cosine: cosines[at] };
        });
      });
    },
    dispose: () => turned?.dispose(),
  };
}

/** Cases of the group that has most. */
function largestGroup(groups: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts.values()].reduce((most, count) => Math.max(most, count), 0);
}

/** Rows divided by their lengths; those without length stay as they are. */
function unitRows(x: tf.Tensor2D): tf.Tensor2D {
  const length = tf.sqrt(tf.sum(tf.square(x), 1, true));
  return tf.div(x, tf.maximum(length, SHORTEST)) as tf.Tensor2D;
}
