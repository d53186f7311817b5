import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Extent, type FeatureIndex, featureIndexSchema, parseShardHeader } from '../features/layout';

/** Longest header read of a shard: the limit of safetensors' reference implementation. */
const MAX_HEADER = 100_000_000;

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
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
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
    for (const { file, bytes } of index.shards) shards.push(openShard(join(folder, file), bytes, index));
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

function openShard(path: string, bytes: number, index: FeatureIndex): Shard {
  if (!existsSync(path)) throw new Error(`${path}: shard is missing`);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size !== bytes) throw new Error(`shard must have ${bytes} bytes, found ${size}`);
    const length = Number(new DataView(readExactly(file, 0, 8).buffer).getBigUint64(0, true));
    if (length > Math.min(MAX_HEADER, size - 8)) {
      throw new Error(`header claims ${length} bytes of a file of ${size}`);
    }
    const header = new TextDecoder().decode(readExactly(file, 8, length));
    return { path, file, extents: parseShardHeader(header, size, index) };
  } catch (error) {
    closeSync(file);
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
