import { DataError } from '../../errors';
import { readScans, type Scan } from './scans';

/**
 * Decodes JPEG lossless (process 14, every selection value; ITU-T T.81 annex H).
 * @returns words, samples innermost
 * @throws DataError for damaged or truncated data
 */
export function decodeLosslessJpeg(data: Uint8Array): Uint16Array {
  let words = new Uint16Array(0);
  readScans(data, (scan, { width, height, components, precision }) => {
    if (words.length === 0) words = new Uint16Array(width * height * components);
    readScan(scan, words, width, height, components, precision);
  });
  return words;
}

function readScan(
  { components: chosen, bits, restartInterval, first: predictor, low }: Scan,
  words: Uint16Array,
  width: number,
  height: number,
  components: number,
  precision: number,
): void {
  if (predictor < 1 || predictor > 7) throw new DataError(`JPEG lossless data with predictor ${predictor}`);
  if (restartInterval % width !== 0) throw new DataError('JPEG lossless data that restart within a line');
  const start = 1 << Math.max(0, precision - low - 1);
  const row = width * components;
  let untilRestart = restartInterval;
  let fresh = true; // in the first line of the picture, and behind a restart, only the left neighbour predicts
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (restartInterval > 0 && untilRestart-- === 0) {
        bits.restart();
        untilRestart = restartInterval - 1;
        fresh = true;
      }
      for (const { index, dc } of chosen) {
        const at = y * row + x * components + index;
        const a = words[at - components];
        const b = words[at - row];
        const c = words[at - row - components];
        const above = x === 0 ? b : predict(predictor, a, b, c);
        const guess = !fresh ? above : x === 0 ? start : a;
        const length = bits.decode(dc);
        if (length > 16) throw new DataError('damaged JPEG lossless data');
        words[at] = guess + (length === 16 ? 32768 : bits.receive(length));
      }
    }
    fresh = false;
  }
  if (low > 0)
    for (const { index } of chosen) for (let i = index; i < words.length; i += components) words[i] <<= low;
}

/** Left a, above b, above left c. */
function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}
