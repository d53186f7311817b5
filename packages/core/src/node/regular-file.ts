import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { asDiskError } from './system-error';

/**
 * Reads a whole file that a user named. Pipes, sockets and devices, which might never end, are refused at once.
 *
 * @param what for messages, e.g. `a JSON file`
 * @param maxBytes larger files are refused before they are read
 * @throws Error in one line that names the file, what was expected and what was found
 */
export function readRegularFile(path: string, what = 'a file', maxBytes = 2 ** 31 - 1): Buffer {
  const file = openRegularFile(path, what);
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes)
      throw new Error(`${path}: expected ${what} of at most ${maxBytes} bytes, found ${size}`);
    return readFileSync(file);
  } catch (error) {
    throw asDiskError(error, path);
  } finally {
    closeSync(file);
  }
}

/**
 * Opens a file that a user named for reading; as {@link readRegularFile} otherwise. The caller closes it.
 *
 * @throws Error in one line that names the file, what was expected and what was found
 */
export function openRegularFile(path: string, what = 'a file'): number {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe without writer opens, too
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Error(`${path}: expected ${what}, found nothing`);
    if (code === 'ENXIO') throw new Error(`${path}: expected ${what}, found a socket or device`);
    throw asDiskError(error, path);
  }
  const stat = fstatSync(file);
  if (stat.isFile()) return file;
  closeSync(file);
  throw new Error(`${path}: expected ${what}, found ${kindOf(stat)}`);
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}
