import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, type SafetensorsFile, toFloat32 } from '@raca/core';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** Path of a file with values of the reference programs, beside the repository; null where it is absent. */
export function goldenPath(path: string): string | null {
  const full = join(ROOT, '..', 'shared', 'golden', path);
  return existsSync(full) ? full : null;
}

export function readGolden(path: string): SafetensorsFile {
  return parseSafetensors(new Uint8Array(readFileSync(goldenPath(path)!)), path);
}

/** Shape and float32 values of one tensor. */
export function goldenTensor(file: SafetensorsFile, name: string): { shape: number[]; data: Float32Array } {
  const stored = file.tensors.get(name);
  if (!stored) throw new Error(`no tensor ${name}`);
  return { shape: [...stored.shape], data: toFloat32(stored) };
}

/** Rows and columns of a matrix swapped. */
export function transposed(data: Float32Array, rows: number, cols: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[j * rows + i] = data[i * cols + j];
  return out;
}
