import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LARGEST, parseSafetensors, type StoredTensor, serializeSafetensors, toFloat32 } from '@raca/core';
import { asDiskError, readRegularFile, writeFileAtomic } from '@raca/core/node';
import { z } from 'zod';
import { type Bank, bankOf } from '../bank/bank';

/** The file that makes a folder a bank: it is written last, and names the hash of the other. */
export const BANK_FILE = 'bank.json';

/** Most bytes of `bank.json`. */
const MAX_JSON = 2 ** 28;

const headerSchema = z.strictObject({
  format: z.literal('raca-bank'),
  version: z.literal(1),
  width: z.int().min(0).max(LARGEST.width),
  /** Of `bank.safetensors`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  ids: z.array(z.string().min(1).max(1024)).max(LARGEST.words * 10),
  words: z.array(z.string().min(1).max(1024)).max(LARGEST.words).optional(),
});

/**
 * Writes a bank as `bank.safetensors` (`vectors` F32 `[N, d]`, `lengths` I32 `[N]` with −1 for no report, `tokens` I32: all
 * reports one after another, `groups` I32 `[N]` where there are some) and then `bank.json` (names, words, and the hash of the
 * other file), which makes the folder a bank.
 *
 * @param folder is made where it is not there
 * @throws Error in one line if it cannot be written
 */
export function writeBank(folder: string, { width, vectors, ids, reports, groups, words }: Bank): void {
  const lengths = Int32Array.from(reports, (report) => report?.length ?? -1);
  const tokens = Int32Array.from(reports.flatMap((report) => (report ? [...report] : [])));
  const file = serializeSafetensors(
    new Map([
      ['vectors', { shape: [ids.length, width], data: vectors }],
      ['lengths', { shape: [ids.length], data: lengths }],
      ['tokens', { shape: [tokens.length], data: tokens }],
      ...(groups ? [['groups', { shape: [ids.length], data: groups }] as const] : []),
    ]),
  );
  const header = { format: 'raca-bank', version: 1, width, sha256: sha256(file), ids, words };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(join(folder, 'bank.safetensors'), file);
    writeFileAtomic(join(folder, BANK_FILE), `${JSON.stringify(header)}\n`);
  } catch (error) {
    throw asDiskError(error, folder);
  }
}

/** Reads what {@link writeBank} wrote. @throws Error in one line that names the file and what is wrong with it */
export function readBank(folder: string): Bank {
  const path = join(folder, 'bank.safetensors');
  const header = readHeader(join(folder, BANK_FILE));
  const file = readRegularFile(path, 'the vectors of a bank');
  if (sha256(file) !== header.sha256) {
    throw new Error(`${path}: expected the file that bank.json was written for, found another`);
  }
  const { tensors } = parseSafetensors(file, path);
  const n = header.ids.length;
  const take = (name: string, dtype: string, shape: readonly (number | null)[]): StoredTensor => {
    const found = tensors.get(name);
    const expected = `${dtype} [${shape.map((size) => size ?? 'any')}]`;
    if (!found) throw new Error(`${path}: expected ${name} of ${expected}, found none`);
    const fits =
      found.shape.length === shape.length &&
      shape.every((size, i) => size === null || size === found.shape[i]);
    if (found.dtype !== dtype || !fits) {
      throw new Error(`${path}: expected ${name} of ${expected}, found ${found.dtype} [${found.shape}]`);
    }
    return found;
  };
  const vectors = toFloat32(take('vectors', 'F32', [n, header.width]));
  const reports = split(toInt32(take('tokens', 'I32', [null])), toInt32(take('lengths', 'I32', [n])), path);
  const groups = tensors.has('groups') ? toInt32(take('groups', 'I32', [n])) : undefined;
  try {
    return bankOf(vectors, header.ids, reports, { groups, words: header.words });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

function readHeader(path: string): z.output<typeof headerSchema> {
  const text = readRegularFile(path, 'the names of a bank', MAX_JSON).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${path}: not JSON`);
  }
  const result = headerSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${path}: ${issue.path.join('.') || 'bank'}: ${issue.message}`);
}

/** Reports from their tokens one after another. */
function split(tokens: Int32Array, lengths: Int32Array, path: string): (Int32Array | null)[] {
  const total = lengths.reduce((sum, length) => sum + Math.max(length, 0), 0);
  if (total !== tokens.length || lengths.some((length) => length < -1 || length > LARGEST.tokens)) {
    throw new Error(
      `${path}: expected lengths of −1 to ${LARGEST.tokens} that add up to ${tokens.length} tokens, got ${total}`,
    );
  }
  let at = 0;
  return Array.from(lengths, (length) => {
    if (length < 0) return null;
    at += length;
    return tokens.slice(at - length, at);
  });
}

const toInt32 = ({ bytes }: StoredTensor): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
