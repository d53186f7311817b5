import { spawnSync } from 'node:child_process';
import type { HostileCase, Place } from './case';

const load =
  (source: string, file: string, content: string, ...more: string[]) =>
  (place: Place): string[] => {
    place.put(`from/${file}`, content);
    const paths = ['--from', place.at('from'), '--out', place.at('out')];
    return ['data', 'import', source, ...paths, ...(more.length > 0 ? more : ['--without-images'])];
  };

const rexrank = (entries: unknown, ...more: string[]) =>
  load('rexrank', 'in.json', typeof entries === 'string' ? entries : JSON.stringify(entries), ...more);
const study = (fields: object = {}) => ({ image_path: ['a/0.png'], section_findings: 'Clear.', ...fields });

const own =
  (code: string) =>
  (place: Place): string[] => {
    place.put('from/a.txt', 'x');
    const paths = ['--from', place.at('from'), '--out', place.at('out')];
    return ['data', 'import', 'own', place.put('own.mjs', code), ...paths];
  };
const about = `name: 'x', about: { source: 'y', licence: 'z' }`;

/** Files of ReXrank, ReXGradient and PadChest, and modules of one's own, as nobody should write them. */
export const IMPORT_SOURCES: readonly HostileCase[] = [
  [
    'a study of ReXrank whose id leaves the folder',
    rexrank({ '../../outside/x': study() }),
    /found none that pass the filters \(an id of other than letters/,
  ],
  [
    'an image of ReXrank outside the folder',
    rexrank({ a: study({ image_path: ['../../outside/canary.png'] }) }, '--images', 'copy'),
    /found none that pass the filters \(image file missing/,
  ],
  [
    'a file of ReXrank that never ends',
    rexrank('['.repeat(200_000)),
    /in\.json: expected JSON, found nesting deeper than/,
  ],
  [
    'a file of ReXrank with an id twice',
    rexrank('{"a": {"image_path": "x"}, "a": {"image_path": "y"}}'),
    /"a" twice/,
  ],
  [
    'a file of ReXrank that is a list',
    rexrank('[1, 2]'),
    /in\.json: expected an object of studies, found none/,
  ],
  [
    'a study of ReXrank without pictures',
    rexrank({ a: study({ image_path: { 0: 'x' } }) }),
    /in\.json: a: image_path: expected a list of paths/,
  ],
  [
    'metadata of ReXGradient that are cut',
    load('rexgradient', 'train_metadata.json', '{"a": {"PatientID": "p", "ImagePa'),
    /train_metadata\.json.*: expected JSON/,
  ],
  [
    'metadata of ReXGradient that are a list',
    load('rexgradient', 'test_metadata.json', '{"a": [1]}'),
    /a: expected an object, found a list/,
  ],
  [
    'a study of ReXGradient whose id is a path',
    load(
      'rexgradient',
      'test_metadata.json',
      JSON.stringify({ '../x': { PatientID: 1, ImagePath: ['a.png'], Findings: 'Clear.' } }),
    ),
    /an id of other than letters/,
  ],
  [
    'a table that is not PadChest’s',
    load('padchest', 'a.csv', 'ImageID,Report\na.png,x\n'),
    /expected one CSV with the columns ImageID, ImageDir, StudyID, PatientID, Report, found none/,
  ],
  ['a module that is not JavaScript', own('export default {'), /own\.mjs: expected a module, found: /],
  [
    'a module without a source',
    own('export const x = 1;'),
    /own\.mjs: default export: .*: expected object, found nothing/,
  ],
  [
    'a source without a licence',
    own(`export default { name: 'x', about: { source: 'y' }, read() {} };`),
    /own\.mjs: default export: about\.licence: expected string, found nothing/,
  ],
  [
    'a source that gives nothing',
    own(`export default { ${about}, read() {} };`),
    /own\.mjs: what read\(\) gives: .*expected object/,
  ],
  [
    'a source whose studies are none',
    own(`export default { ${about}, read: () => ({ studies: [{ id: 1 }], images: new Map() }) };`),
    /own\.mjs: what read\(\) gives: studies\[0\]\.id: expected string, found 1/,
  ],
  [
    'a source that writes outside the folder',
    own(
      `export default { ${about}, async read(reading) { for await (const file of reading.files()) var found = file;
        return { studies: [{ id: 'a', subject: 'p', origin: 'o', sections: { findings: 'Clear.' }, images: [{ id: 'i', keys: ['k'], target: '../../../outside/x' }] }], images: new Map([['k', found]]) }; } };`,
    ),
    /outside/,
  ],
  ['a source that fails', own(`export default { ${about}, read() { throw new Error('no\\nway'); } };`), /no/],
  [
    'a module that is a pipe',
    (place) => {
      spawnSync('mkfifo', [place.at('own.mjs')]);
      return ['data', 'import', 'own', place.at('own.mjs'), '--from', place.here, '--out', place.at('out')];
    },
    /own\.mjs: expected a module, found a pipe/,
  ],
];
