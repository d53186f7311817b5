import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { after, type HostileCase, type Place } from './case';

const REPORT = 'FINAL REPORT\nFINDINGS: The lungs are clear.\n';
const mimic = (place: Place, from: string): string[] => [
  'data',
  'import',
  'mimic-cxr',
  '--from',
  from,
  '--out',
  place.at('out'),
  '--without-images',
];
const iu = (place: Place, from: string, ...more: string[]): string[] => [
  'data',
  'import',
  'iu-xray',
  '--from',
  from,
  '--out',
  place.at('out'),
  '--without-images',
  ...more,
];

/** A MIMIC tree of one report and one table with one row. */
const table =
  (name: 'split' | 'metadata' | 'record', row: Partial<Record<string, string>>) =>
  (place: Place): string[] => {
    const cells = { dicom_id: 'abc-1', subject_id: '10000032', study_id: '50414267', split: 'train', ...row };
    const quoted = Object.values(cells).map((cell) => `"${cell?.replaceAll('"', '""')}"`);
    place.put('from/files/p10/p10000032/s50414267.txt', REPORT);
    place.put(
      `from/${name === 'record' ? 'cxr-record-list.csv' : `mimic-cxr-2.0.0-${name}.csv`}`,
      `${Object.keys(cells).join()}\n${quoted.join()}\n`,
    );
    return mimic(place, place.at('from'));
  };

/** An entry of R2Gen's annotation, with changes. */
const r2gen =
  (entry: object, ...more: string[]) =>
  (place: Place): string[] => {
    const study = { id: 'a', report: 'clear .', image_path: ['a/0.png'], split: 'train', ...entry };
    place.put('from/annotation.json', JSON.stringify({ train: [study], val: [], test: [] }));
    return iu(place, place.at('from'), ...more);
  };

const xml = (inside: string): string =>
  `<?xml version="1.0"?><eCitation><uId id="CXR1"/>${inside}</eCitation>`;

/** One entry of a tar archive. */
function tarEntry(
  name: string,
  content: Buffer,
  { type = '0', link = '', size = content.length } = {},
): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0, 100);
  head.write('0000644\0', 100);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write('        ', 148);
  head.write(type, 156);
  head.write(link, 157, 100);
  head.write('ustar\0' + '00', 257);
  const sum = head.reduce((a, b) => a + b, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const tgz = (...entries: Buffer[]): Buffer => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));

export const IMPORTS: readonly HostileCase[] = [
  ...(['split', 'metadata', 'record'] as const).flatMap((name): HostileCase[] => [
    [
      `a ${name} table with a path as patient`,
      table(name, { subject_id: '1/../../../../outside/x' }),
      /subject_id: expected digits/,
    ],
    [
      `a ${name} table with a path as study`,
      table(name, { study_id: '../../outside' }),
      /study_id: expected digits/,
    ],
    [
      `a ${name} table with a path as image`,
      table(name, { dicom_id: '../../../../outside/canary' }),
      /dicom_id: expected letters/,
    ],
  ]),
  [
    'an identifier with a null character',
    table('metadata', { dicom_id: 'a\0b' }),
    /dicom_id: expected letters/,
  ],
  [
    'an identifier of 5,000 letters',
    table('metadata', { dicom_id: 'a'.repeat(5000) }),
    /dicom_id: expected letters/,
  ],
  ['an absolute path as image', table('split', { dicom_id: '/etc/passwd' }), /dicom_id: expected letters/],
  [
    'a split named after a property of objects',
    table('split', { split: 'constructor' }),
    /split: expected train, validate or test/,
  ],
  [
    'a table with a quote that nobody closes',
    (place) => {
      place.put('from/files/p10/p10000032/s50414267.txt', REPORT);
      place.put('from/mimic-cxr-2.0.0-split.csv', `dicom_id,subject_id,study_id,split\n"${'x'.repeat(30e6)}`);
      return mimic(place, place.at('from'));
    },
    /split\.csv: expected CSV, found: /,
  ],
  [
    '600 MB of zeros as a packed table',
    (place) => {
      place.put('from/files/p10/p10000032/s50414267.txt', REPORT);
      place.put('from/mimic-cxr-2.0.0-split.csv.gz', gzipSync(Buffer.alloc(600e6)));
      return mimic(place, place.at('from'));
    },
    /split\.csv\.gz: expected /,
  ],
  [
    'a packed table that ends too soon',
    (place) => {
      place.put('from/files/p10/p10000032/s50414267.txt', REPORT);
      place.put(
        'from/mimic-cxr-2.0.0-split.csv.gz',
        gzipSync('dicom_id,subject_id,study_id,split\n').subarray(0, 20),
      );
      return mimic(place, place.at('from'));
    },
    /split\.csv\.gz: expected /,
  ],
  [
    'a zip whose names climb out',
    (place) =>
      iu(
        place,
        place.put('x.zip', zipSync({ '../../outside/canary': strToU8('x'), '/etc/x.png': strToU8('x') })),
      ),
    /x\.zip: expected /,
  ],
  [
    'a zip cut in the middle',
    (place) => iu(place, place.put('x.zip', zipSync({ 'a.xml': strToU8(xml('')) }).subarray(0, 60))),
    /x\.zip: expected a whole archive/,
  ],
  ['an empty zip', (place) => iu(place, place.put('x.zip', zipSync({}))), /x\.zip: expected /],
  [
    'a file that is no zip',
    (place) => iu(place, place.put('x.zip', 'hello')),
    /x\.zip: expected a whole archive/,
  ],
  [
    'a zip of 500 MB of zeros as annotation',
    (place) =>
      iu(place, place.put('x.zip', zipSync({ 'annotation.json': new Uint8Array(500e6) }, { level: 9 }))),
    /annotation\.json/,
  ],
  [
    'a zip of 200 MB of zeros as a report',
    (place) => iu(place, place.put('x.zip', zipSync({ 'a.xml': new Uint8Array(200e6) }, { level: 9 }))),
    /a\.xml|expected at most/,
  ],
  [
    'a tar with links that climb out',
    (place) =>
      iu(
        place,
        place.put(
          'x.tgz',
          tgz(
            tarEntry('a', Buffer.alloc(0), { type: '2', link: '../../outside' }),
            tarEntry('a/canary', Buffer.from('x')),
          ),
        ),
      ),
    /x\.tgz: expected /,
  ],
  [
    'a tar entry that claims 8 GB',
    (place) =>
      iu(place, place.put('x.tgz', tgz(tarEntry('a.xml', Buffer.from('x'), { size: 8 * 2 ** 30 - 1 })))),
    /x\.tgz|a\.xml/,
  ],
  [
    'a tgz of 900 MB of zeros',
    (place) => iu(place, place.put('x.tgz', gzipSync(Buffer.alloc(900e6)))),
    /x\.tgz: expected /,
  ],
  [
    'a tgz that ends too soon',
    (place) => iu(place, place.put('x.tgz', tgz(tarEntry('a.xml', Buffer.from(xml('')))).subarray(0, 60))),
    /x\.tgz: expected a whole archive/,
  ],
  [
    'a report of nested entities',
    (place) =>
      after(
        place.put('from/a.xml', `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${xml('&b;')}`),
        iu(place, place.at('from')),
      ),
    /a\.xml.*document type/,
  ],
  [
    'a report that names a file of the machine',
    (place) =>
      after(
        place.put('from/a.xml', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${xml('&a;')}`),
        iu(place, place.at('from')),
      ),
    /a\.xml.*document type/,
  ],
  [
    'a report of 20,000 elements inside one another',
    (place) =>
      after(
        place.put('from/a.xml', xml('<a>'.repeat(20_000) + '</a>'.repeat(20_000))),
        iu(place, place.at('from')),
      ),
    /a\.xml|from: expected/,
  ],
  ['a study whose id is a path', r2gen({ id: '../../outside' }), /annotation\.json|from: expected/],
  ['a study whose id is two dots', r2gen({ id: '..' }), /from: expected/],
  ['a study whose id is 5,000 letters long', r2gen({ id: 'a'.repeat(5000) }), /from: expected/],
  ['an image path that climbs out', r2gen({ image_path: ['../../../outside/canary.png'] }), /from: expected/],
  ['an absolute image path', r2gen({ image_path: ['/etc/passwd'] }), /from: expected/],
  ['an image path of another system', r2gen({ image_path: ['C:\\windows\\x.png'] }), /from: expected/],
  [
    'an annotation of 100,000 lists inside one another',
    (place) => after(place.put('from/annotation.json', '['.repeat(100_000)), iu(place, place.at('from'))),
    /annotation\.json: /,
  ],
  [
    'a split file whose ids are paths',
    (place) => {
      place.put(
        'from/annotation.json',
        JSON.stringify({ train: [{ id: 'a', report: 'x .', image_path: ['a.png'] }], val: [], test: [] }),
      );
      const split = place.put(
        'split.json',
        JSON.stringify({ train: [{ id: '../x', report: 'x', image_path: [] }], val: [], test: [] }),
      );
      return iu(place, place.at('from'), '--split', split);
    },
    /split\.json: train\[0\]: id: expected/,
  ],
  [
    'a pipe as a source',
    (place) => after(spawnSync('mkfifo', [place.at('from')]), iu(place, place.at('from'))),
    /from: expected .*pipe/,
  ],
  ['a source that is not there', (place) => iu(place, place.at('from')), /from: expected .*nothing/],
  [
    'folders whose links go round in circles',
    (place) => {
      for (let i = 0; i < 9; i++) mkdirSync(join(place.here, 'from', `d${i}`), { recursive: true });
      for (let i = 0; i < 9; i++)
        for (let k = 0; k < 9; k++)
          symlinkSync(place.at('from'), join(place.here, 'from', `d${i}`, `up${k}`));
      return iu(place, place.at('from'));
    },
    /from: expected /,
  ],
  [
    'a place for the import that holds other files',
    (place) => after(place.put('out/precious', 'x'), r2gen({})(place)),
    /out: expected a missing or empty folder, found other files/,
  ],
  [
    'a place for the import that is a file',
    (place) => after(place.put('out', 'x'), r2gen({})(place)),
    /out: expected /,
  ],
  [
    'a file on the way to the place for the import',
    (place) =>
      after(
        place.put('file', 'x'),
        r2gen({})(place).map((arg) => (arg === place.at('out') ? place.at('file/out') : arg)),
      ),
    /file\/out: expected /,
  ],
  [
    'a folder of the user’s under the name of the stage',
    (place) => after(place.put('.out.import/photos/a.jpg', 'x'), r2gen({})(place)),
    /\.out\.import: .*found other files: move it away/,
  ],
  [
    'a link under the name of the stage',
    (place) => after(symlinkSync('..', place.at('.out.import')), r2gen({})(place)),
    /\.out\.import: .*found a link/,
  ],
  [
    'an import that another process works on',
    (place) => {
      mkdirSync(place.at('.out.import'));
      writeFileSync(place.at('.out.import/.lock'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
      return r2gen({})(place);
    },
    /an import by process 1 on elsewhere/,
  ],
];
