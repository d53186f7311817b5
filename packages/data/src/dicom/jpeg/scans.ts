import { DataError } from '../../errors';
import { type CodestreamSize, jpegSegments, jpegSize } from '../codestream';
import { BitReader, type HuffmanTable, huffmanTable } from './huffman';

/** One component of a scan with its tables. */
export interface ScanComponent {
  /** Place in the frame. */
  readonly index: number;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable | undefined;
  /** Quantisation in zigzag order. */
  readonly quantisation: Uint16Array | undefined;
}

/** One scan, ready to be read. */
export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly bits: BitReader;
  /** Units between restart markers, 0 for none. */
  readonly restartInterval: number;
  /** Start of spectral selection; the predictor in lossless data. */
  readonly first: number;
  /** Low bit of successive approximation; the point transform in lossless data. */
  readonly low: number;
}

/**
 * Walks a JPEG codestream and gives each scan with the tables in force.
 * @throws DataError for damaged data, or components of different resolution
 */
export function readScans(
  data: Uint8Array,
  read: (scan: Scan, size: CodestreamSize) => void,
): CodestreamSize {
  const size = jpegSize(data);
  const codes = new Map<number, HuffmanTable>();
  const quantisations = new Map<number, Uint16Array>();
  const components: { id: number; quantisation: number }[] = [];
  let restartInterval = 0;
  let seen = 0;
  let at = 0;
  while (seen < size.components) {
    let scan: { start: number; end: number } | undefined;
    const rest = at === 0 ? data : withStart(data, at);
    const base = at === 0 ? 0 : at - 2;
    for (const { marker, start, end } of jpegSegments(rest)) {
      const body = rest.subarray(start, end);
      if (marker === 0xc4) readCodes(body, codes);
      else if (marker === 0xdb) readQuantisations(body, quantisations);
      else if (marker === 0xdd) restartInterval = (body[0] << 8) | body[1];
      else if (marker === size.frame && components.length === 0) components.push(...readComponents(body));
      else if (marker === 0xda) scan = { start: base + start, end: base + end };
    }
    if (!scan) throw new DataError('JPEG data without all of its scans');
    const head = data.subarray(scan.start, scan.end);
    const n = head[0];
    if (n < 1 || n > components.length || head.length < 4 + 2 * n)
      throw new DataError('damaged JPEG scan header');
    const chosen = Array.from({ length: n }, (_, i): ScanComponent => {
      const index = components.findIndex(({ id }) => id === head[1 + 2 * i]);
      const tables = head[2 + 2 * i];
      const dc = codes.get(tables >> 4);
      if (index < 0 || !dc) throw new DataError('JPEG scan without its component or code table');
      return {
        index,
        dc,
        ac: codes.get(16 + (tables & 15)),
        quantisation: quantisations.get(components[index].quantisation),
      };
    });
    const bits = new BitReader(data, scan.end);
    read(
      { components: chosen, bits, restartInterval, first: head[1 + 2 * n], low: head[3 + 2 * n] & 15 },
      size,
    );
    seen += n;
    at = nextMarker(data, bits.position);
  }
  return size;
}

/** The rest of the data behind a start mark, so that segments can be walked again. */
function withStart(data: Uint8Array, at: number): Uint8Array {
  const rest = data.slice(at - 2);
  rest.set([0xff, 0xd8]);
  return rest;
}

function nextMarker(data: Uint8Array, from: number): number {
  let at = from;
  while (at + 1 < data.length && !(data[at] === 0xff && data[at + 1] >= 0xc0 && data[at + 1] < 0xff)) at++;
  return at;
}

function readCodes(body: Uint8Array, codes: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= body.length; ) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, n) => sum + n, 0);
    codes.set(body[at], huffmanTable(counts, body.subarray(at + 17, at + 17 + total)));
    at += 17 + total;
  }
}

function readQuantisations(body: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < body.length; ) {
    const wide = body[at] >> 4 ? 2 : 1;
    const table = new Uint16Array(64);
    for (let i = 0; i < 64; i++) {
      const from = at + 1 + i * wide;
      table[i] = wide === 2 ? (body[from] << 8) | body[from + 1] : body[from];
    }
    tables.set(body[at] & 15, table);
    at += 1 + 64 * wide;
  }
}

function readComponents(body: Uint8Array): { id: number; quantisation: number }[] {
  const n = body[5];
  if (body.length < 6 + 3 * n) throw new DataError('damaged JPEG frame header');
  return Array.from({ length: n }, (_, i) => {
    const [id, sampling, quantisation] = body.subarray(6 + 3 * i);
    if (n > 1 && sampling !== 0x11) throw new DataError('JPEG data with components of different resolution');
    return { id, quantisation };
  });
}
