import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Random } from '@raca/core/random';
import type { RasterImage } from '../../image/raster';

const PROGRAMS = [
  'dump2dcm',
  'dcmconv',
  'dcmcrle',
  'dcmcjpeg',
  'dcmcjpls',
  'dcmj2pnm',
  'dcml2pnm',
  'gdcmconv',
];

/** For tests: programs of Debian's dcmtk and libgdcm-tools that this machine lacks. */
export const MISSING = PROGRAMS.filter(
  (name) => !(process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, name))),
);

/** For tests: runs a program; its chatter is dropped, its failure thrown. */
export function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** For tests: what a patient would be called in a file that dcmtk makes for us. */
export const SECRETS = ['DOE^JANE', 'SECRET-4711', '19610203', 'St. Elsewhere'];

/** For tests: fields of the pixel module; others as dump2dcm reads them, e.g. `(0028,1050) DS [2000]`. */
export interface Fields {
  readonly width: number;
  readonly height: number;
  readonly allocated: 8 | 16;
  readonly stored?: number;
  readonly high?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
  readonly samples?: number;
  readonly planar?: 0 | 1;
  /** An element each; sequences with their items on lines of their own. */
  readonly more?: readonly string[];
}

/** For tests: has dcmtk make a DICOM file of stored samples. */
export function makeDicom(file: string, samples: Uint8Array | Uint16Array, fields: Fields): string {
  const { width, height, allocated, photometric = 'MONOCHROME2', samples: n = 1, more = [] } = fields;
  const stored = fields.stored ?? allocated;
  writeFileSync(`${file}.raw`, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  const lines = [
    '(0008,0016) UI =DigitalXRayImageStorageForPresentation',
    '(0008,0018) UI [1.2.276.0.7230010.3.1.4.1]',
    '(0008,0060) CS [DX]',
    `(0008,0080) LO [${SECRETS[3]}]`,
    `(0010,0010) PN [${SECRETS[0]}]`,
    `(0010,0020) LO [${SECRETS[1]}]`,
    `(0010,0030) DA [${SECRETS[2]}]`,
    `(0028,0002) US ${n}`,
    `(0028,0004) CS [${photometric}]`,
    ...(n > 1 ? [`(0028,0006) US ${fields.planar ?? 0}`] : []),
    `(0028,0010) US ${height}`,
    `(0028,0011) US ${width}`,
    `(0028,0100) US ${allocated}`,
    `(0028,0101) US ${stored}`,
    `(0028,0102) US ${fields.high ?? stored - 1}`,
    `(0028,0103) US ${fields.signed ? 1 : 0}`,
    ...more,
    `(7fe0,0010) ${allocated === 8 ? 'OB' : 'OW'} =${file}.raw`,
  ];
  writeFileSync(`${file}.dump`, `${lines.sort(byTag).join('\n')}\n`);
  run('dump2dcm', '+te', '+l', '100000', `${file}.dump`, file);
  return file;
}

const byTag = (a: string, b: string): number =>
  a.slice(0, 11).toLowerCase() < b.slice(0, 11).toLowerCase() ? -1 : 1;

/** For tests: a picture with slopes, edges and grain in `0..most`, odd sides so that blocks are cut. */
export function chest(width: number, height: number, most: number, seed = 1): Uint16Array {
  const random = new Random(seed);
  return Uint16Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    const slope = 0.25 + 0.5 * x * (1 - y) + (Math.hypot(x - 0.5, y - 0.6) < 0.25 ? 0.2 : 0);
    return Math.round(most * Math.min(1, slope + 0.03 * random.next()));
  });
}

/** For tests: what dcmtk shows of a file; JPEG 2000 is unpacked by gdcm first. */
export function shown(file: string, ...args: string[]): RasterImage {
  const uid = readFileSync(file).subarray(132, 500).toString('latin1');
  let source = file;
  if (uid.includes('1.2.840.10008.1.2.4.9')) {
    source = `${file}.plain`;
    run('gdcmconv', '--raw', file, source);
  }
  const program = uid.includes('1.2.840.10008.1.2.4.8') ? 'dcml2pnm' : 'dcmj2pnm';
  run(program, '+op', ...args, source, `${file}.pnm`);
  return pnm(readFileSync(`${file}.pnm`));
}

/** For tests: a portable anymap as dcmtk writes it. */
export function pnm(bytes: Buffer): RasterImage {
  const head = /^P([56])\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 40).toString('latin1'))!;
  const [width, height] = [Number(head[2]), Number(head[3])];
  const data = new Uint8Array(bytes.subarray(head[0].length));
  return { width, height, channels: head[1] === '5' ? 1 : 3, data };
}
