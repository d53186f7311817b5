import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegularFile } from '@raca/core/node';

/** Bytes that are read in pieces, so that a large file need not fit in memory. */
export interface ByteSource {
  readonly length: number;
  /** The bytes `from … from + length`. @throws Error where they reach past the end */
  read(from: number, length: number): Uint8Array;
}

/** A source over bytes in memory; what it reads are views. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read(from, length) {
      requireInside(from, length, bytes.length);
      return bytes.subarray(from, from + length);
    },
  };
}

/**
 * Calls `use` with a source over a file, which is closed afterwards.
 * @throws Error that names the path where there is no regular file
 */
export function withFileSource<T>(path: string, use: (source: ByteSource) => T): T {
  const file = openRegularFile(path);
  try {
    const { size } = fstatSync(file);
    return use({
      length: size,
      read(from, length) {
        requireInside(from, length, size);
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const n = readSync(file, bytes, done, Math.min(length - done, 1 << 30), from + done);
          if (n === 0) throw new Error('the file became shorter while it was read');
          done += n;
        }
        return bytes;
      },
    });
  } finally {
    closeSync(file);
  }
}

function requireInside(from: number, length: number, size: number): void {
  const fits = Number.isSafeInteger(from) && Number.isSafeInteger(length) && from >= 0 && length >= 0;
  if (!fits || from + length > size) throw new Error('the file is cut off');
}
