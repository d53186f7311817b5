import { DataError } from '../../errors';

/** A code table as a look-up by the next 16 bits: `length << 8 | value`, 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

/**
 * Canonical codes from the counts of each length 1..16 and the values in order (ITU-T T.81 annex C).
 * @throws DataError for counts that cannot be a prefix code
 */
export function huffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable {
  const table = new Uint16Array(1 << 16);
  let next = 0;
  let k = 0;
  for (let length = 1; length <= 16; length++) {
    const width = 1 << (16 - length);
    for (let i = 0; i < counts[length - 1]; i++, k++) {
      if (next + width > 1 << 16 || k >= values.length)
        throw new DataError('JPEG data with a damaged code table');
      table.fill((length << 8) | values[k], next, next + width);
      next += width;
    }
  }
  return table;
}

/** How many zero bits may be read past the end before the data count as truncated. */
const GRACE_BITS = 32;

/** Bits of an entropy-coded segment: stuffed zeros removed, stops at markers. */
export class BitReader {
  private buffer = 0;
  private count = 0;
  private past = 0;

  constructor(
    private readonly data: Uint8Array,
    /** Next byte. */
    public position: number,
  ) {}

  /** The value of the code that comes next. @throws DataError at bits that begin no code, or at the data's end */
  decode(table: HuffmanTable): number {
    if (this.count < 16) this.fill();
    const entry = table[(this.buffer >>> (this.count - 16)) & 0xffff];
    if (entry === 0) throw new DataError('damaged JPEG data (no such code)');
    this.count -= entry >> 8;
    return entry & 255;
  }

  /** A signed number of `bits` bits (T.81 EXTEND); 0 for none. */
  receive(bits: number): number {
    if (bits === 0) return 0;
    if (this.count < 16) this.fill();
    this.count -= bits;
    const value = (this.buffer >>> this.count) & ((1 << bits) - 1);
    return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
  }

  /** Goes behind the restart marker that is due. @throws DataError if it is not there */
  restart(): void {
    this.count = 0;
    this.buffer = 0;
    this.past = 0;
    const { data } = this;
    while (data[this.position] === 0xff && data[this.position + 1] === 0xff) this.position++;
    const marker = data[this.position + 1];
    if (data[this.position] !== 0xff || marker < 0xd0 || marker > 0xd7)
      throw new DataError('damaged JPEG data (no restart mark where one is due)');
    this.position += 2;
  }

  private fill(): void {
    while (this.count <= 16) {
      this.buffer = ((this.buffer & 0xffff) << 8) | this.nextByte();
      this.count += 8;
    }
  }

  private nextByte(): number {
    const byte = this.data[this.position];
    if (byte === 0xff) {
      const after = this.data[this.position + 1];
      if (after === 0) {
        this.position += 2;
        return 0xff;
      }
    } else if (byte !== undefined) {
      this.position++;
      return byte;
    }
    this.past += 8;
    if (this.past > GRACE_BITS) throw new DataError('truncated JPEG data');
    return 0;
  }
}
