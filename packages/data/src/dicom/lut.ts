import type { DataSet } from './data-set';
import { TAG } from './tags';

/** A look-up table of the file (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5). */
export interface Lut {
  /** Entries that are there; the descriptor may promise more. */
  readonly data: Uint16Array;
  /** Input value of the first entry, as an unsigned word: see {@link placed}. */
  readonly first: number;
  /** Whether the file says how `first` is signed. */
  readonly firstIs: 'signed' | 'unsigned' | undefined;
  /** Fewer entries than the descriptor says. */
  readonly cut: boolean;
  /** Bits an entry, as the descriptor says, where they are 1 to 16. */
  readonly bits: number | undefined;
}

/** The table behind two elements; undefined where descriptor or data are missing or empty. */
export function readLut(
  dataSet: DataSet,
  descriptor: number = TAG.lutDescriptor,
  dataTag: number = TAG.lutData,
): Lut | undefined {
  const said = dataSet.word(descriptor, 0);
  const element = dataSet.get(dataTag);
  if (said === undefined || !element || element.length === 0) return undefined;
  const entries = said === 0 ? 65_536 : said;
  const first = dataSet.word(descriptor, 1) ?? 0;
  const { vr } = dataSet.get(descriptor)!;
  const third = dataSet.word(descriptor, 2) ?? 0;
  const bits = third >= 1 && third <= 16 ? third : undefined;
  // one byte an entry where there are no more, packed in words
  const packed = element.length < 2 * entries && ((bits ?? 16) <= 8 || element.length <= entries + 1);
  const count = Math.min(entries, packed ? element.length : element.length >> 1);
  const swap = !dataSet.encoding.littleEndian && element.vr !== 'OB' ? 1 : 0;
  const data = Uint16Array.from({ length: count }, (_, i) =>
    packed ? (dataSet.bytes[element.offset + (i ^ swap)] ?? 0) : (dataSet.word(dataTag, i) ?? 0),
  );
  const firstIs = vr === 'SS' ? 'signed' : vr === 'US' ? 'unsigned' : undefined;
  return { data, first, firstIs, cut: count < entries, bits };
}

/** What a table is looked up by. */
export interface InputRange {
  /** Values that can occur by the file's number of bits. */
  readonly least: number;
  readonly most: number;
}

/**
 * The first input value as a number: of its two readings, signed and not, the one whose table covers more of the values that
 * can occur; else as the element's VR says; else signed where values below 0 can occur. (PS3.3 C.11.2.1.1 makes it depend
 * on the pixels, which need not hold a negative value, and writers differ.)
 */
export function placed({ data, first, firstIs }: Lut, { least, most }: InputRange): number {
  const signed = first >= 0x8000 ? first - 0x10000 : first;
  if (signed === first) return first;
  const cover = (from: number) => Math.min(most, from + data.length - 1) - Math.max(least, from);
  const gain = cover(signed) - cover(first);
  if (Math.max(cover(signed), cover(first)) >= 0 && gain !== 0) return gain > 0 ? signed : first;
  return (firstIs ?? (least < 0 ? 'signed' : 'unsigned')) === 'signed' ? signed : first;
}

/** The entry of each input value; those outside take the first or the last. */
export function lookUp({ data }: Lut, first: number): (value: number) => number {
  const end = data.length - 1;
  return (value) => data[Math.min(Math.max(Math.round(value) - first, 0), end)];
}

/**
 * What counts as white: the largest value of the descriptor's bits, unless the table holds larger ones, or none above a
 * quarter of it. Such descriptors are wrong (Agfa's CR says 16 bits of tables that end at 4095), and the largest value
 * held, filled up to whole bits, stands in.
 */
export function whiteOf({ data, bits = 16 }: Lut): { white: number; asSaid: boolean } {
  let largest = 1;
  for (const value of data) if (value > largest) largest = value;
  const said = 2 ** bits - 1;
  const held = 2 ** Math.ceil(Math.log2(largest + 1)) - 1;
  const asSaid = largest <= said && held >= said >> 1;
  return { white: asSaid ? said : held, asSaid };
}
