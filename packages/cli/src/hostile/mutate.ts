import type { Random } from '@raca/core/random';

/** Numbers that break what trusts them, little-endian. */
const TELLING = ['00000000', 'ffffffff', 'ffffff7f', '00000080', '01000000', 'feffffff', '0000ffff'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
/** Pieces that mean something in some text format. */
const PIECES = [
  '{',
  '[',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '-',
  '1e999',
  '&a',
  '*a',
  '<',
  '\u0000',
  '\ufeff',
  '../',
  'null',
  '__proto__',
].map((text) => Buffer.from(text));

type Change = (bytes: Buffer, random: Random) => Buffer;

const somewhere = (bytes: Buffer, random: Random): number => random.int(Math.max(1, bytes.length));
const spliced = (bytes: Buffer, from: number, to: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
const overwritten = (bytes: Buffer, at: number, put: Uint8Array): Buffer =>
  spliced(bytes, at, Math.min(bytes.length, at + put.length), put);

const CHANGES: readonly Change[] = [
  (bytes, random) => {
    const out = Buffer.from(bytes);
    if (out.length > 0) out[somewhere(out, random)] ^= 1 << random.int(8);
    return out;
  },
  (bytes, random) => overwritten(bytes, somewhere(bytes, random), TELLING[random.int(TELLING.length)]),
  (bytes, random) => bytes.subarray(0, somewhere(bytes, random)),
  (bytes, random) => {
    const from = somewhere(bytes, random);
    return spliced(bytes, from, from + random.int(64), Buffer.alloc(0));
  },
  (bytes, random) => {
    const [from, at] = [somewhere(bytes, random), somewhere(bytes, random)];
    return spliced(bytes, at, at, bytes.subarray(from, from + random.int(256)));
  },
  (bytes, random) => {
    const at = somewhere(bytes, random);
    return spliced(bytes, at, at, PIECES[random.int(PIECES.length)]);
  },
  (bytes, random) => {
    const at = somewhere(bytes, random);
    return overwritten(
      bytes,
      at,
      Buffer.from(Array.from({ length: 1 + random.int(16) }, () => random.int(256))),
    );
  },
];

/** The bytes with one to six changes: flipped, overwritten, cut out, doubled, inserted, cut off. */
export function mutate(bytes: Uint8Array, random: Random): Buffer {
  let out = Buffer.from(bytes);
  for (let n = 1 + random.int(6); n > 0; n--)
    out = Buffer.from(CHANGES[random.int(CHANGES.length)](out, random));
  return out;
}
