import type { PatchMap } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkEncoder, decodeValues, type FeatureIndex } from '../features/layout';
import { closeShards, indexPath, openShards, readExactly, readIndex, type Shard } from './feature-index';

/** Features of images on disk, read one by one. */
export class FeatureStore {
  private readonly shards: readonly Shard[];
  private readonly shardOf = new Map<string, Shard>();

  /** @internal */
  constructor(
    private readonly folder: string,
    readonly index: FeatureIndex,
  ) {
    this.shards = openShards(folder, index);
    for (const shard of this.shards) for (const id of shard.extents.keys()) this.shardOf.set(id, shard);
  }

  get ids(): string[] {
    return [...this.shardOf.keys()];
  }

  has(id: string): boolean {
    return this.shardOf.has(id);
  }

  /** Values `[rows · cols, width]` of one image. @throws Error if it is not there */
  read(id: string): Float32Array {
    const { grid, width } = this.index;
    return this.into(new Float32Array(grid.rows * grid.cols * width), id);
  }

  /**
   * Features of b studies, `[b, p, d_v]`, as a backbone gives them.
   * @param ids of the images of each study, null where a slot is empty (0 there); all studies have as many slots
   */
  batch(ids: readonly (readonly (string | null)[])[]): PatchMap {
    const views = ids[0]?.length ?? 0;
    const other = ids.find((study) => study.length !== views);
    if (views === 0 || other) {
      throw new RangeError(`${this.folder}: expected ${views || 'some'} views, got ${other?.length ?? 0}`);
    }
    const { grid, width } = this.index;
    const size = grid.rows * grid.cols * width;
    const values = new Float32Array(ids.length * views * size);
    ids.flat().forEach((id, i) => {
      if (id !== null) this.into(values.subarray(i * size, (i + 1) * size), id);
    });
    const patches = tf.tensor3d(values, [ids.length, views * grid.rows * grid.cols, width]);
    return { patches, grid: { views, ...grid } };
  }

  /** Closes the files. */
  close(): void {
    closeShards(this.shards);
  }

  private into(out: Float32Array, id: string): Float32Array {
    const shard = this.shardOf.get(id);
    if (!shard) throw new Error(`${this.folder}: no features of the image ${id}`);
    const { begin, bytes } = shard.extents.get(id)!;
    return decodeValues(readExactly(shard.file, begin, bytes), this.index.dtype, out);
  }
}

/**
 * Opens a feature store; headers are read, values when asked for.
 *
 * @param encoder what the features must come from, see `encoderHash`; left out: any
 * @throws Error in one line that names the file: no store, another encoder, a shard missing, cut or malformed
 */
export function openFeatureStore(folder: string, encoder?: string): FeatureStore {
  const index = readIndex(folder);
  if (!index) throw new Error(`${folder}: no feature store (index.json is missing)`);
  try {
    if (encoder !== undefined) checkEncoder(index.encoder, encoder);
  } catch (error) {
    throw new Error(`${indexPath(folder)}: ${(error as Error).message}`);
  }
  return new FeatureStore(folder, index);
}
