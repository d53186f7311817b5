import { join } from 'node:path';
import type { PatchMap } from '@raca/core';
import { writeFileAtomic } from '@raca/core/node';
import { encodeShard, type FeatureDtype, type FeatureIndex, shardFile } from '../features/layout';
import { closeShards, indexPath, openShards, readIndex } from './feature-index';

/** Options of {@link createFeatureWriter}. */
export interface FeatureWriterOptions {
  /** What makes the features, see `encoderHash`. */
  readonly encoder: string;
  /** d_v */
  readonly width: number;
  /** Patches of one image. */
  readonly grid: { readonly rows: number; readonly cols: number };
  /** Default `float16`. */
  readonly dtype?: FeatureDtype;
  /** Images in a shard, default 256. */
  readonly shardImages?: number;
}

/** Names that mean something else in a safetensors header. */
const RESERVED = new Set(['', '__metadata__', '__proto__']);

/** Appends features of images to a store. Whole shards are written; a kill loses at most the last one. */
export class FeatureWriter {
  private readonly known = new Set<string>();
  private waiting = new Map<string, Float32Array>();

  /** @internal */
  constructor(
    private readonly folder: string,
    private index: FeatureIndex,
    private readonly shardImages: number,
  ) {
    const shards = openShards(folder, index);
    for (const { extents } of shards) for (const id of extents.keys()) this.known.add(id);
    closeShards(shards);
  }

  /** Whether the image has features already, so that a resumed extraction can leave it out. */
  has(id: string): boolean {
    return this.known.has(id);
  }

  /**
   * @param values `[rows · cols, width]` in C order, copied
   * @throws Error if the image is there already
   * @throws RangeError if the number of values is another, one is not finite, or beyond the store's type
   */
  add(id: string, values: Float32Array): void {
    const { grid, width } = this.index;
    const size = grid.rows * grid.cols * width;
    if (RESERVED.has(id)) throw new Error(`${this.folder}: '${id}' cannot be an image's id`);
    if (this.known.has(id)) throw new Error(`${this.folder}: the image ${id} has features already`);
    if (values.length !== size) {
      throw new RangeError(`${this.folder}: image ${id} must have ${size} values, got ${values.length}`);
    }
    requireStorable(values, this.index.dtype, `${this.folder}: image ${id}`);
    this.known.add(id);
    this.waiting.set(id, values.slice());
    if (this.waiting.size >= this.shardImages) this.flush();
  }

  /** Adds a backbone's output. @param ids of each row's views, in the order of the views */
  addPatches(ids: readonly (readonly string[])[], { patches, grid }: PatchMap): void {
    const { rows, cols } = this.index.grid;
    if (grid.rows !== rows || grid.cols !== cols || patches.shape[2] !== this.index.width) {
      throw new RangeError(
        `${this.folder}: images must have ${rows} × ${cols} patches of width ${this.index.width}, ` +
          `got ${grid.rows} × ${grid.cols} of ${patches.shape[2]}`,
      );
    }
    if (ids.length !== patches.shape[0] || ids.some((views) => views.length !== grid.views)) {
      throw new RangeError(`${this.folder}: expected ${patches.shape[0]} × ${grid.views} ids`);
    }
    const values = patches.dataSync() as Float32Array;
    const size = rows * cols * this.index.width;
    ids.flat().forEach((id, i) => {
      this.add(id, values.subarray(i * size, (i + 1) * size));
    });
  }

  /** Writes what waits as a shard. Call it once more at the end. */
  flush(): void {
    if (this.waiting.size === 0) return;
    const file = shardFile(this.index.shards.length);
    const bytes = encodeShard(this.index, this.waiting);
    const shards = [...this.index.shards, { file, images: this.waiting.size, bytes: bytes.length }];
    const index = { ...this.index, shards };
    writeFileAtomic(join(this.folder, file), bytes);
    writeFileAtomic(indexPath(this.folder), `${JSON.stringify(index, null, 1)}\n`);
    this.index = index;
    this.waiting = new Map();
  }
}

/** Largest value of half precision, as far as it is rounded to. */
const LARGEST_HALF = 65519;

function requireStorable(values: Float32Array, dtype: FeatureDtype, what: string): void {
  const largest = dtype === 'float16' ? LARGEST_HALF : Number.MAX_VALUE;
  const bad = values.find((x) => !(Math.abs(x) <= largest));
  if (bad === undefined) return;
  const hint = Number.isFinite(bad) ? '; store float32' : '';
  throw new RangeError(`${what} has the value ${bad}, expected finite ${dtype} values${hint}`);
}

/**
 * Starts a feature store in a folder, or goes on with the one that is there.
 * @throws Error if the store there has another encoder, width, grid or type
 */
export function createFeatureWriter(folder: string, options: FeatureWriterOptions): FeatureWriter {
  const { encoder, width, grid, dtype = 'float16', shardImages = 256 } = options;
  const fresh: FeatureIndex = {
    ...{ format: 'raca-features', version: 1 },
    ...{ encoder, dtype, width, grid: { rows: grid.rows, cols: grid.cols }, shards: [] },
  };
  const found = readIndex(folder);
  for (const key of ['encoder', 'dtype', 'width', 'grid'] as const) {
    const [is, must] = [found?.[key], fresh[key]].map((x) => JSON.stringify(x));
    if (found && is !== must) throw new Error(`${indexPath(folder)}: ${key} must be ${must}, found ${is}`);
  }
  return new FeatureWriter(folder, found ?? fresh, shardImages);
}
