import { LARGEST, type SafetensorsDtype, serializeSafetensors, type TensorToStore } from '@raca/core';
import { z } from 'zod';
import { fromHalf, toHalf } from './half';

const natural = z.int().min(0);
const side = z.int().min(1).max(LARGEST.gridSide);

/**
 * `index.json` of a feature store. Each shard is a safetensors file with one tensor `[rows · cols, width]` for
 * each image, under the image's id.
 */
export const featureIndexSchema = z.strictObject({
  format: z.literal('raca-features'),
  version: z.literal(1),
  /** What made the features, see {@link encoderHash}. */
  encoder: z.string().min(1),
  dtype: z.enum(['float16', 'float32']),
  /** d_v */
  width: z.int().min(1).max(LARGEST.width),
  grid: z.strictObject({ rows: side, cols: side }),
  shards: z.array(
    z.strictObject({ file: z.string().regex(/^shard-\d{5}\.safetensors$/), images: natural, bytes: natural }),
  ),
});
export type FeatureIndex = z.output<typeof featureIndexSchema>;
export type FeatureDtype = FeatureIndex['dtype'];

/** Where the values of one image lie in a shard's file. */
export interface Extent {
  readonly begin: number;
  readonly bytes: number;
}

const STORED: Record<FeatureDtype, SafetensorsDtype> = { float16: 'F16', float32: 'F32' };

/** Name of the k-th shard. */
export const shardFile = (k: number): string => `shard-${String(k).padStart(5, '0')}.safetensors`;

/** Bytes of a shard. @param images values `[rows · cols, width]` by image id */
export function encodeShard(
  { dtype, width, grid, encoder }: FeatureIndex,
  images: ReadonlyMap<string, Float32Array>,
): Uint8Array {
  const shape = [grid.rows * grid.cols, width];
  const tensors = new Map<string, TensorToStore>();
  for (const [id, values] of images) {
    const data = dtype === 'float16' ? toHalf(values) : values;
    tensors.set(id, { shape, data, dtype: STORED[dtype] });
  }
  return serializeSafetensors(tensors, { encoder });
}

/**
 * Where each image of a shard lies, from the header alone.
 * @param header JSON text, found behind the 8 bytes of its length
 * @param size of the whole file
 * @throws Error unless the header is that of a shard of this index
 */
export function parseShardHeader(header: string, size: number, index: FeatureIndex): Map<string, Extent> {
  const length = new TextEncoder().encode(header).length;
  const shape = [index.grid.rows * index.grid.cols, index.width];
  const bytes = shape[0] * shape[1] * (index.dtype === 'float16' ? 2 : 4);
  const expected = JSON.stringify([STORED[index.dtype], shape]);
  const extents = new Map<string, Extent>();
  for (const [id, entry] of Object.entries(parseObject(header))) {
    if (id === '__metadata__') {
      checkEncoder((entry as { encoder?: unknown })?.encoder, index.encoder);
      continue;
    }
    const { dtype, shape: found, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    if (JSON.stringify([dtype, found]) !== expected) {
      throw new Error(`image ${id} must be ${expected}, found ${JSON.stringify([dtype, found])}`);
    }
    const [begin, end] = Array.isArray(offsets) ? offsets : [];
    if (!Number.isSafeInteger(begin) || begin < 0 || end - begin !== bytes || 8 + length + end > size) {
      throw new Error(`image ${id} lies at ${JSON.stringify(offsets)}, outside the file of ${size} bytes`);
    }
    extents.set(id, { begin: 8 + length + begin, bytes });
  }
  requireDisjoint(extents);
  return extents;
}

/** Images lie one behind the other: no byte belongs to two of them. @throws Error naming the second one */
function requireDisjoint(extents: ReadonlyMap<string, Extent>): void {
  let end = 0;
  for (const [id, { begin, bytes }] of [...extents].sort(([, a], [, b]) => a.begin - b.begin)) {
    if (begin < end) throw new Error(`image ${id} overlaps the one before it`);
    end = begin + bytes;
  }
}

/** Values of one image. @param bytes at an offset that is divisible by 4 */
export function decodeValues(bytes: Uint8Array, dtype: FeatureDtype, out: Float32Array): Float32Array {
  if (dtype === 'float16') return fromHalf(new Uint16Array(bytes.buffer, bytes.byteOffset, out.length), out);
  out.set(new Float32Array(bytes.buffer, bytes.byteOffset, out.length));
  return out;
}

/** @throws Error if features come from another encoder */
export function checkEncoder(found: unknown, expected: string): void {
  if (found !== expected) {
    throw new Error(`features must come from the encoder ${expected}, found ${String(found)}`);
  }
}

function parseObject(header: string): object {
  let value: unknown;
  try {
    value = JSON.parse(header);
  } catch {
    throw new Error('the safetensors header is not JSON');
  }
  if (typeof value !== 'object' || value === null)
    throw new Error('the safetensors header must be an object');
  return value;
}
