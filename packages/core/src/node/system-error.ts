/** What the system can refuse, whatever the data are: code → words for people. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system takes no file of that size',
  EIO: 'the disk reports an error',
  EMFILE: 'too many open files in this process',
  ENFILE: 'too many open files on this machine',
  ENOMEM: 'no memory left',
  ENOSPC: 'no space left on the disk',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * Whether the system, not the data, is at fault: a full disk, a missing permission, too many open files, a failing disk.
 * Such an error ends the work; it never counts as a damaged file. Causes of the error are looked at too.
 */
export function isSystemError(error: unknown): boolean {
  return systemCode(error) !== undefined;
}

/**
 * The error to throw where a file could not be read or written: one line that names the file and says what the system
 * refused. Other errors come back unchanged.
 *
 * @param path the file as the user knows it
 */
export function asDiskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== 'string') return error;
  const reason = Object.hasOwn(SYSTEM_ERRORS, code) ? SYSTEM_ERRORS[code] : REASONS[code];
  if (reason === undefined) return error;
  return Object.assign(new Error(`${path}: ${reason} (${code})`, { cause: error }), { code });
}

/** Further refusals that name a wrong place rather than a fault of the system. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'expected nothing there, found a file',
  EISDIR: 'expected a file, found a folder',
  ELOOP: 'expected a file, found links that go round in circles',
  ENAMETOOLONG: 'the name is longer than the file system takes',
  ENOTDIR: 'expected a folder on the way there, found a file',
};

function systemCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  const { code, cause } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && Object.hasOwn(SYSTEM_ERRORS, code)) return code;
  return systemCode(cause, depth + 1);
}
