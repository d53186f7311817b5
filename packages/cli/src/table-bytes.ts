import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UsageError } from './errors';
import { visible } from './visible-line';

/** Most bytes of a table, unpacked. */
export const TABLE_BUDGET = 192 * 2 ** 20;

/** A file's text, and how it was written where that is not plain UTF-8. */
export interface DecodedFile {
  readonly text: string;
  /** E.g. `gzip, UTF-16LE`; empty for UTF-8. */
  readonly written: string;
}

/**
 * Reads a text file: UTF-8, UTF-16 (by its byte order mark or its zeros), packed with gzip or not, any other encoding when
 * named. Never more than {@link TABLE_BUDGET}.
 * @param encoding a label of the Encoding Standard, e.g. `latin1`, `windows-1252`, `gb18030`
 * @throws Error in one line that says what the file looks like
 */
export function readTextFile(path: string, encoding?: string): DecodedFile {
  const raw = readRegular(path);
  const packed = raw[0] === 0x1f && raw[1] === 0x8b;
  const bytes = packed ? unpack(path, raw) : raw;
  const { text, name } = decode(path, bytes, encoding);
  const written = [packed ? 'gzip' : '', name === 'utf-8' ? '' : name.toUpperCase()]
    .filter(Boolean)
    .join(', ');
  return { text: text.replace(/^\uFEFF/, ''), written };
}

/** The bytes of a regular file within the budget; pipes and devices are not waited for. */
function readRegular(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${visible(path)}: expected a table, found ${code === 'ENOENT' ? 'nothing' : code}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      const what = stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a pipe' : 'a device';
      throw new Error(`${visible(path)}: expected a file, found ${what}`);
    }
    if (stat.size > TABLE_BUDGET) throw tooLarge(path, `${Math.round(stat.size / 2 ** 20)} MB`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

const tooLarge = (path: string, found: string): Error =>
  new Error(`${visible(path)}: expected at most ${TABLE_BUDGET / 2 ** 20} MB of text, found ${found}`);

function unpack(path: string, raw: Buffer): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: TABLE_BUDGET });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, 'more once unpacked');
    throw new Error(`${visible(path)}: expected a whole gzip file, found: ${message}`);
  }
}

/** What other files begin with, and what to do. */
const OTHERS: readonly [begins: RegExp, what: string][] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a zip entry's mark
  [/^PK\x03\x04/, 'a zip archive (an Excel workbook? save the sheet as CSV UTF-8)'],
  [/^\xd0\xcf/, 'an old Excel or Word file (save the sheet as CSV UTF-8)'],
  [/^PAR1/, 'a Parquet file (write it as CSV or JSON Lines)'],
  [/^%PDF/, 'a PDF file'],
  [/^\x89HDF/, 'an HDF5 file (write the table as CSV)'],
  [/^SQLite format 3/, 'an SQLite database (export the table as CSV)'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the protocol number of a pickle
  [/^\x80[\x02-\x05]/, 'a Python pickle, which is never opened (write it as CSV or JSON)'],
  [/^(?:BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd|Rar!)/, 'a packed file (only gzip is unpacked here)'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer (fetch the file itself with git lfs pull)'],
  [/^\s*<(?:!doctype html|html)/i, 'a web page (a login page saved in place of the file?)'],
];

function decode(path: string, bytes: Buffer, encoding: string | undefined): { text: string; name: string } {
  const start = bytes.toString('latin1', 0, 64);
  const other = OTHERS.find(([begins]) => begins.test(start.replace(/^\xef\xbb\xbf/, '')));
  if (other) throw new Error(`${visible(path)}: expected CSV, JSON or JSON Lines, found ${other[1]}`);
  if (/^(?:\xff\xfe\0\0|\0\0\xfe\xff)/.test(start)) throw utf32(path);
  if (encoding !== undefined) return { text: decoded(path, bytes, encoding), name: encoding.toLowerCase() };
  const wide = utf16(bytes, start);
  if (wide) return { text: decoded(path, bytes, wide), name: wide };
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw new Error(`${visible(path)}: expected text, found binary data (a zero byte at position ${zero})`);
  }
  if (!isUtf8(bytes)) throw notUtf8(path, bytes);
  return { text: bytes.toString('utf8'), name: 'utf-8' };
}

const utf32 = (path: string): Error =>
  new Error(
    `${visible(path)}: expected UTF-8 or UTF-16, found UTF-32 (convert it: iconv -f UTF-32 -t UTF-8)`,
  );

function decoded(path: string, bytes: Buffer, encoding: string): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new UsageError(
      `--encoding: expected a name such as utf-8, latin1, windows-1252 or utf-16le, found "${visible(encoding)}"`,
    );
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Error(`${visible(path)}: expected ${decoder.encoding}, found bytes that are not`);
  }
}

/** UTF-16 by its mark, or by zeros in every other byte of the beginning. */
function utf16(bytes: Buffer, start: string): 'utf-16le' | 'utf-16be' | undefined {
  if (start.startsWith('\xff\xfe')) return 'utf-16le';
  if (start.startsWith('\xfe\xff')) return 'utf-16be';
  const head = bytes.subarray(0, 1024);
  if (head.length < 4 || bytes.length % 2 !== 0) return undefined;
  let [even, odd] = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) i % 2 ? odd++ : even++;
  const half = head.length / 2;
  if (odd > 0.7 * half && even === 0) return 'utf-16le';
  if (even > 0.7 * half && odd === 0) return 'utf-16be';
  return undefined;
}

/** An error that names line, byte and the character that it is in Windows-1252. */
function notUtf8(path: string, bytes: Buffer): Error {
  let line = 1;
  let from = 0;
  for (let end = bytes.indexOf(10); ; end = bytes.indexOf(10, from)) {
    const piece = bytes.subarray(from, end < 0 ? bytes.length : end);
    if (end < 0 || !isUtf8(piece)) break;
    from = end + 1;
    line++;
  }
  const stop = bytes.indexOf(10, from);
  const piece = bytes.subarray(from, stop < 0 ? bytes.length : stop);
  let at = 0;
  // the first byte that is neither ASCII nor the start of a whole UTF-8 character
  while (at < piece.length) {
    const first = piece[at]!;
    const size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (size === 0 || !isUtf8(piece.subarray(at, at + size))) break;
    at += size;
  }
  const byte = piece[at] ?? 0;
  const letter = new TextDecoder('windows-1252').decode(Uint8Array.of(byte));
  return new Error(
    `${visible(path)}: line ${line}: expected UTF-8, found byte 0x${byte.toString(16)}, "${visible(letter)}" in Latin-1 or ` +
      'Windows-1252: pass --encoding latin1 (or what it is), or convert the file to UTF-8',
  );
}
