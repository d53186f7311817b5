import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '@raca/core/node';
import { type Extent, type FeatureIndex, featureIndexSchema, parseShardHeader } from '../features/layout';

/** Longest header read of a shard, as of any safetensors file; some 150,000 images. */
const MAX_HEADER = 2 ** 24;

type ShardSize = FeatureIndex['shards'][number];

/** An open shard. */
export interface Shard {
  readonly path: string;
  readonly file: number;
  readonly extents: ReadonlyMap<string, Extent>;
}

export const indexPath = (folder: string): string => join(folder, 'index.json');

/** `index.json` of a folder; null where there is none. @throws Error in one line if it is not one */
export function readIndex(folder: string): FeatureIndex | null {
  const path = indexPath(folder);
  if (!existsSync(path)) return null;
  const text = readRegularFile(path, 'the index of a feature store', MAX_HEADER).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${path}: not JSON`);
  }
  const result = featureIndexSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${path}: ${issue.path.join('.') || 'index'}: ${issue.message}`);
}

/** Opens the shards of an index and reads their headers. @throws Error in one line that names the file */
export function openShards(folder: string, index: FeatureIndex): Shard[] {
  const shards: Shard[] = [];
  try {
    const seen = new Set<string>();
    for (const { file, ...size } of index.shards) {
      const shard = openShard(join(folder, file), size, index);
      shards.push(shard);
      for (const id of shard.extents.keys()) {
        if (seen.has(id))
          throw new Error(`${shard.path}: image ${id} has features in an earlier shard already`);
        seen.add(id);
      }
    }
    return shards;
  } catch (error) {
    closeShards(shards);
    throw error;
  }
}

export function closeShards(shards: readonly Shard[]): void {
  for (const { file } of shards) closeSync(file);
}

/** Reads exactly `length` bytes into memory of their own. */
export function readExactly(file: number, position: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const n = readSync(file, out, at, length - at, position + at);
    if (n === 0) throw new Error(`expected ${length} bytes at ${position}, found ${at}`);
    at += n;
  }
  return out;
}

function openShard(path: string, { bytes, images }: Omit<ShardSize, 'file'>, index: FeatureIndex): Shard {
  if (!existsSync(path)) throw new Error(`${path}: shard is missing`);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe without writer opens, too
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error('shard must be a regular file');
    const { size } = stat;
    if (size !== bytes) throw new Error(`shard must have ${bytes} bytes, found ${size}`);
    const length = Number(new DataView(readExactly(file, 0, 8).buffer).getBigUint64(0, true));
    if (length > Math.min(MAX_HEADER, size - 8)) {
      throw new Error(`header claims ${length} bytes of a file of ${size}`);
    }
    const header = new TextDecoder().decode(readExactly(file, 8, length));
    const extents = parseShardHeader(header, size, index);
    if (extents.size !== images) throw new Error(`shard must have ${images} images, found ${extents.size}`);
    return { path, file, extents };
  } catch (error) {
    closeSync(file);
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
