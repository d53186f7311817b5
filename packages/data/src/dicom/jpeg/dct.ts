import { DataError } from '../../errors';
import { readScans, type Scan } from './scans';

/** Place of each coefficient of the zigzag in its 8 x 8 block. */
const ZIGZAG = zigzag();
/** `BASIS[u * 8 + x]`: cosine u at place x, scaled so that the transform is its own inverse's transpose. */
const BASIS = Float32Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/**
 * Decodes sequential JPEG of 8 or 12 bit (baseline and extended, processes 1, 2 and 4; ITU-T T.81 annex F),
 * components at full resolution. Colours stay as they are coded.
 *
 * @returns words, samples innermost
 * @throws DataError for damaged or truncated data
 */
export function decodeSequentialJpeg(data: Uint8Array): Uint16Array {
  let words = new Uint16Array(0);
  readScans(data, (scan, { width, height, components, precision }) => {
    if (words.length === 0) words = new Uint16Array(width * height * components);
    readScan(scan, words, width, height, components, precision);
  });
  return words;
}

function readScan(
  { components: chosen, bits, restartInterval }: Scan,
  words: Uint16Array,
  width: number,
  height: number,
  components: number,
  precision: number,
): void {
  const block = new Float32Array(64);
  const half = new Float32Array(64);
  const before = chosen.map(() => 0);
  const middle = 1 << (precision - 1);
  const most = 2 ** precision - 1;
  let untilRestart = restartInterval;
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      if (restartInterval > 0 && untilRestart-- === 0) {
        bits.restart();
        before.fill(0);
        untilRestart = restartInterval - 1;
      }
      chosen.forEach((component, i) => {
        const { dc, ac, quantisation } = component;
        if (!ac || !quantisation) throw new DataError('JPEG data without a code or quantisation table');
        block.fill(0);
        before[i] += bits.receive(atMost(bits.decode(dc), 15));
        block[0] = before[i] * quantisation[0];
        for (let k = 1; k < 64; k++) {
          const code = bits.decode(ac);
          const size = code & 15;
          if (size === 0) {
            if (code !== 0xf0) break;
            k += 15;
            continue;
          }
          k += code >> 4;
          if (k > 63) throw new DataError('damaged JPEG data (a block runs over)');
          block[ZIGZAG[k]] = bits.receive(size) * quantisation[k];
        }
        inverse(block, half);
        const rows = Math.min(8, height - top);
        const columns = Math.min(8, width - left);
        for (let y = 0; y < rows; y++) {
          let at = ((top + y) * width + left) * components + component.index;
          for (let x = 0; x < columns; x++, at += components) {
            const value = Math.round(block[y * 8 + x]) + middle;
            words[at] = Math.min(most, Math.max(0, value));
          }
        }
      });
    }
  }
}

function atMost(size: number, most: number): number {
  if (size > most) throw new DataError('damaged JPEG data (a number too large)');
  return size;
}

/** The 8 x 8 inverse cosine transform, in place: columns, then rows. */
function inverse(block: Float32Array, half: Float32Array): void {
  for (let v = 0; v < 8; v++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += block[v * 8 + u] * BASIS[u * 8 + x];
      half[v * 8 + x] = sum;
    }
  }
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      let sum = 0;
      for (let v = 0; v < 8; v++) sum += half[v * 8 + x] * BASIS[v * 8 + y];
      block[y * 8 + x] = sum;
    }
  }
}

function zigzag(): Uint8Array {
  const places = Array.from({ length: 64 }, (_, i) => ({ i, y: i >> 3, x: i & 7 }));
  const order = ({ x, y }: { x: number; y: number }) => (x + y) * 8 + ((x + y) % 2 === 0 ? x : y);
  return Uint8Array.from(places.sort((a, b) => order(a) - order(b)).map(({ i }) => i));
}
