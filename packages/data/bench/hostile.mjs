// Damages images in every way and reads them: each must end in a picture or in one line, below a limit of memory.
//   node packages/data/bench/hostile.mjs --sources DIR [--count 1000] [--seed 1] [--forbid text …]
// Prints one JSON line; exit code 1 where a rule was broken. Needs the built packages.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as zlib from 'node:zlib';
import { Random } from '@raca/core/random';
import { readImage } from '@raca/data/node';

const { values } = parseArgs({
  options: {
    sources: { type: 'string' },
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    forbid: { type: 'string', multiple: true, default: [] },
  },
});
if (!values.sources) {
  console.error('hostile: expected --sources DIR, a folder of images');
  process.exit(2);
}
const names = readdirSync(values.sources).sort();
const files = names.map((name) => readFileSync(join(values.sources, name)));
const small = names.map((_, k) => k).filter((k) => files[k].length < 1e6 && !/^(bomb|large)/.test(names[k]));
const random = new Random(Number(values.seed));
const below = (n) => random.int(n);
const pick = (list) => list[below(list.length)];
const dir = mkdtempSync(join(tmpdir(), 'raca-hostile-'));

/** A place in the file, more often near its start, where headers are. */
const place = (bytes) => below(pick([Math.min(bytes.length, 700), bytes.length]));

const MUTATIONS = {
  truncated: (bytes) => bytes.subarray(0, place(bytes)),
  flipped(bytes) {
    for (let k = 0; k <= below(12); k++) bytes[place(bytes)] ^= 1 << below(8);
    return bytes;
  },
  overwritten(bytes) {
    const at = place(bytes);
    const end = Math.min(bytes.length, at + 1 + below(200));
    const by = pick([() => 0, () => 255, () => below(256)]);
    for (let i = at; i < end; i++) bytes[i] = by();
    return bytes;
  },
  spliced(bytes) {
    const other = files[pick(small)];
    const at = place(bytes);
    const from = below(other.length);
    return Buffer.concat([
      bytes.subarray(0, at),
      other.subarray(from, from + below(4000)),
      bytes.subarray(at),
    ]);
  },
  removed(bytes) {
    const at = place(bytes);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(64))]);
  },
  'wrong header': (bytes) => {
    for (let k = 0; k <= below(3); k++)
      pick(fields(bytes))?.(pick([0, 1, 2, 3, 7, 33, 255, 256, 4097, 32768, 65535, below(65536)]));
    return repaired(bytes);
  },
  'huge size': (bytes) => {
    for (const set of sizes(bytes)) set(pick([20000, 40000, 65535]));
    return repaired(bytes);
  },
};

/** Setters of the 16-bit fields of an image header: DICOM's group 0028 and the frame headers of the codecs. */
function fields(bytes) {
  const setters = [...sizes(bytes)];
  for (let at = 132; at + 10 < Math.min(bytes.length, 4000); at += 2)
    if (bytes.readUInt16LE(at) === 0x28) setters.push((v) => bytes.writeUInt16LE(v, at + 8));
  for (const { at } of frames(bytes))
    for (const k of [4, 9, 10, 12])
      setters.push((v) => {
        bytes[at + k] = v;
      });
  if (isPng(bytes))
    for (const k of [24, 25, 26, 28])
      setters.push((v) => {
        bytes[k] = v;
      });
  const tiles = bytes.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  if (tiles > 0 && tiles + 40 < bytes.length)
    for (const k of [6, 16, 20, 24, 28, 32, 36, 40])
      setters.push((v) => bytes.writeUInt16BE(v, tiles + k + (k > 6 && k < 40 ? 2 : 0)));
  return setters;
}

function sizes(bytes) {
  const setters = [];
  for (let at = 132; at + 10 < Math.min(bytes.length, 4000); at += 2) {
    const tag = bytes.readUInt32LE(at);
    if (tag === 0x00100028 || tag === 0x00110028) setters.push((v) => bytes.writeUInt16LE(v, at + 8));
  }
  for (const { at } of frames(bytes))
    setters.push(
      (v) => bytes.writeUInt16BE(v, at + 5),
      (v) => bytes.writeUInt16BE(v, at + 7),
    );
  if (isPng(bytes))
    setters.push(
      (v) => bytes.writeUInt32BE(v, 16),
      (v) => bytes.writeUInt32BE(v, 20),
    );
  const size = bytes.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  if (size > 0 && size + 20 < bytes.length)
    setters.push(
      (v) => bytes.writeUInt32BE(v, size + 8),
      (v) => bytes.writeUInt32BE(v, size + 12),
    );
  return setters;
}

/** Frame headers of JPEG and JPEG-LS. */
function frames(bytes) {
  const found = [];
  for (
    let at = bytes.indexOf(0xff);
    at >= 0 && at + 14 < bytes.length && found.length < 2;
    at = bytes.indexOf(0xff, at + 1)
  )
    if ([0xc0, 0xc1, 0xc2, 0xc3, 0xf7].includes(bytes[at + 1]) && bytes[at + 2] === 0) found.push({ at });
  return found;
}

const isPng = (bytes) => bytes.length > 40 && bytes.toString('latin1', 1, 4) === 'PNG';

/** The checksum of a PNG's header made right again, so that its lies are believed. */
function repaired(bytes) {
  if (isPng(bytes) && zlib.crc32) bytes.writeUInt32BE(zlib.crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

const broken = [];
const reasons = {};
const count = { decoded: 0, refused: 0 };
let slowest = { ms: 0 };
/** A picture that takes more of the processor counts as hung; a busy machine does not matter. */
const LONGEST_MS = 10_000;
const total = Number(values.count);
for (let i = 0; i < total; i++) {
  const [kind, mutate] = pick(Object.entries(MUTATIONS));
  const untouched = i < files.length; // every source is read once as it is
  const k = untouched ? i : small[i % small.length];
  const bytes = untouched ? files[k] : mutate(Buffer.from(files[k]));
  const path = join(dir, `${i}`);
  writeFileSync(path, bytes);
  const label = `${i} (${names[k]}, ${untouched ? 'as it is' : kind})`;
  const before = process.cpuUsage();
  try {
    const { image } = await readImage(path);
    count.decoded++;
    if (image.data.length !== image.width * image.height * image.channels)
      broken.push(`${label}: wrong length`);
  } catch (error) {
    count.refused++;
    const { message = '', name } = error ?? {};
    if (name !== 'DataError') broken.push(`${label}: ${name}: ${message}`);
    if (
      !message.startsWith(`${path}: expected a readable `) ||
      /[\n\r]/.test(message) ||
      message.length > path.length + 240
    )
      broken.push(`${label}: no clear line: ${message}`);
    if (values.forbid.some((text) => message.includes(text))) broken.push(`${label}: tells of the patient`);
    if (untouched && !/^bomb/.test(names[k])) broken.push(`${label}: ${message}`);
    const reason = message.slice(message.indexOf('found: ') + 7).replace(/\d+/g, 'N');
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const { user, system } = process.cpuUsage(before);
  const ms = Math.round((user + system) / 1000);
  if (ms > LONGEST_MS) broken.push(`${label}: took ${ms} ms`);
  if (ms > slowest.ms) slowest = { ms, what: label };
  rmSync(path);
}
rmSync(dir, { recursive: true, force: true });
const peakMB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(
  JSON.stringify({
    files: total,
    sources: names.length,
    ...count,
    peakMB,
    slowest,
    broken: broken.slice(0, 20),
    reasons,
  }),
);
process.exitCode = broken.length > 0 ? 1 : 0;
