/** Kinds of files that are read beside DICOM. */
export type PictureKind = 'PNG' | 'JPEG' | 'TIFF' | 'BMP' | 'WebP' | 'JPEG 2000';

/** What a file is by its first bytes: a kind that is read, or what to call it and what to do. */
export function kindOf(bytes: Uint8Array): { kind: PictureKind } | { unread: string } {
  if (bytes.length === 0) return { unread: 'an empty file' };
  const kind = READ.find(([mark]) => matches(bytes, mark))?.[1];
  if (kind) return { kind };
  const unread = UNREAD.find(([mark, , at]) => matches(bytes, mark, at))?.[1];
  return { unread: unread ?? boxed(bytes) ?? textual(bytes) ?? 'a file that begins like none of them' };
}

/** First bytes; `.` stands for any. */
type Mark = string;

const READ: readonly [Mark, PictureKind][] = [
  ['\x89PNG', 'PNG'],
  ['\xff\xd8', 'JPEG'],
  ['II*\0', 'TIFF'],
  ['MM\0*', 'TIFF'],
  ['II+\0', 'TIFF'],
  ['MM\0+', 'TIFF'],
  ['RIFF....WEBP', 'WebP'],
  ['BM', 'BMP'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000'],
  ['\xff\x4f\xff\x51', 'JPEG 2000'],
];

const CONVERT = 'convert it to PNG';
const UNPACK = 'unpack it first';
const UNREAD: readonly [Mark, string, at?: number][] = [
  ['GIF8', `a GIF; ${CONVERT}`],
  ['\0\0\0\x0cJXL ', `a JPEG XL; ${CONVERT}`],
  ['\xff\x0a', `a JPEG XL; ${CONVERT}`],
  ['8BPS', `a Photoshop file; ${CONVERT}`],
  ['\x76\x2f\x31\x01', `an OpenEXR picture; ${CONVERT}`],
  ['P5\n', `a portable graymap; ${CONVERT}`],
  ['P6\n', `a portable pixmap; ${CONVERT}`],
  ['\0\0\x01\0', `an icon; ${CONVERT}`],
  ['%PDF', 'a PDF document; save the picture in it as PNG'],
  ['%!PS', 'a PostScript document; save the picture in it as PNG'],
  ['PK\x03\x04', `a zip archive; ${UNPACK}`],
  ['PK\x05\x06', 'an empty zip archive'],
  ['\x1f\x8b', `a gzip file; ${UNPACK} (gunzip)`],
  ['BZh', `a bzip2 file; ${UNPACK}`],
  ['\xfd7zXZ', `an xz file; ${UNPACK}`],
  ['\x28\xb5\x2f\xfd', `a zstd file; ${UNPACK}`],
  ['7z\xbc\xaf', `a 7z archive; ${UNPACK}`],
  ['Rar!', `a RAR archive; ${UNPACK}`],
  ['ustar', `a tar archive; ${UNPACK}`, 257],
  ['\x89HDF', `an HDF5 file; ${CONVERT}`],
  ['\x93NUMPY', `a NumPy array; ${CONVERT}`],
  ['n+1\0', `a NIfTI volume; ${CONVERT}`, 344],
  ['ni1\0', `a NIfTI volume; ${CONVERT}`, 344],
  ['NRRD', `an NRRD volume; ${CONVERT}`],
  ['ObjectType', `a MetaImage volume; ${CONVERT}`],
  ['SQLite format', 'a database'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a program'],
];

const matches = (bytes: Uint8Array, mark: Mark, at = 0): boolean =>
  bytes.length >= at + mark.length &&
  [...mark].every((char, i) => char === '.' || bytes[at + i] === char.charCodeAt(0));

/** ISO media files, by their brand. */
function boxed(bytes: Uint8Array): string | undefined {
  if (!matches(bytes, '....ftyp')) return undefined;
  const brand = String.fromCharCode(...bytes.subarray(8, 12));
  if (/^(hei|hev|mif|msf)/.test(brand)) return `a HEIC picture (a phone's?); ${CONVERT}`;
  return /^avi/.test(brand) ? `an AVIF picture; ${CONVERT}` : 'a film (MP4 or QuickTime)';
}

/** Texts that stand where a picture should be; none of their words is repeated. */
function textual(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 2048);
  if (start.every((byte) => byte === 0)) return 'a file of zeros (a download that broke off?)';
  const wide = matches(start, '\xff\xfe') || matches(start, '\xfe\xff') || start[0] === 0 || start[1] === 0;
  const plain = wide ? start.filter((byte) => byte !== 0) : start; // UTF-16
  if (plain.some((byte) => byte < 9 || (byte > 13 && byte < 32))) return undefined;
  const text = String.fromCharCode(...plain)
    .replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .trimStart();
  if (text.startsWith('version https://git-lfs'))
    return 'a Git LFS pointer, not the file that it stands for; fetch it (git lfs pull)';
  if (/^(\.\.\/)*\.git\/annex\/|^\/annex\/objects\//.test(text))
    return 'a git-annex pointer, not the file that it stands for; fetch it (git annex get)';
  if (/<!doctype html|<html|<head[ >]|<body[ >]/i.test(text))
    return 'a web page (of a login or an error, saved under the name of an image?)';
  if (/^(<\?xml[^>]*>\s*)?(<!--|<!DOCTYPE svg|<svg)/i.test(text) && /<svg/i.test(text))
    return `an SVG drawing; ${CONVERT}`;
  if (text.startsWith('<')) return 'an XML file';
  if (/^[{[]/.test(text)) return 'a JSON file (the answer of a server?)';
  if (/^P[1-7]\s/.test(text)) return `a portable anymap; ${CONVERT}`;
  return 'a text file';
}
