import type { ByteSource } from './byte-source';

/** Reads one entry of a zip file. */
export interface StoredZip {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** @throws Error where there is no such entry */
  read(name: string): Uint8Array;
}

interface Entry {
  /** Offset of the local header. */
  readonly at: number;
  readonly size: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
/** In a 16- or 32-bit field: the value stands in the zip64 record. */
const ELSEWHERE = 0xffffffff;
/** Largest comment behind the end record. */
const MAX_COMMENT = 0xffff;
/** Largest directory read, some 300,000 entries. */
const MAX_DIRECTORY = 2 ** 25;

/**
 * Opens a zip file whose entries are stored without compression, as `torch.save` writes them: nothing can grow when it is
 * read. Entries that overlap or share a name are refused, so all of them together are never larger than the file.
 *
 * @throws Error in one line for anything else
 * @see APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (zip64)
 */
export function openStoredZip(source: ByteSource): StoredZip {
  const { from, length } = findDirectory(source);
  if (length > MAX_DIRECTORY) throw new Error(`the directory of the zip file has ${length} bytes: too many`);
  const entries = readDirectory(source.read(from, length));
  requireApart(entries, from);
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw new Error(`the zip file has no entry ${clipped(name)}`);
      const header = viewOf(source.read(entry.at, 30));
      if (header.getUint32(0, true) !== LOCAL) throw new Error(`the entry ${clipped(name)} is damaged`);
      const start = entry.at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
      if (start + entry.size > from) throw new Error(`the entry ${clipped(name)} is cut off`);
      return source.read(start, entry.size);
    },
  };
}

/** Where the central directory lies. */
function findDirectory(source: ByteSource): { from: number; length: number } {
  const tailLength = Math.min(source.length, 22 + MAX_COMMENT);
  const tail = viewOf(source.read(source.length - tailLength, tailLength));
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const [length, from] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
    if (from !== ELSEWHERE && length !== ELSEWHERE) return { from, length };
    return findDirectory64(source, source.length - tailLength + at);
  }
  throw new Error('the zip file is cut off: it has no directory');
}

function findDirectory64(source: ByteSource, end: number): { from: number; length: number } {
  const locator = viewOf(source.read(end - 20, 20));
  if (locator.getUint32(0, true) !== LOCATOR64) throw new Error('the zip file has no zip64 directory');
  const record = viewOf(source.read(big(locator, 8), 56));
  if (record.getUint32(0, true) !== END64) throw new Error('the zip file has no zip64 directory');
  return { from: big(record, 48), length: big(record, 40) };
}

function readDirectory(bytes: Uint8Array): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; ) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw new Error('the directory of the zip file is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((k) => view.getUint16(at + k, true));
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > bytes.length) throw new Error('the directory of the zip file is cut off');
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    if (view.getUint16(at + 10, true) !== 0) {
      throw new Error(`the entry ${clipped(name)} is compressed; torch.save stores without compression`);
    }
    if (entries.has(name)) throw new Error(`the entry ${clipped(name)} is there twice`);
    entries.set(name, entryOf(view, at, extra));
    at = next;
  }
  return entries;
}

/** Size and place of an entry; numbers that do not fit 32 bits stand in its zip64 field, in this order. */
function entryOf(view: DataView, at: number, extra: Uint8Array): Entry {
  const wide = zip64Field(extra);
  let used = 0;
  const [size, packed, offset] = [24, 20, 42].map((k) => {
    const value = view.getUint32(at + k, true);
    if (value !== ELSEWHERE) return value;
    if (!wide || used + 8 > wide.byteLength) throw new Error('the directory of the zip file is damaged');
    used += 8;
    return big(wide, used - 8);
  });
  if (size !== packed) throw new Error('the directory of the zip file is damaged');
  return { at: offset, size };
}

function zip64Field(extra: Uint8Array): DataView | null {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    const field = extra.subarray(at + 4, at + 4 + length);
    if (view.getUint16(at, true) === 1) return viewOf(field);
    at += 4 + length;
  }
  return null;
}

/** @throws Error where two entries, or an entry and the directory, share bytes */
function requireApart(entries: ReadonlyMap<string, Entry>, directory: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.at - b.at);
  inOrder.forEach(([name, { at, size }], i) => {
    const next = inOrder[i + 1]?.[1].at ?? directory;
    if (at + 30 + size > next) throw new Error(`the entry ${clipped(name)} overlaps what follows`);
  });
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A 64-bit number; far outside the file where it is no exact number. */
const big = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** A name from a file, safe to print. */
export function clipped(name: string): string {
  const text = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  return text.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '?');
}
