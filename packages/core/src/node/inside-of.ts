import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * The path of something inside a folder, for every write, removal and link whose name comes from data. Neither `..` nor an
 * absolute path nor a link on the way leads out.
 *
 * @param folder may be missing still
 * @param path relative to it
 * @returns the joined path
 * @throws Error in one line if the path would lie outside, or is the folder itself
 */
export function insideOf(folder: string, path: string): string {
  const joined = join(folder, path);
  const refused = new Error(`${folder}: expected a path inside this folder, found ${JSON.stringify(path)}`);
  if (path.includes('\0') || isAbsolute(path) || /^[A-Za-z]:/.test(path)) throw refused;
  if (!isBelow(resolve(folder), resolve(joined))) throw refused;
  const real = realFolder(resolve(folder));
  if (real !== null) {
    const parent = realFolder(dirname(resolve(joined)));
    if (parent !== null && parent !== real && !isBelow(real, parent)) throw refused;
  }
  return joined;
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path of a folder, or of the nearest folder above it that is there. */
function realFolder(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      return realpathSync(at);
    } catch {
      if (dirname(at) === at) return null;
    }
  }
}
