import { describe, expect, it } from 'vitest';
import { wasmFile } from '../node/wasm-files';
import { decodeDicom } from './decode';
import { isDicom } from './header';
import { notAChest } from './subject';
import { chest } from './testing/programs';
import { deflatedDicom, type Writing, type Written, writeElements, writeMeta } from './testing/write-dicom';

const EXPLICIT = '1.2.840.10008.1.2.1';
const IMPLICIT = '1.2.840.10008.1.2';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const [width, height] = [9, 7];

const bytesOf = (words: ArrayLike<number>, littleEndian = true): Buffer => {
  const out = Buffer.alloc(words.length * 2);
  for (let i = 0; i < words.length; i++)
    if (littleEndian) out.writeUInt16LE(words[i] & 0xffff, 2 * i);
    else out.writeUInt16BE(words[i] & 0xffff, 2 * i);
  return out;
};

/** A file's elements: 12 of 16 bits unless `more` says otherwise; in the order of their tags. */
function elements(pixels: Uint8Array, more: readonly Written[] = [], vr = 'OW'): Written[] {
  const base: Written[] = [
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
    [0x00080060, 'CS', 'DX'],
    [0x00100010, 'PN', 'DOE^JANE'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', height],
    [0x00280011, 'US', width],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 12],
    [0x00280102, 'US', 11],
    [0x00280103, 'US', 0],
    [0x7fe00010, vr, pixels],
  ];
  const changed = new Set(more.map(([tag]) => tag));
  return [...base.filter(([tag]) => !changed.has(tag)), ...more].sort(([a], [b]) => a - b);
}

const samples = Array.from({ length: width * height }, (_, i) => i * 60); // 0..3720
const words = bytesOf(samples);
const file = (more: readonly Written[] = [], pixels: Uint8Array = words) =>
  Buffer.concat([writeMeta(EXPLICIT), writeElements(elements(pixels, more))]);
const read = async (bytes: Uint8Array, options = {}) => decodeDicom(bytes, { wasm: wasmFile, ...options });
const gray = async (bytes: Uint8Array, options = {}) => [...(await read(bytes, options)).image.data];

/** What 12 bits without window become: their range (PS3.3 C.11.2 leaves it open; dcmtk's +Wm). */
const plain = samples.map((value) => Math.round((255 * value) / 3720));

describe('files that are not by the book, as dcmtk reads them', () => {
  const written = (writing: Writing, pixels = words) => writeElements(elements(pixels), writing);
  const big = bytesOf(samples, false);
  const cases: [string, Buffer][] = [
    ['as it should be', file()],
    [
      'no preamble, but meta information',
      Buffer.concat([writeMeta(EXPLICIT, { preamble: false }), written({})]),
    ],
    [
      'DICM without its preamble',
      Buffer.concat([Buffer.from('DICM'), writeMeta(EXPLICIT, { preamble: false }), written({})]),
    ],
    ['preamble, no meta information', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), written({})])],
    ['no preamble, no meta, explicit', written({})],
    ['no preamble, no meta, implicit', written({ explicit: false })],
    ['no preamble, no meta, big endian', written({ littleEndian: false }, big)],
    ['no transfer syntax, explicit', Buffer.concat([writeMeta(undefined), written({})])],
    ['no transfer syntax, implicit', Buffer.concat([writeMeta(undefined), written({ explicit: false })])],
    [
      'no transfer syntax, big endian',
      Buffer.concat([writeMeta(undefined), written({ littleEndian: false }, big)]),
    ],
    ['an empty transfer syntax', Buffer.concat([writeMeta(''), written({})])],
    ['said to be implicit, and is not', Buffer.concat([writeMeta(IMPLICIT), written({})])],
    ['said to be explicit, and is not', Buffer.concat([writeMeta(EXPLICIT), written({ explicit: false })])],
    [
      'two groups 0002',
      Buffer.concat([writeMeta(EXPLICIT), writeMeta(EXPLICIT, { preamble: false }), written({})]),
    ],
    ['two preambles', Buffer.concat([writeMeta(EXPLICIT), writeMeta(EXPLICIT), written({})])],
    ['deflated', deflatedDicom(elements(words))],
    [
      'VR OV, SV, UV and one that nobody knows',
      file([
        [0x00091001, 'OV', Buffer.alloc(16)],
        [0x00091002, 'SV', Buffer.alloc(8)],
        [0x00091003, 'UV', Buffer.alloc(8)],
        [0x00091004, 'UN', Buffer.alloc(6)],
      ]),
    ],
    ['a long text of the patient', file([[0x00104000, 'UT', 'x'.repeat(200_000)]])],
  ];
  it.each(cases)('%s', async (_, bytes) => {
    expect(isDicom(bytes)).toBe(true);
    expect(await gray(bytes)).toEqual(plain);
  });

  it('takes other files for no DICOM', () => {
    for (const text of [
      'not a picture',
      '\x08\x00\x05\x00hello there, this is no DICOM at all',
      '\x89PNG\r\n\x1a\n',
    ])
      expect(isDicom(Buffer.from(text.padEnd(300), 'latin1'))).toBe(false);
  });

  it('8 bits in words of big endian: OW is swapped, OB is not (PS3.5-2013 A.3)', async () => {
    const bytes = Uint8Array.from({ length: 63 }, (_, i) => i * 4);
    const eight: Written[] = [
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
    ];
    const swapped = Buffer.concat([bytes, Buffer.alloc(1)]).swap16();
    for (const [pixels, vr] of [
      [swapped, 'OW'],
      [bytes, 'OB'],
    ] as const) {
      const body = writeElements(elements(pixels, eight, vr), { littleEndian: false });
      expect(await gray(Buffer.concat([writeMeta(BIG_ENDIAN), body])), vr).toEqual([...bytes]);
    }
  });

  it('refuses a field whose text is megabytes, in a small file, without decoding it', async () => {
    const long = deflatedDicom(elements(words, [[0x00280004, 'UT', 'MONOCHROME2'.padEnd(5_000_000)]]));
    expect(long.length).toBeLessThan(20_000);
    await expect(read(long)).rejects.toThrow(
      'DICOM with 5000000 bytes of text in (0028,0004), expected at most 4096',
    );
  });

  it('names what holds no pixels', async () => {
    const without = (sop: string) =>
      read(Buffer.concat([writeMeta(EXPLICIT), writeElements([[0x00080016, 'UI', sop]])]));
    await expect(without('1.2.840.10008.5.1.4.1.1.88.11')).rejects.toThrow('a structured report');
    const directory = writeElements([
      [0x00041130, 'CS', 'DISC'],
      [0x00041200, 'UL', Buffer.alloc(4)],
      [0x00041202, 'UL', Buffer.alloc(4)],
      [
        0x00041220,
        'SQ',
        [
          [
            [0x00041430, 'CS', 'PATIENT'],
            [0x00100010, 'PN', 'DOE^JANE'],
          ],
        ],
      ],
    ]); // names its class in the meta information alone
    const meta = writeMeta(EXPLICIT, { sopClass: '1.2.840.10008.1.3.10' });
    await expect(read(Buffer.concat([meta, directory]))).rejects.toThrow('a DICOMDIR');
    await expect(without('1.2.840.10008.5.1.4.1.1.104.1')).rejects.toThrow('a document (PDF or other)');
  });
});

describe('tables and transforms', () => {
  const ramp = Array.from({ length: 4096 }, (_, i) => i);
  const table = (tag: number, descriptor: readonly number[], data: Uint8Array, vr = 'US'): Written => [
    tag,
    'SQ',
    [
      [
        [0x00283002, vr, descriptor],
        [0x00283006, 'OW', data],
      ],
    ],
  ];
  const VOI = 0x00283010;
  const MODALITY = 0x00283000;
  const window: Written[] = [
    [0x00281050, 'DS', '2000'],
    [0x00281051, 'DS', '2000'],
  ];
  /** PS3.3 C.11.2.1.2.1: (x - 1999.5) / 1999 + 0.5. */
  const windowed = samples.map((x) => Math.round(255 * Math.min(1, Math.max(0, (x - 1999.5) / 1999 + 0.5))));
  const by4095 = samples.map((value) => Math.round((255 * value) / 4095));

  it.each([8, 10, 12, 14, 16])(
    'a VOI LUT of 12 bits whose descriptor says %i is scaled by what it holds',
    async (bits) => {
      const { image, warnings } = await read(file([table(VOI, [4096, 0, bits], bytesOf(ramp))]));
      expect([...image.data]).toEqual(by4095);
      expect(warnings.length).toBe(bits === 12 ? 0 : 1);
    },
  );

  it.each([
    ['an item without elements', [VOI, 'SQ', [[]]]],
    ['empty elements', table(VOI, [], Buffer.alloc(0))],
    ['no data', table(VOI, [4096, 0, 12], Buffer.alloc(0))],
    ['data cut short', table(VOI, [4096, 0, 12], bytesOf(ramp.slice(0, 100)))],
    ['one value', table(VOI, [4096, 0, 12], Buffer.alloc(8192))],
    ['values elsewhere', table(VOI, [2, 60_000, 12], bytesOf([0, 4095]))],
  ] as [string, Written][])(
    'an unusable VOI LUT (%s) gives way to the window, else to the range',
    async (_, lut) => {
      const { image, warnings } = await read(file([lut, ...window]));
      expect([...image.data]).toEqual(windowed);
      expect(warnings).toEqual([
        expect.stringMatching(/^an? (unusable VOI LUT|VOI LUT that makes one gray of).*left out$/),
      ]);
      expect(await gray(file([lut]))).toEqual(plain);
    },
  );

  it('an unusable Modality LUT is left out', async () => {
    const { image, warnings } = await read(file([[MODALITY, 'SQ', [[]]]]));
    expect([...image.data]).toEqual(plain);
    expect(warnings).toEqual(['an unusable Modality LUT is left out']);
  });

  it.each(['SS', 'US'])(
    'the first value of a table for signed pixels counts as signed, VR %s',
    async (vr) => {
      const signed: Written[] = [
        [0x00280101, 'US', 16],
        [0x00280102, 'US', 15],
        [0x00280103, 'US', 1],
      ];
      const data = bytesOf(Array.from({ length: 65_536 }, (_, i) => i));
      const lut = table(VOI, [0, -32_768, 16], data, vr);
      // no value below 0 occurs; -32768 is black, 32767 white
      expect(await gray(file([...signed, lut]))).toEqual(
        samples.map((v) => Math.round((255 * (v + 32_768)) / 65_535)),
      );
      // the same word is 32768 where pixels are unsigned of 16 bits, or 40000 a first value
      const high = table(VOI, [100, 40_000, 12], bytesOf(ramp.slice(0, 100).map((v) => v * 40)), 'SS');
      const values = bytesOf(samples.map((v) => 40_000 + v / 60));
      const unsigned = signed.slice(0, 2);
      expect(await gray(file([...unsigned, high], values))).toEqual(
        samples.map((v) => Math.round((255 * (v / 60) * 40) / 4095)),
      );
    },
  );

  it('falling transforms, 8 and 12 bit, by slope and by table', async () => {
    const eight: Written[] = [
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
    ];
    const slope: Written[] = [
      [0x00281052, 'DS', '3000'],
      [0x00281053, 'DS', '-10'],
    ];
    const bytes = Uint8Array.from({ length: 63 }, (_, i) => i * 4); // 0..248
    const falling = [...bytes].map((v) => Math.round((255 * (248 - v)) / 248));
    expect(await gray(file([...eight, ...slope], bytes))).toEqual(falling);
    const down = table(MODALITY, [256, 0, 8], bytesOf(ramp.slice(0, 256).toReversed()));
    expect(await gray(file([...eight, down], bytes))).toEqual(falling);
    expect(await gray(file(slope))).toEqual(samples.map((v) => Math.round((255 * (3720 - v)) / 3720)));
    const mono1: Written = [0x00280004, 'CS', 'MONOCHROME1'];
    expect(await gray(file([...eight, ...slope, mono1], bytes))).toEqual(falling.map((v) => 255 - v));
  });

  it('a window in the functional groups, and one of binary numbers', async () => {
    const frame: Written = [0x00289132, 'SQ', [window]];
    for (const groups of [0x52009229, 0x52009230])
      expect(await gray(file([[groups, 'SQ', [[frame]]]]))).toEqual(windowed);
    const double = (value: number) => {
      const out = Buffer.alloc(8);
      out.writeDoubleLE(value);
      return out;
    };
    expect(
      await gray(
        file([
          [0x00281050, 'FD', double(2000)],
          [0x00281051, 'FD', double(2000)],
        ]),
      ),
    ).toEqual(windowed);
  });

  it('a window that shows one gray gives way to the range; one that is asked for does not', async () => {
    const far: Written[] = [
      [0x00281050, 'DS', '60000'],
      [0x00281051, 'DS', '10'],
    ];
    expect(await gray(file(far))).toEqual(plain);
    expect(new Set(await gray(file(), { voi: { center: 60_000, width: 10 } }))).toEqual(new Set([0]));
  });

  it('Presentation LUT Shape INVERSE turns MONOCHROME2, and MONOCHROME1 once (dcmtk)', async () => {
    const inverse: Written = [0x20500020, 'CS', 'INVERSE'];
    const negative = plain.map((v) => 255 - v);
    expect(await gray(file([inverse]))).toEqual(negative);
    expect(await gray(file([inverse, [0x00280004, 'CS', 'MONOCHROME1']]))).toEqual(negative);
  });

  it('percentiles give up half a percent at either end', async () => {
    const many = chest(100, 100, 1000);
    many[5] = 4095;
    const size: Written[] = [
      [0x00280010, 'US', 100],
      [0x00280011, 'US', 100],
    ];
    const bytes = file(size, bytesOf(many));
    expect(Math.max(...(await gray(bytes)).filter((_, i) => i !== 5))).toBeLessThan(70);
    const levels = await gray(bytes, { voi: 'percentiles' });
    const rising = [...many].sort((a, b) => a - b);
    const [low, high] = [rising[50], rising[9950]]; // half a percent of 10,000
    expect(levels).toEqual(
      [...many].map((v) => Math.min(255, Math.max(0, Math.round((255 * (v - low)) / (high - low))))),
    );
  });

  it('MIMIC-CXR-JPG: from least to most, cut, inverted, equalised, by hand', async () => {
    // 100, 200, 300, 400 → 0, 85, 170, 255; of 4 pixels each. equalizeHist: (sum - 4) · 255 / 12
    const four = bytesOf(Array.from({ length: 16 }, (_, i) => 100 + 100 * (i % 4)));
    const size: Written[] = [
      [0x00280010, 'US', 4],
      [0x00280011, 'US', 4],
    ];
    const levels = await gray(file(size, four), { voi: 'mimic-jpg' });
    expect(levels.slice(0, 4)).toEqual([0, 85, 170, 255]);
    // 1 pixel of 0, 2 of 1, 13 of 4: 0, floor(63.75), 255 → table 0, 2 · 255 / 15 = 34, 255
    const uneven = bytesOf([0, 1, 1, ...Array(13).fill(4)]);
    expect((await gray(file(size, uneven), { voi: 'mimic-jpg' })).slice(0, 4)).toEqual([0, 34, 34, 255]);
    // inverted first: 255, 192, 0 → of 13, 2 and 1 pixels: 0; 2 · 255 / 3; 255
    const mono1: Written = [0x00280004, 'CS', 'MONOCHROME1'];
    expect((await gray(file([...size, mono1], uneven), { voi: 'mimic-jpg' })).slice(0, 4)).toEqual([
      255, 170, 170, 0,
    ]);
  });
});

describe('what the header says that it shows', () => {
  const subject = async (...more: Written[]) => (await read(file(more))).subject;
  it.each([
    [[0x00080060, 'CS', 'MR'], 'modality MR by its header: not a chest radiograph'],
    [[0x00180015, 'CS', 'HAND'], 'modality DX, body part HAND by its header: not a chest radiograph'],
    [[0x00180015, 'CS', 'RIGHT KNEE'], 'modality DX, body part KNEE by its header: not a chest radiograph'],
    [
      [0x00082218, 'SQ', [[[0x00080104, 'LO', 'Hip joint']]]],
      'modality DX, body part HIP by its header: not a chest radiograph',
    ],
    [[0x00180015, 'CS', 'CHEST'], undefined],
    [[0x00180015, 'CS', 'CHEST_ABDOMEN'], undefined],
    [[0x00180015, 'CS', 'DOE JANE'], undefined],
    [[0x00080060, 'CS', 'JANE'], undefined],
  ] as [Written, string | undefined][])('%j', async (element, fault) => {
    expect(notAChest(await subject(element))).toBe(fault);
  });

  it('tells the modality by the SOP class where the file does not', async () => {
    const found = await subject([0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'], [0x00080060, 'CS', '']);
    expect(found.modality).toBe('CT');
  });

  it.each([
    [[0x00185101, 'CS', 'LL'], 'lateral'],
    [[0x00185101, 'CS', 'PA'], 'frontal'],
    [[0x00185101, 'CS', 'LLD'], 'other'],
    [[0x00540220, 'SQ', [[[0x00080104, 'LO', 'left lateral']]]], 'lateral'],
    [[0x00540220, 'SQ', [[[0x00080104, 'LO', 'antero-posterior']]]], 'frontal'],
    [[0x00200020, 'CS', 'A\\F'], 'lateral'],
    [[0x00200020, 'CS', 'L\\F'], 'unknown'],
  ] as [Written, string][])('view by %j', async (element, view) => {
    expect((await subject(element)).view).toBe(view);
  });

  it('warns of raw values', async () => {
    const { warnings } = await read(file([[0x00080068, 'CS', 'FOR PROCESSING']]));
    expect(warnings).toEqual([
      'raw values of the detector (FOR PROCESSING), which are not meant to be looked at',
    ]);
  });
});
