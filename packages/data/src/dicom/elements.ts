import { DataError } from '../errors';
import { DataSet, type Element, type Encoding, type Fragment } from './data-set';
import { SEQUENCES, TAG, WANTED } from './tags';

/** Value representations with 2 reserved bytes and a length of 4 (PS3.5 7.1.2). */
const LONG = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const SHORT = new Set('AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

/** Items in items in items: real files have a handful. */
const DEEPEST = 32;
/** Fragments that are looked at; the first frame never has more. */
const MOST_FRAGMENTS = 65_536;

/** Head of one element. */
interface Head {
  readonly tag: number;
  readonly vr?: string;
  /** Of the value. */
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads the elements from `start` on, up to and with the pixels; those that are not wanted are stepped over.
 * @throws DataError for an element that runs past the end, or items nested without end
 */
export function readElements(bytes: Uint8Array, start: number, encoding: Encoding): DataSet {
  return new Reader(bytes).dataSet(start, bytes.length, encoding, 0).dataSet;
}

/** File meta information. */
interface Meta {
  readonly syntax?: string;
  readonly sopClass?: string;
  /** Where the data set begins. */
  readonly end: number;
}

/** The elements of group 0002, which are in explicit little endian but for a few writers' mistakes, and where they end. */
export function readMeta(bytes: Uint8Array, start: number): Meta {
  const reader = new Reader(bytes);
  const bigEndian = bytes[start] === 0 && bytes[start + 1] === 2;
  const encoding = { explicit: true, littleEndian: !bigEndian };
  const elements = new Map<number, Element>();
  let at = start;
  while (at + 8 <= bytes.length) {
    const head = reader.head(at, encoding);
    if (head.tag >>> 16 !== 2 || head.length > bytes.length - head.offset) break;
    // of two groups 0002 the last counts, unless it is empty
    if (WANTED.has(head.tag) && head.length > 0) elements.set(head.tag, head);
    at = head.offset + head.length;
  }
  const meta = new DataSet(bytes, encoding, elements);
  return { syntax: meta.text(TAG.transferSyntax), sopClass: meta.text(TAG.mediaSopClass), end: at };
}

const ENCODINGS: readonly Encoding[] = [
  { explicit: true, littleEndian: true },
  { explicit: false, littleEndian: true },
  { explicit: true, littleEndian: false },
  { explicit: false, littleEndian: false },
];

/** How the elements from `at` on are written, as their first three tell; undefined if they are none. */
export function sniffEncoding(bytes: Uint8Array, at: number): Encoding | undefined {
  const reader = new Reader(bytes);
  return ENCODINGS.find((encoding) => {
    let before = -1;
    let next = at;
    for (let n = 0; n < 3; n++) {
      if (next + 8 > bytes.length) return n > 0 && next === bytes.length;
      const { tag, vr, offset, length } = reader.head(next, encoding);
      const group = tag >>> 16;
      if (tag <= before || group < 2 || (n === 0 && group > 0x28)) return false;
      if (encoding.explicit !== (vr !== undefined)) return false;
      if (length === UNDEFINED) return SEQUENCES.has(tag) || n > 0 || group === 8;
      if (length > bytes.length - offset) return n > 0 && tag === TAG.pixels;
      before = tag;
      next = offset + length;
    }
    return true;
  });
}

class Reader {
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** An element's head; one without a known representation counts as implicit. The caller has made sure of 8 bytes. */
  head(at: number, { explicit, littleEndian }: Encoding): Head {
    const { view, bytes } = this;
    const tag = view.getUint16(at, littleEndian) * 65536 + view.getUint16(at + 2, littleEndian);
    const vr = explicit ? String.fromCharCode(bytes[at + 4], bytes[at + 5]) : '';
    if (SHORT.has(vr)) return { tag, vr, offset: at + 8, length: view.getUint16(at + 6, littleEndian) };
    if (LONG.has(vr)) {
      if (at + 12 > bytes.length) throw truncated();
      return { tag, vr, offset: at + 12, length: view.getUint32(at + 8, littleEndian) };
    }
    if (/^[A-Z]{2}$/.test(vr)) {
      // one that a later edition may add: those are long (PS3.5 6.2)
      const long = bytes[at + 6] === 0 && bytes[at + 7] === 0 && at + 12 <= bytes.length;
      if (long) return { tag, vr, offset: at + 12, length: view.getUint32(at + 8, littleEndian) };
    }
    return { tag, offset: at + 8, length: view.getUint32(at + 4, littleEndian) };
  }

  /** Elements up to `end`, a delimiter, or the pixels. */
  dataSet(
    start: number,
    end: number,
    encoding: Encoding,
    depth: number,
    keep = true,
  ): { dataSet: DataSet; end: number } {
    if (depth > DEEPEST) throw new DataError('DICOM with items nested too deep');
    const elements = new Map<number, Element>();
    let at = start;
    while (at + 8 <= end) {
      const { tag, vr, offset, length } = this.head(at, encoding);
      if (tag === ITEM_END || tag === SEQUENCE_END) {
        at = offset;
        break;
      }
      const wanted = keep && WANTED.has(tag) && !elements.has(tag);
      if (tag === TAG.pixels && depth === 0) {
        elements.set(tag, this.pixels(vr, offset, length));
        at = end;
        break;
      }
      if (length === UNDEFINED || (wanted && SEQUENCES.has(tag))) {
        if (length !== UNDEFINED && length > end - offset) throw truncated();
        const stop = length === UNDEFINED ? end : offset + length;
        const read = this.items(offset, stop, encoding, depth + 1, wanted);
        if (wanted) elements.set(tag, { vr, offset, length: read.end - offset, items: read.items });
        at = length === UNDEFINED ? read.end : stop;
        continue;
      }
      if (length > end - offset) throw truncated();
      if (wanted) elements.set(tag, { vr, offset, length });
      at = offset + length;
    }
    return { dataSet: new DataSet(this.bytes, encoding, elements), end: at };
  }

  /** Items of a sequence; the first is kept, of what follows only the end is of interest. */
  private items(
    start: number,
    end: number,
    encoding: Encoding,
    depth: number,
    keep: boolean,
  ): { items: DataSet[]; end: number } {
    const items: DataSet[] = [];
    let at = start;
    while (at + 8 <= end) {
      const { tag, length } = this.head(at, { ...encoding, explicit: false });
      at += 8;
      if (tag === SEQUENCE_END) break;
      if (tag !== ITEM) throw new DataError('a damaged DICOM file (a sequence without items)');
      if (length !== UNDEFINED && length > end - at) throw truncated();
      const stop = length === UNDEFINED ? end : at + length;
      const first = keep && items.length === 0;
      if (length === UNDEFINED || first) {
        const read = this.dataSet(at, stop, this.encodingAt(at, stop, encoding), depth, first);
        if (first) items.push(read.dataSet);
        at = length === UNDEFINED ? read.end : stop;
      } else at = stop;
    }
    return { items, end: at };
  }

  /** Items inside an element of unknown representation are implicit (PS3.5 6.2.2), and some writers make others so. */
  private encodingAt(at: number, end: number, encoding: Encoding): Encoding {
    if (at + 8 > end) return encoding;
    const vr = String.fromCharCode(this.bytes[at + 4], this.bytes[at + 5]);
    const explicit = SHORT.has(vr) || LONG.has(vr);
    return explicit === encoding.explicit ? encoding : { ...encoding, explicit };
  }

  /** Pixels: samples, or fragments up to the first thing that is none. */
  private pixels(vr: string | undefined, offset: number, length: number): Element {
    const { bytes, view } = this;
    if (length !== UNDEFINED) return { vr, offset, length: Math.min(length, bytes.length - offset) };
    const fragments: Fragment[] = [];
    let offsetTable: number[] | undefined;
    let first = 0;
    let at = offset;
    while (at + 8 <= bytes.length && fragments.length < MOST_FRAGMENTS) {
      if (view.getUint16(at, true) !== 0xfffe || view.getUint16(at + 2, true) !== 0xe000) break;
      const position = at + 8;
      const size = Math.min(view.getUint32(at + 4, true), bytes.length - position);
      if (offsetTable === undefined) {
        const entries = Math.min(size >> 2, MOST_FRAGMENTS);
        offsetTable = Array.from({ length: entries }, (_, i) => view.getUint32(position + 4 * i, true));
        first = position + size;
      } else fragments.push({ position, length: size, offset: at - first });
      at = position + size;
    }
    return { vr, offset, length: at - offset, fragments, offsetTable: offsetTable ?? [] };
  }
}

const truncated = (): DataError => new DataError('a damaged or truncated DICOM file (in its data elements)');
