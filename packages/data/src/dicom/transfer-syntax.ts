import { DataError } from '../errors';

/** How the pixels of a file are packed. */
export type PixelCoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000';

/** What a transfer syntax says of the file. */
export interface TransferSyntax {
  readonly name: string;
  readonly coding: PixelCoding;
  /** The whole data set behind the file meta information is deflated. */
  readonly deflated?: boolean;
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** DICOM PS3.6 table A-1, what radiographs come in. */
const KNOWN: Readonly<Record<string, TransferSyntax>> = {
  [IMPLICIT_LITTLE_ENDIAN]: { name: 'implicit VR little endian', coding: 'native' },
  [EXPLICIT_LITTLE_ENDIAN]: { name: 'explicit VR little endian', coding: 'native' },
  '1.2.840.10008.1.2.1.99': { name: 'deflated explicit VR little endian', coding: 'native', deflated: true },
  '1.2.840.10008.1.2.2': { name: 'explicit VR big endian', coding: 'native' },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG baseline', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG extended', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG lossless', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.70': { name: 'JPEG lossless, first-order prediction', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS lossless', coding: 'jpeg-ls' },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS near-lossless', coding: 'jpeg-ls' },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 lossless', coding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', coding: 'jpeg-2000' },
  '1.2.840.10008.1.2.5': { name: 'RLE lossless', coding: 'rle' },
};

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
  const name = UNREAD.find(([prefix]) => uid.startsWith(prefix))?.[1] ?? 'an unknown one';
  throw new DataError(`a transfer syntax that is not read (${name}; convert it with dcmtk or gdcm)`);
}
