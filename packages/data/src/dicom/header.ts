import type { DataSet, Element } from 'dicom-parser';
import { DataError } from '../errors';
import { inflateRaw } from './inflate';
import {
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  type TransferSyntax,
  transferSyntaxOf,
} from './transfer-syntax';
import { firstNumber } from './values';

const PHOTOMETRICS = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
] as const;

/** Photometric interpretations that are read. */
export type Photometric = (typeof PHOTOMETRICS)[number];

/** How stored pixels lie in memory (PS3.3 C.7.6.3). */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  /** Samples a pixel, 1 or 3. */
  readonly samples: 1 | 3;
  readonly photometric: Photometric;
  /** Colour by planes instead of by pixels. */
  readonly planar: boolean;
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly frames: number;
}

/** A parsed file. Only the fields named here ever leave it: nothing of the patient is read. */
export interface DicomFile {
  readonly syntax: TransferSyntax;
  readonly bigEndian: boolean;
  readonly dataSet: DataSet;
  readonly pixels: Element;
  readonly format: PixelFormat;
}

/** Whether bytes look like a DICOM file, with its preamble or, as old files are, without. */
export function isDicom(bytes: Uint8Array): boolean {
  return hasPreamble(bytes) || headless(bytes) !== undefined;
}

/**
 * Parses a file up to its pixels.
 * @param maxBytes of deflated data when unpacked
 * @throws DataError saying what was found; never with a text of the file in it
 */
export async function parseDicom(bytes: Uint8Array, maxBytes: number): Promise<DicomFile> {
  const { default: parser } = await import('dicom-parser');
  const raw = hasPreamble(bytes) ? undefined : headless(bytes);
  const uid = raw ?? guarded('its file meta information', () => metaUid(parser.readPart10Header(bytes)));
  const syntax = transferSyntaxOf(uid);
  const inflated = syntax.deflated
    ? await inflateRaw(bytes.subarray(endOfMeta(parser.readPart10Header(bytes))), maxBytes)
    : undefined;
  const dataSet = guarded('its data elements', () =>
    parser.parseDicom(bytes, {
      ...(raw ? { TransferSyntaxUID: raw } : {}),
      ...(inflated ? { inflater: () => inflated } : {}),
    }),
  );
  const format = guarded('its image fields', () => pixelFormat(dataSet, syntax));
  const pixels = dataSet.elements.x7fe00010;
  if (!pixels) throw new DataError('DICOM without pixels (no Pixel Data element)');
  return { syntax, bigEndian: uid === '1.2.840.10008.1.2.2', dataSet, pixels, format };
}

/** Runs code of the parser, whose errors are of every kind and may repeat what they read. */
function guarded<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`a damaged or truncated DICOM file (in ${what})`);
  }
}

function hasPreamble(bytes: Uint8Array): boolean {
  return bytes.length > 132 && String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
}

/** Without preamble: the syntax of a file that begins with an element of group 0008. */
function headless(bytes: Uint8Array): string | undefined {
  if (bytes.length < 16 || bytes[0] !== 8 || bytes[1] !== 0 || bytes[3] !== 0) return undefined;
  const vr = String.fromCharCode(bytes[4], bytes[5]);
  if (/^(UL|CS|UI|DA|TM|LO|SH)$/.test(vr)) return EXPLICIT_LITTLE_ENDIAN;
  const length = bytes[4] | (bytes[5] << 8) | (bytes[6] << 16) | (bytes[7] << 24);
  return length >= 0 && length < 256 ? IMPLICIT_LITTLE_ENDIAN : undefined;
}

function metaUid(meta: DataSet): string {
  const uid = meta.string('x00020010')?.trim();
  if (!uid) throw new DataError('DICOM without a transfer syntax');
  return uid;
}

const endOfMeta = (meta: DataSet): number => (meta as unknown as { position: number }).position;

function pixelFormat(dataSet: DataSet, { coding }: TransferSyntax): PixelFormat {
  const number = (tag: string, name: string, allowed: (value: number) => boolean, fallback?: number) => {
    const value = dataSet.uint16(tag) ?? fallback;
    if (value === undefined) throw new DataError(`DICOM without ${name}`);
    if (!allowed(value)) throw new DataError(`DICOM with ${name} ${value}, which is not read`);
    return value;
  };
  const rows = number('x00280010', 'Rows', (n) => n > 0);
  const columns = number('x00280011', 'Columns', (n) => n > 0);
  const samples = number('x00280002', 'Samples per Pixel', (n) => n === 1 || n === 3, 1) as 1 | 3;
  const bitsAllocated = number('x00280100', 'Bits Allocated', (n) => n === 8 || n === 16) as 8 | 16;
  const bitsStored = number('x00280101', 'Bits Stored', (n) => n > 0 && n <= bitsAllocated, bitsAllocated);
  const highBit = number(
    'x00280102',
    'High Bit',
    (n) => n >= bitsStored - 1 && n < bitsAllocated,
    bitsStored - 1,
  );
  const signed = number('x00280103', 'Pixel Representation', (n) => n === 0 || n === 1, 0) === 1;
  const planar = samples > 1 && number('x00280006', 'Planar Configuration', (n) => n <= 1, 0) === 1;
  const said = dataSet.string('x00280004')?.trim() ?? (samples === 1 ? 'MONOCHROME2' : 'RGB');
  const photometric = PHOTOMETRICS.find((name) => name === said);
  const gray = samples === 1 && /^(MONO|PAL)/.test(said);
  if (!photometric || (samples === 1) !== gray) {
    const found = photometric ? `${photometric} of ${samples} samples a pixel` : 'another';
    throw new DataError(
      `DICOM with a photometric interpretation that is not read (${found}; expected ${PHOTOMETRICS.join(', ')})`,
    );
  }
  if (photometric === 'YBR_FULL_422' && coding === 'native' && columns % 2 === 1)
    throw new DataError(`DICOM of YBR_FULL_422 with an odd number of columns (${columns})`);
  const frames = Math.max(1, Math.trunc(firstNumber(dataSet, 'x00280008') ?? 1));
  return {
    rows,
    columns,
    samples,
    photometric,
    planar,
    bitsAllocated,
    bitsStored,
    highBit,
    signed,
    frames,
  };
}
