import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { after, type HostileCase, type Place } from './case';

/** Bytes of one PNG chunk. */
function chunk(type: string, data: Uint8Array, crc?: number): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc ?? crc32(body));
  return Buffer.concat([length, body, sum]);
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function png(
  width: number,
  height: number,
  data: Uint8Array,
  { depth = 8, type = 0, crc = undefined as number | undefined } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = type;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header, crc),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);

/** One explicit little-endian DICOM element; `length` may lie. */
function element(tag: number, vr: string, value: Uint8Array, length = value.length): Buffer {
  const long = ['OB', 'OW', 'SQ', 'UN', 'UT', 'OF'].includes(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(length >>> 0, 8);
  else head.writeUInt16LE(length, 6);
  return Buffer.concat([head, value]);
}

const u16 = (value: number): Buffer => Buffer.from([value & 255, value >>> 8]);
const text = (value: string): Buffer => Buffer.from(value.length % 2 ? `${value}\0` : value, 'latin1');

const EXPLICIT = '1.2.840.10008.1.2.1';
const DEFLATED = '1.2.840.10008.1.2.1.99';
const RLE = '1.2.840.10008.1.2.5';
const JPEG = '1.2.840.10008.1.2.4.50';
const JPEG_2000 = '1.2.840.10008.1.2.4.90';

interface Picture {
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: string;
  readonly samples?: number;
  readonly bits?: number;
}

function describe({ rows = 4, columns = 4, frames, samples = 1, bits = 8 }: Picture): Buffer[] {
  return [
    element(0x00080060, 'CS', text('DX')),
    element(0x00280002, 'US', u16(samples)),
    element(0x00280004, 'CS', text('MONOCHROME2 ')),
    ...(frames === undefined ? [] : [element(0x00280008, 'IS', text(frames))]),
    element(0x00280010, 'US', u16(rows)),
    element(0x00280011, 'US', u16(columns)),
    element(0x00280100, 'US', u16(bits)),
    element(0x00280101, 'US', u16(bits)),
    element(0x00280102, 'US', u16(bits - 1)),
    element(0x00280103, 'US', u16(0)),
  ];
}

function dicom(body: readonly Uint8Array[], syntax = EXPLICIT): Buffer {
  const meta = element(0x00020010, 'UI', text(syntax));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  const rest = Buffer.concat(body);
  return Buffer.concat([
    zeros(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', length),
    meta,
    syntax === DEFLATED ? deflateRawSync(rest) : rest,
  ]);
}

const pixels = (value: Uint8Array, length = value.length): Buffer => element(0x7fe00010, 'OW', value, length);

/** A small sound picture. */
export const madeDicom = (): Buffer =>
  dicom([
    ...describe({ rows: 30, columns: 40 }),
    pixels(Uint8Array.from({ length: 1200 }, (_, i) => (i * 37) % 251)),
  ]);

/** Pixel data in fragments, each with the length that it claims. */
function fragments(list: readonly (readonly [content: Uint8Array, length: number])[], end = true): Buffer {
  const item = (content: Uint8Array, length: number): Buffer => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(length >>> 0, 4);
    return Buffer.concat([head, content]);
  };
  return Buffer.concat([
    element(0x7fe00010, 'OB', zeros(0), 0xffffffff),
    item(zeros(0), 0),
    ...list.map(([content, length]) => item(content, length)),
    ...(end ? [Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])] : []),
  ]);
}

/** Sequences inside sequences, none of which tells its length. */
function nested(depth: number): Buffer {
  const open = Buffer.concat([
    element(0x00081140, 'SQ', zeros(0), 0xffffffff),
    Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]),
  ]);
  return Buffer.concat(Array.from({ length: depth }, () => open));
}

const generate = ({ run }: Place, file: string): string[] => [
  'generate',
  '--run',
  run,
  '--backend',
  'wasm',
  '--images',
  file,
];
/** A picture of these bytes under this name. */
const picture =
  (name: string, content: () => string | Uint8Array) =>
  (place: Place): string[] =>
    generate(place, place.put(name, content()));

const jpegOf = (width: number, height: number): Buffer =>
  Buffer.from([
    0xff,
    0xd8,
    0xff,
    0xc0,
    0,
    11,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    1,
    1,
    0x11,
    0,
    0xff,
    0xd9,
  ]);

function bmp(width: number, height: number): Buffer {
  const head = zeros(54);
  head.write('BM');
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return head;
}

export const PICTURES: readonly HostileCase[] = [
  ['an empty file', picture('x.png', () => ''), /x\.png: .*empty/],
  ['a text under the name of a picture', picture('x.png', () => 'hello'), /x\.png: expected /],
  [
    'a page of a log-in instead of a picture',
    picture('x.dcm', () => '<!DOCTYPE html><html><script>alert(1)</script>'),
    /x\.dcm: expected /,
  ],
  [
    'a drawing that would load files',
    picture(
      'x.png',
      () => '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    ),
    /x\.png: expected /,
  ],
  ['a PNG of its first bytes only', picture('x.png', () => SIGNATURE), /x\.png: /],
  [
    'a PNG of 60,000 times 60,000',
    picture('x.png', () => png(60_000, 60_000, deflateSync(zeros(1000)))),
    /x\.png: .*60000/,
  ],
  ['a PNG without width', picture('x.png', () => png(0, 7, deflateSync(zeros(8)))), /x\.png: /],
  [
    'a PNG of 2^31 - 1 columns',
    picture('x.png', () => png(2 ** 31 - 1, 1, deflateSync(zeros(8)))),
    /x\.png: /,
  ],
  [
    'a small PNG with 300 MB behind its rows',
    picture('x.png', () => png(4, 4, deflateSync(zeros(300e6), { level: 9 }))),
    /x\.png: /,
  ],
  [
    'a PNG whose check sum is wrong',
    picture('x.png', () => png(4, 4, deflateSync(zeros(20)), { crc: 7 })),
    /x\.png: /,
  ],
  [
    'a PNG of impossible depth',
    picture('x.png', () => png(4, 4, deflateSync(zeros(20)), { depth: 7 })),
    /x\.png: /,
  ],
  ['a PNG without rows', picture('x.png', () => png(40, 40, zeros(0))), /x\.png: /],
  ['a JPEG of two bytes', picture('x.jpg', () => Buffer.from([0xff, 0xd8])), /x\.jpg: /],
  ['a JPEG of 65,535 times 65,535', picture('x.jpg', () => jpegOf(65535, 65535)), /x\.jpg: /],
  ['a JPEG without pixels', picture('x.jpg', () => jpegOf(64, 64)), /x\.jpg: /],
  ['a bitmap of 100,000 times 100,000', picture('x.bmp', () => bmp(100_000, 100_000)), /x\.bmp: /],
  ['a bitmap of negative size', picture('x.bmp', () => bmp(-5, -2_147_483_648)), /x\.bmp: /],
  [
    'a TIFF whose list of fields goes round',
    picture('x.tif', () => Buffer.from('II*\0\x08\0\0\0\0\0\x08\0\0\0', 'latin1')),
    /x\.tif: /,
  ],
  ['a WebP of its header only', picture('x.webp', () => 'RIFF\xff\xff\xff\x7fWEBPVP8 '), /x\.webp: /],
  [
    'a zip',
    picture('x.dcm', () => 'PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
    /x\.dcm: expected /,
  ],
  ['a PDF', picture('x.dcm', () => '%PDF-1.7\n'), /x\.dcm: expected /],
  [
    'a folder',
    (place) => after(mkdirSync(place.at('x.png')), generate(place, place.at('x.png'))),
    /x\.png: .*folder/,
  ],
  ['nothing', (place) => generate(place, place.at('x.png')), /x\.png: .*(nothing|no such file)/],
  [
    'a pipe that nobody writes to',
    (place) => after(spawnSync('mkfifo', [place.at('x.png')]), generate(place, place.at('x.png'))),
    /x\.png: .*(pipe|regular)/,
  ],
  ['a device that never ends', (place) => generate(place, '/dev/zero'), /\/dev\/zero: .*(device|regular)/],
  [
    'a link to itself',
    (place) => after(symlinkSync('x.png', place.at('x.png')), generate(place, place.at('x.png'))),
    /x\.png: /,
  ],
  ['a name of 300 letters', (place) => generate(place, place.at(`${'x'.repeat(300)}.png`)), /xxx\.png: /],
  [
    'a DICOM file of its first bytes only',
    picture('x.dcm', () => Buffer.concat([zeros(128), Buffer.from('DICM')])),
    /x\.dcm: /,
  ],
  ['a DICOM picture without pixels', picture('x.dcm', () => dicom(describe({}))), /x\.dcm: /],
  [
    'a DICOM picture of 65,535 times 65,535',
    picture('x.dcm', () => dicom([...describe({ rows: 65535, columns: 65535 }), pixels(zeros(16))])),
    /x\.dcm: /,
  ],
  [
    'pixels that end too soon',
    picture('x.dcm', () => dicom([...describe({ rows: 99, columns: 99 }), pixels(zeros(16))])),
    /x\.dcm: /,
  ],
  [
    'pixels that claim 4 GB',
    picture('x.dcm', () => dicom([...describe({}), pixels(zeros(16), 0xfffffffe)])),
    /x\.dcm: /,
  ],
  [
    'a billion frames',
    picture('x.dcm', () => dicom([...describe({ frames: '2000000000' }), pixels(zeros(16))])),
    /x\.dcm: /,
  ],
  ['no rows', picture('x.dcm', () => dicom([...describe({ rows: 0 }), pixels(zeros(16))])), /x\.dcm: /],
  [
    'samples of 255 bits',
    picture('x.dcm', () => dicom([...describe({ bits: 255 }), pixels(zeros(4096))])),
    /x\.dcm: /,
  ],
  [
    '1,000 samples a pixel',
    picture('x.dcm', () => dicom([...describe({ samples: 1000 }), pixels(zeros(16_000))])),
    /x\.dcm: /,
  ],
  [
    '20,000 sequences inside one another',
    picture('x.dcm', () => dicom([nested(20_000), ...describe({}), pixels(zeros(16))])),
    /x\.dcm: /,
  ],
  [
    '400 MB of zeros, deflated',
    picture('x.dcm', () =>
      dicom([element(0x00084000, 'UT', zeros(400e6)), ...describe({}), pixels(zeros(16))], DEFLATED),
    ),
    /x\.dcm: /,
  ],
  [
    'a deflated file that ends too soon',
    picture('x.dcm', () => dicom([...describe({}), pixels(zeros(16))], DEFLATED).subarray(0, -9)),
    /x\.dcm: /,
  ],
  [
    'compressed pixels without fragments',
    picture('x.dcm', () => dicom([...describe({}), fragments([])], JPEG)),
    /x\.dcm: /,
  ],
  [
    'a fragment that claims 4 GB',
    picture('x.dcm', () => dicom([...describe({}), fragments([[zeros(8), 0xfffffff0]], false)], JPEG)),
    /x\.dcm: /,
  ],
  [
    'RLE whose offsets lie outside',
    picture('x.dcm', () =>
      dicom(
        [
          ...describe({ rows: 64, columns: 64 }),
          fragments([[Buffer.from([...u16(1), 0, 0, 0xff, 0xff, 0xff, 0x7f, ...zeros(56)]), 64]]),
        ],
        RLE,
      ),
    ),
    /x\.dcm: /,
  ],
  [
    'a JPEG fragment of nonsense',
    picture('x.dcm', () =>
      dicom(
        [...describe({ rows: 64, columns: 64 }), fragments([[Buffer.from('ffd8ffdb0043ff00', 'hex'), 8]])],
        JPEG,
      ),
    ),
    /x\.dcm: /,
  ],
  [
    'a JPEG 2000 fragment of nonsense',
    picture('x.dcm', () =>
      dicom(
        [
          ...describe({ rows: 64, columns: 64 }),
          fragments([[Buffer.from('ff4fff51002f0000ffffffffffffffff', 'hex'), 16]]),
        ],
        JPEG_2000,
      ),
    ),
    /x\.dcm: /,
  ],
  [
    'a transfer syntax of 60,000 letters',
    picture('x.dcm', () => dicom([...describe({}), pixels(zeros(16))], '1.2.840.'.repeat(7500))),
    /x\.dcm: /,
  ],
];
