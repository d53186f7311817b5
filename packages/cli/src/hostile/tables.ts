import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { after, type HostileCase, type Place } from './case';

const GOOD = 'id,report\na,clear lungs .\nb,big heart .\n';
const score = (place: Place, file: string): string[] => [
  'score',
  '--references',
  place.put('good.csv', GOOD),
  '--hypotheses',
  file,
];
const label = (place: Place, file: string): string[] => [
  'label',
  '--in',
  file,
  '--out',
  place.at('labels.csv'),
];
/** A table of these bytes, given to both commands that read tables, in turn. */
const both = (
  what: string,
  name: string,
  content: () => string | Uint8Array,
  says: RegExp,
): HostileCase[] => [
  [`${what}, scored`, (place) => score(place, place.put(name, content())), says],
  [`${what}, labelled`, (place) => label(place, place.put(name, content())), says],
];

export const TABLES: readonly HostileCase[] = [
  ...both('an empty table', 'x.csv', () => '', /x\.csv: /),
  ...both('a table of its header only', 'x.csv', () => 'id,report\n', /x\.csv: /),
  ...both(
    'a quote that nobody closes over 40 MB',
    'x.csv',
    () => `id,report\na,"${'x'.repeat(40e6)}`,
    /x\.csv: /,
  ),
  ...both(
    'a packed table of 700 MB of zeros',
    'x.csv.gz',
    () => gzipSync(Buffer.alloc(700e6)),
    /x\.csv\.gz: /,
  ),
  ...both(
    'a packed table that ends too soon',
    'x.csv.gz',
    () => gzipSync(GOOD).subarray(0, 12),
    /x\.csv\.gz: /,
  ),
  ...both('JSON of 200,000 lists inside one another', 'x.json', () => '['.repeat(200_000), /x\.json: /),
  ...both('JSON that ends too soon', 'x.json', () => '[{"id": "a", "report": "cl', /x\.json: /),
  ...both('JSON of one number', 'x.json', () => '7', /x\.json: /),
  ...both('rows that are lists of lists', 'x.json', () => '[[[1]],[[2]]]', /x\.json: /),
  ...both(
    'a report that is an object',
    'x.json',
    () => '[{"id": "a", "report": {"__proto__": "x"}}]',
    /x\.json: /,
  ),
  ...both(
    'bytes that are no text',
    'x.csv',
    () => Buffer.from([0x69, 0x64, 0x2c, 0x72, 0x0a, 0xff, 0xfe, 0x80, 0x00, 0x0a]),
    /x\.csv: /,
  ),
  ...both(
    'a picture instead of a table',
    'x.csv',
    () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    /x\.csv: /,
  ),
  [
    'a pipe that nobody writes to, scored',
    (place) => after(spawnSync('mkfifo', [place.at('x.csv')]), score(place, place.at('x.csv'))),
    /x\.csv: .*(pipe|file)/,
  ],
  [
    'a pipe that nobody writes to, labelled',
    (place) => after(spawnSync('mkfifo', [place.at('x.csv')]), label(place, place.at('x.csv'))),
    /x\.csv: .*(pipe|file)/,
  ],
  ['a device that never ends, scored', (place) => score(place, '/dev/zero'), /\/dev\/zero: /],
  [
    'a folder, scored',
    (place) => after(mkdirSync(place.at('x.csv')), score(place, place.at('x.csv'))),
    /x\.csv: .*folder/,
  ],
  [
    'a folder, labelled',
    (place) => after(mkdirSync(place.at('x.csv')), label(place, place.at('x.csv'))),
    /x\.csv: .*folder/,
  ],
  [
    'ids named after properties of objects',
    (place) =>
      score(
        place,
        place.put('x.json', '[{"id": "__proto__", "report": "a"}, {"id": "constructor", "report": "b"}]'),
      ),
    /x\.json: /,
  ],
];
