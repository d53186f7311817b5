import { closeSync, readSync } from 'node:fs';
import { isSystemError, openRegularFile } from '@raca/core/node';
import { DataError } from '../errors';

/** One entry of a list of the top object, or (without `index`) a field that is not a list. */
export interface ListEntry {
  readonly list: string;
  readonly index?: number;
  readonly value: unknown;
}

/**
 * Reads `{"train": [...], "val": [...], ...}` entry by entry, so that a file of any size needs the memory of one
 * entry. Fields that are not lists come whole; empty lists are named by `lists`.
 *
 * @param options.words read Python's `NaN` as null
 * @throws DataError if the file is missing or not JSON of this form
 */
export function* readJsonLists(
  file: string,
  {
    lists,
    chunk = 1 << 20,
    words = false,
  }: { readonly lists?: (name: string) => void; readonly chunk?: number; readonly words?: boolean } = {},
): Generator<ListEntry, void, undefined> {
  const bytes = new Bytes(file, chunk, words);
  try {
    if (bytes.peek() === -1) throw new DataError(`${file}: expected JSON, found an empty file`);
    bytes.take('{', 'the top level');
    const seen = new Set<string>();
    for (let more = bytes.peek() !== CLOSE; more; more = bytes.goesOn('}', 'the top level')) {
      const list = bytes.value('the top level');
      if (typeof list !== 'string') throw bytes.wrong('a field name', 'the top level');
      if (seen.has(list)) throw new DataError(`${file}: ${list}: expected it once, found it twice`);
      seen.add(list);
      bytes.take(':', list);
      if (bytes.peek() !== OPEN_LIST) {
        yield { list, value: bytes.value(list) };
        continue;
      }
      lists?.(list);
      bytes.take('[', list);
      let index = 0;
      for (let next = bytes.peek() !== CLOSE_LIST; next; next = bytes.goesOn(']', `${list}[${index}]`)) {
        yield { list, index, value: bytes.value(`${list}[${index}]`) };
        index++;
      }
      if (index === 0) bytes.take(']', list);
    }
    if (seen.size === 0) bytes.take('}', 'the top level');
    if (bytes.peek() !== -1) throw bytes.wrong('the end of the file', 'the top level');
  } finally {
    bytes.close();
  }
}

const [QUOTE, ESCAPE, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA] = [...'"\\{}[],'].map((c) =>
  c.charCodeAt(0),
);

/** A text in quotes, which is passed over, or a bare word. */
const BARE_NAN = /"(?:[^"\\]|\\.)*"|\bNaN\b/g;

/** Bytes of a file, a chunk at a time. */
class Bytes {
  private readonly handle: number;
  private readonly chunk: Buffer;
  private at = 0;
  private end = 0;

  constructor(
    private readonly file: string,
    size: number,
    private readonly words: boolean,
  ) {
    try {
      this.handle = openRegularFile(file, 'a readable JSON file');
    } catch (error) {
      if (isSystemError(error)) throw error;
      throw new DataError((error as Error).message, { cause: error });
    }
    this.chunk = Buffer.alloc(size);
    this.fill();
    if (this.end >= 3 && this.chunk.readUIntBE(0, 3) === 0xefbbbf) this.at = 3;
  }

  close(): void {
    closeSync(this.handle);
  }

  /** The next byte that is not a blank; -1 at the end. */
  peek(): number {
    for (;;) {
      if (this.at === this.end && !this.fill()) return -1;
      const byte = this.chunk[this.at];
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return byte;
      this.at++;
    }
  }

  take(mark: string, place: string): void {
    if (this.peek() !== mark.charCodeAt(0)) throw this.wrong(`"${mark}"`, place);
    this.at++;
  }

  /** Takes a comma (there is more) or `end`. */
  goesOn(end: string, place: string): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== end.charCodeAt(0)) throw this.wrong(`"," or "${end}"`, place);
    this.at++;
    return byte === COMMA;
  }

  /** A whole value. */
  value(place: string): unknown {
    this.peek();
    const text = this.text();
    try {
      return JSON.parse(
        this.words ? text.replace(BARE_NAN, (word) => (word === 'NaN' ? 'null' : word)) : text,
      );
    } catch (error) {
      const reason = (error as Error).message.replace(/\s+/g, ' ').slice(0, 120);
      throw new DataError(`${this.file}: ${place}: expected JSON, found ${reason}`);
    }
  }

  wrong(expected: string, place: string): DataError {
    const byte = this.peek();
    const found = byte === -1 ? 'the end of the file' : JSON.stringify(String.fromCharCode(byte));
    return new DataError(`${this.file}: ${place}: expected JSON with ${expected}, found ${found}`);
  }

  /** The bytes up to the comma, colon or bracket that ends the value. */
  private text(): string {
    const parts: Buffer[] = [];
    let depth = 0;
    let quoted = false;
    let escaped = false;
    let start = this.at;
    for (;;) {
      if (this.at === this.end) {
        parts.push(Buffer.from(this.chunk.subarray(start, this.end)));
        if (!this.fill()) break;
        start = this.at;
      }
      const byte = this.chunk[this.at];
      if (quoted) {
        if (escaped) escaped = false;
        else if (byte === ESCAPE) escaped = true;
        else if (byte === QUOTE) quoted = false;
      } else if (byte === QUOTE) quoted = true;
      else if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if (depth === 0 && (byte === COMMA || byte === 58)) break;
      else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (depth === 0) break;
        depth--;
      }
      this.at++;
    }
    if (start < this.at && this.end > 0) parts.push(this.chunk.subarray(start, this.at));
    return Buffer.concat(parts).toString('utf8');
  }

  private fill(): boolean {
    this.at = 0;
    this.end = readSync(this.handle, this.chunk, 0, this.chunk.length, null);
    return this.end > 0;
  }
}
