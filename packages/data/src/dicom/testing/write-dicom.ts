import { deflateRawSync } from 'node:zlib';

/** For tests: an element: its tag, its VR, and a value (a number of US or SS, texts, bytes, or items of a sequence). */
export type Written = readonly [
  tag: number,
  vr: string,
  value: number | readonly number[] | string | Uint8Array | readonly (readonly Written[])[],
];

/** For tests: how {@link writeElements} writes. */
export interface Writing {
  readonly explicit?: boolean;
  readonly littleEndian?: boolean;
}

const LONG = 'OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' ');

/** For tests: elements by the rules of PS3.5 chapter 7, written out by hand; words of OW are given in the file's order. */
export function writeElements(elements: readonly Written[], writing: Writing = {}): Buffer {
  return Buffer.concat(elements.map((element) => writeElement(element, writing)));
}

function writeElement([tag, vr, value]: Written, writing: Writing): Buffer {
  const { explicit = true, littleEndian = true } = writing;
  const word = (n: number, bytes: 2 | 4) => {
    const out = Buffer.alloc(bytes);
    if (littleEndian) out.writeUIntLE(n, 0, bytes);
    else out.writeUIntBE(n, 0, bytes);
    return out;
  };
  const body = valueBytes(vr, value, writing, (n) => word(n & 0xffff, 2));
  const head = [word(tag >>> 16, 2), word(tag & 0xffff, 2)];
  if (!explicit) head.push(word(body.length, 4));
  else if (LONG.includes(vr)) head.push(Buffer.from(`${vr}\0\0`, 'latin1'), word(body.length, 4));
  else head.push(Buffer.from(vr, 'latin1'), word(body.length, 2));
  return Buffer.concat([...head, body]);
}

function valueBytes(vr: string, value: Written[2], writing: Writing, word: (n: number) => Buffer): Buffer {
  if (vr === 'SQ') {
    const items = (value as readonly (readonly Written[])[]).map((item) => writeElements(item, writing));
    return Buffer.concat(
      items.map((item) => {
        const head = Buffer.alloc(8);
        if (writing.littleEndian ?? true) {
          head.writeUInt16LE(0xfffe, 0);
          head.writeUInt16LE(0xe000, 2);
          head.writeUInt32LE(item.length, 4);
        } else {
          head.writeUInt16BE(0xfffe, 0);
          head.writeUInt16BE(0xe000, 2);
          head.writeUInt32BE(item.length, 4);
        }
        return Buffer.concat([head, item]);
      }),
    );
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'latin1');
    return text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  }
  if (value instanceof Uint8Array)
    return value.length % 2 === 0 ? Buffer.from(value) : Buffer.concat([value, Buffer.alloc(1)]);
  return Buffer.concat([value as number | readonly number[]].flat().map((n) => word(n as number)));
}

/** For tests: file meta information that names a transfer syntax, behind the preamble. */
export function writeMeta(
  syntax: string | undefined,
  { preamble = true, sopClass = '1.2.840.10008.5.1.4.1.1.1.1' } = {},
): Buffer {
  const elements: Written[] = [[0x00020002, 'UI', sopClass]];
  if (syntax !== undefined) elements.push([0x00020010, 'UI', syntax]);
  const body = writeElements(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([
    ...(preamble ? [Buffer.alloc(128), Buffer.from('DICM')] : []),
    writeElements([[0x00020000, 'UL', length]]),
    body,
  ]);
}

/** For tests: a deflated file of some elements and no more. */
export const deflatedDicom = (elements: readonly Written[]): Buffer =>
  Buffer.concat([writeMeta('1.2.840.10008.1.2.1.99'), deflateRawSync(writeElements(elements))]);
