import { DataError } from '../errors';
import type { Encoding } from './data-set';

/** How the pixels of a file are packed. */
export type PixelCoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000';

/** What a transfer syntax says of the file. */
export interface TransferSyntax extends Encoding {
  readonly coding: PixelCoding;
  /** The whole data set behind the file meta information is deflated. */
  readonly deflated?: boolean;
  /** Samples are in big endian although the elements are not (a private syntax of GE). */
  readonly bigEndianPixels?: boolean;
}

const syntax = (coding: PixelCoding, more: Partial<TransferSyntax> = {}): TransferSyntax => ({
  explicit: true,
  littleEndian: true,
  coding,
  ...more,
});

/** DICOM PS3.6 table A-1, what radiographs come in. */
const KNOWN: Readonly<Record<string, TransferSyntax>> = {
  '1.2.840.10008.1.2': syntax('native', { explicit: false }),
  '1.2.840.10008.1.2.1': syntax('native'),
  '1.2.840.10008.1.2.1.99': syntax('native', { deflated: true }),
  '1.2.840.10008.1.2.2': syntax('native', { littleEndian: false }),
  '1.2.840.113619.5.2': syntax('native', { explicit: false, bigEndianPixels: true }),
  '1.2.840.10008.1.2.4.80': syntax('jpeg-ls'),
  '1.2.840.10008.1.2.4.81': syntax('jpeg-ls'),
  '1.2.840.10008.1.2.4.90': syntax('jpeg-2000'),
  '1.2.840.10008.1.2.4.91': syntax('jpeg-2000'),
  '1.2.840.10008.1.2.5': syntax('rle'),
};

/** JPEG of every process, retired ones included; which of them are read, the codestream decides. */
const JPEG = /^1\.2\.840\.10008\.1\.2\.4\.(5\d|6[0-6]|70)$/;

/** Named in the message, so that people know what to convert. */
const UNREAD: readonly [prefix: string, name: string][] = [
  ['1.2.840.10008.1.2.4.10', 'MPEG video'],
  ['1.2.840.10008.1.2.4.20', 'HTJ2K'],
  ['1.2.840.10008.1.2.4.11', 'JPEG XL'],
  ['1.2.840.10008.1.2.4.9', 'JPEG 2000 part 2 or JPIP'],
];

/** @throws DataError for a syntax that is not read; a UID outside the standard's own is not repeated */
export function transferSyntaxOf(uid: string): TransferSyntax {
  if (Object.hasOwn(KNOWN, uid)) return KNOWN[uid];
  if (JPEG.test(uid)) return syntax('jpeg');
  const name = UNREAD.find(([prefix]) => uid.startsWith(prefix))?.[1] ?? 'an unknown one';
  throw new DataError(`a transfer syntax that is not read (${name}; convert it with dcmtk or gdcm)`);
}
