import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '../errors';

/**
 * Opens a regular file for reading. A pipe or a device would make a plain `open` or `read` wait for ever.
 * @throws DataError for a folder, a pipe, a device; the system's error for a file that is not there
 */
export async function openRegular(path: string): Promise<{ file: FileHandle; size: number }> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat();
    if (stat.isFile()) return { file, size: stat.size };
    throw new DataError(stat.isDirectory() ? 'a folder' : 'no regular file (a pipe or a device)');
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All of a regular file, of the size that it had when it was opened. @throws DataError above `maxBytes` */
export async function readRegular(path: string, maxBytes: number): Promise<Uint8Array> {
  const { file, size } = await openRegular(path);
  try {
    if (size > maxBytes) throw new DataError(`a file of ${size} bytes, expected at most ${maxBytes}`);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
}
