import { DataError } from '../errors';
import type { DataSet, Element, Encoding } from './data-set';
import { readElements, readMeta, sniffEncoding } from './elements';
import { inflateRaw } from './inflate';
import { TAG } from './tags';
import { type PixelCoding, type TransferSyntax, transferSyntaxOf } from './transfer-syntax';

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
  readonly coding: PixelCoding;
  /** Uncompressed words have their first byte first. */
  readonly bigEndian: boolean;
  readonly dataSet: DataSet;
  readonly pixels: Element;
  readonly format: PixelFormat;
}

/** Whether bytes look like a DICOM file: with its preamble or without, with file meta information or without. */
export function isDicom(bytes: Uint8Array): boolean {
  if (afterPreamble(bytes) > 0) return true;
  const little = bytes[1] === 0 && bytes[0] >= 2 && bytes[0] <= 0x28;
  const big = bytes[0] === 0 && bytes[1] >= 2 && bytes[1] <= 0x28;
  return (little || big) && bytes.length >= 24 && sniffEncoding(bytes, 0) !== undefined;
}

/**
 * Parses a file up to its pixels. What the bytes show goes before what the header says: files without preamble, meta
 * information or transfer syntax are read, and so are those whose transfer syntax is not that of their elements.
 *
 * @param maxBytes of deflated data when unpacked
 * @throws DataError saying what was found; never with a text of the file in it
 */
export async function parseDicom(bytes: Uint8Array, maxBytes: number): Promise<DicomFile> {
  const { syntax: uid, sopClass, end } = metaOf(bytes);
  const syntax = uid === undefined ? undefined : transferSyntaxOf(uid);
  let content = bytes;
  let start = end;
  let encoding = sniffEncoding(bytes, start);
  if (encoding === undefined && (syntax === undefined || syntax.deflated)) {
    content = await inflateRaw(bytes.subarray(start), maxBytes);
    start = 0;
    encoding = sniffEncoding(content, 0);
  }
  encoding ??= syntax ?? fail('a damaged or truncated DICOM file (in its file meta information)');
  const dataSet = readElements(content, start, encoding);
  const pixels = dataSet.get(TAG.pixels) ?? fail(withoutPixels(dataSet, sopClass));
  const coding = codingOf(pixels, content, syntax);
  const format = pixelFormat(dataSet, coding);
  return { coding, bigEndian: isBigEndian(encoding, syntax), dataSet, pixels, format };
}

const isBigEndian = (encoding: Encoding, syntax?: TransferSyntax): boolean =>
  !encoding.littleEndian || syntax?.bigEndianPixels === true;

function fail(message: string): never {
  throw new DataError(message);
}

/** Where the file meta information begins; 0 where there is no preamble. */
function afterPreamble(bytes: Uint8Array): number {
  const marked = (at: number) =>
    bytes.length > at + 4 && String.fromCharCode(...bytes.subarray(at, at + 4)) === 'DICM';
  return marked(128) ? 132 : marked(0) ? 4 : 0;
}

/** The transfer syntax, and where the data set begins: behind every group 0002, for some files have two. */
function metaOf(bytes: Uint8Array): { syntax?: string; sopClass?: string; end: number } {
  let { syntax, sopClass, end } = readMeta(bytes, afterPreamble(bytes));
  for (
    let again = afterPreamble(bytes.subarray(end));
    again > 0;
    again = afterPreamble(bytes.subarray(end))
  ) {
    const inner = readMeta(bytes, end + again);
    syntax = inner.syntax ?? syntax;
    sopClass = inner.sopClass ?? sopClass;
    end = inner.end;
  }
  return { syntax, sopClass, end };
}

function withoutPixels(dataSet: DataSet, ofMeta = ''): string {
  const sop = dataSet.text(TAG.sopClass) ?? ofMeta;
  const kind = Object.entries(WITHOUT_PIXELS).find(([prefix]) => sop.startsWith(prefix))?.[1];
  if (dataSet.get(TAG.floatPixels) ?? dataSet.get(TAG.doublePixels))
    return 'DICOM with pixels of floating point, which are not read';
  return kind ? `DICOM without pixels: ${kind}` : 'DICOM without pixels (no Pixel Data element)';
}

/** SOP classes (PS3.4 B.5) of what often lies beside images. */
const WITHOUT_PIXELS: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.3.10': 'a DICOMDIR, the index of a disc; name the files that it lists',
  '1.2.840.10008.5.1.4.1.1.88': 'a structured report',
  '1.2.840.10008.5.1.4.1.1.104': 'a document (PDF or other) in DICOM',
  '1.2.840.10008.5.1.4.1.1.11': 'a presentation state',
  '1.2.840.10008.5.1.4.1.1.9': 'a waveform',
  '1.2.840.10008.5.1.4.1.1.481': 'an object of radiotherapy',
};

/** What the first bytes of compressed pixels are; what the header says of them is often wrong. */
function codingOf(pixels: Element, bytes: Uint8Array, syntax: TransferSyntax | undefined): PixelCoding {
  const said = syntax?.coding ?? 'native';
  const { fragments } = pixels;
  if (!fragments) return 'native';
  const found = fragments.length > 0 ? codestreamKind(bytes.subarray(fragments[0].position)) : undefined;
  if (found === undefined && said === 'native')
    throw new DataError('compressed DICOM whose transfer syntax is missing or wrong');
  return found ?? said;
}

function codestreamKind(data: Uint8Array): PixelCoding | undefined {
  const begins = (...mark: number[]) => mark.every((byte, i) => data[i] === byte);
  if (begins(0xff, 0x4f, 0xff, 0x51) || begins(0, 0, 0, 12, 0x6a, 0x50)) return 'jpeg-2000';
  if (begins(0xff, 0xd8)) return hasLsFrame(data) ? 'jpeg-ls' : 'jpeg';
  return begins(data[0], 0, 0, 0, 64, 0, 0, 0) && data[0] > 0 && data[0] < 16 ? 'rle' : undefined;
}

/** Whether the first frame marker is JPEG-LS's. */
function hasLsFrame(data: Uint8Array): boolean {
  for (let at = 2; at + 4 <= data.length && data[at] === 0xff; ) {
    const marker = data[at + 1];
    if (marker === 0xf7) return true;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return false;
    at += marker === 0xff ? 1 : 2 + ((data[at + 2] << 8) | data[at + 3]);
  }
  return false;
}

function pixelFormat(dataSet: DataSet, coding: PixelCoding): PixelFormat {
  const number = (tag: number, name: string, allowed: (value: number) => boolean, fallback?: number) => {
    const value = dataSet.word(tag) ?? fallback;
    if (value === undefined) throw new DataError(`DICOM without ${name}`);
    if (!allowed(value)) throw new DataError(`DICOM with ${name} ${value}, which is not read`);
    return value;
  };
  const rows = number(TAG.rows, 'Rows', (n) => n > 0);
  const columns = number(TAG.columns, 'Columns', (n) => n > 0);
  const samples = number(TAG.samples, 'Samples per Pixel', (n) => n === 1 || n === 3, 1) as 1 | 3;
  const bitsAllocated = number(TAG.bitsAllocated, 'Bits Allocated', (n) => n === 8 || n === 16) as 8 | 16;
  const bitsStored = number(TAG.bitsStored, 'Bits Stored', (n) => n > 0 && n <= bitsAllocated, bitsAllocated);
  const highBit = number(
    TAG.highBit,
    'High Bit',
    (n) => n >= bitsStored - 1 && n < bitsAllocated,
    bitsStored - 1,
  );
  const signed = number(TAG.pixelRepresentation, 'Pixel Representation', (n) => n === 0 || n === 1, 0) === 1;
  const planar = samples > 1 && number(TAG.planar, 'Planar Configuration', (n) => n <= 1, 0) === 1;
  const said = dataSet.text(TAG.photometric) ?? (samples === 1 ? 'MONOCHROME2' : 'RGB');
  const photometric = PHOTOMETRICS.find((name) => name === said);
  const gray = samples === 1 && /^(MONO|PAL)/.test(said);
  if (!photometric || (samples === 1) !== gray) {
    const found = photometric ? `${photometric} of ${samples} samples a pixel` : 'another';
    throw new DataError(
      `DICOM with a photometric interpretation that is not read (${found}; expected a MONOCHROME, RGB, YBR or palette one)`,
    );
  }
  if (photometric === 'YBR_FULL_422' && coding === 'native' && columns % 2 === 1)
    throw new DataError(`DICOM of YBR_FULL_422 with an odd number of columns (${columns})`);
  const frames = Math.max(1, Math.trunc(dataSet.number(TAG.frames) ?? 1));
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
