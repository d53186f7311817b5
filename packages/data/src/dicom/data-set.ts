import { DataError } from '../errors';

/** How elements are written (PS3.5 chapter 7). */
export interface Encoding {
  /** Each element names its value representation. */
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** One piece of compressed pixels. */
export interface Fragment {
  /** Of its content in the file. */
  readonly position: number;
  readonly length: number;
  /** Of its item, counted from the first fragment's, as offset tables count. */
  readonly offset: number;
}

/** Where the value of an element lies. */
export interface Element {
  /** Value representation; undefined in implicit files. */
  readonly vr?: string;
  readonly offset: number;
  readonly length: number;
  readonly items?: readonly DataSet[];
  readonly fragments?: readonly Fragment[];
  /** Basic offset table of compressed pixels. */
  readonly offsetTable?: readonly number[];
}

/** Bytes that a text of the fields read here may have; real ones have some dozens. */
const LONGEST_TEXT = 4096;

/** Elements of a file or an item. Values are decoded when asked for; no bytes are copied. */
export class DataSet {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly encoding: Encoding,
    private readonly elements: ReadonlyMap<number, Element>,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get(tag: number): Element | undefined {
    return this.elements.get(tag);
  }

  /** The first item of a sequence. */
  item(tag: number): DataSet | undefined {
    return this.get(tag)?.items?.[0];
  }

  /** The values of a text element, trimmed; none where it is absent. @throws DataError for one that is far too long */
  texts(tag: number): string[] {
    const element = this.get(tag);
    if (!element) return [];
    const { offset, length } = element;
    if (length > LONGEST_TEXT)
      throw new DataError(
        `DICOM with ${length} bytes of text in ${tagName(tag)}, expected at most ${LONGEST_TEXT}`,
      );
    const text = String.fromCharCode(...this.bytes.subarray(offset, offset + length));
    return text.split('\\').map((value) => value.replace(/\0/g, ' ').trim());
  }

  /** The first value of a text element; undefined where it is absent or empty. */
  text(tag: number): string | undefined {
    return this.texts(tag)[0] || undefined;
  }

  /** A number, in binary or written out; undefined where it is absent or none. */
  number(tag: number, index = 0): number | undefined {
    const value = this.numberOf(tag, index);
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  }

  /** Two positive numbers; undefined where they are not. */
  positivePair(tag: number): [number, number] | undefined {
    const [a, b] = [this.number(tag, 0), this.number(tag, 1)];
    return a !== undefined && b !== undefined && a > 0 && b > 0 ? [a, b] : undefined;
  }

  /** A word of 2 bytes, whatever its representation is called. */
  word(tag: number, index = 0): number | undefined {
    const element = this.get(tag);
    if (!element || element.length < 2 * (index + 1)) return undefined;
    return this.view.getUint16(element.offset + 2 * index, this.encoding.littleEndian);
  }

  private numberOf(tag: number, index: number): number | undefined {
    const element = this.get(tag);
    const { view } = this;
    const { littleEndian: little } = this.encoding;
    const read = element?.vr === undefined ? undefined : BINARY[element.vr];
    if (!element || !read) {
      const text = this.texts(tag)[index];
      return text ? Number(text) : undefined;
    }
    const [size, value] = read;
    if (element.length < size * (index + 1)) return undefined;
    return value(view, element.offset + size * index, little);
  }
}

type BinaryReader = readonly [size: number, (view: DataView, at: number, little: boolean) => number];

/** Representations of numbers in binary, for fields that should be text and sometimes are not. */
const BINARY: Readonly<Record<string, BinaryReader>> = {
  US: [2, (view, at, little) => view.getUint16(at, little)],
  SS: [2, (view, at, little) => view.getInt16(at, little)],
  UL: [4, (view, at, little) => view.getUint32(at, little)],
  SL: [4, (view, at, little) => view.getInt32(at, little)],
  FL: [4, (view, at, little) => view.getFloat32(at, little)],
  FD: [8, (view, at, little) => view.getFloat64(at, little)],
};

/** `(0028,0010)`. */
export const tagName = (tag: number): string => {
  const hex = tag.toString(16).padStart(8, '0');
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
};
