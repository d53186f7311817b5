import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type HostileCase, type Place } from './case';

const train = ({ config, here }: Place, data: string): string[] => [
  'train',
  '--data',
  data,
  '--out',
  join(here, 'out'),
  '--config',
  config,
  '--backend',
  'wasm',
];
// biome-ignore lint/suspicious/noExplicitAny: JSON that is broken on purpose
type Edit = (annotation: any) => unknown;
/** A copy of the data set whose annotation was changed, or replaced by a text. */
const annotation =
  (edit: Edit, command = train) =>
  (place: Place): string[] => {
    const data = place.at('data');
    cpSync(place.data, data, { recursive: true });
    const path = join(data, 'annotation.json');
    const value = JSON.parse(readFileSync(path, 'utf8'));
    const text = edit(value);
    writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(value));
    return command(place, data);
  };
/** One of its other files replaced. */
const other =
  (name: string, text: string) =>
  (place: Place): string[] =>
    annotation(() => writeFileSync(place.at(`data/${name}`), text))(place);

const path =
  (value: unknown): Edit =>
  (all) => {
    all.train[0].image_path[0] = value;
  };

export const DATA_SETS: readonly HostileCase[] = [
  [
    'an image path that climbs out',
    annotation(path('../../outside/canary')),
    /train\[0\]\.image_path\[0\]: expected a path below images/,
  ],
  [
    'an absolute image path',
    annotation(path('/etc/passwd')),
    /image_path\[0\]: expected a path below images/,
  ],
  [
    'an image path of another system',
    annotation(path('C:\\x.png')),
    /image_path\[0\]: expected a path below images/,
  ],
  [
    'an image path with a null character',
    annotation(path('a\0.png')),
    /image_path\[0\]: expected a path below images/,
  ],
  ['an image path that is a list', annotation(path(['a'])), /image_path\[0\]: expected string/],
  [
    'an image path of 100,000 letters',
    annotation(path('x'.repeat(100_000))),
    /annotation\.json: expected an image file/,
  ],
  [
    'an annotation of 100,000 lists inside one another',
    annotation(() => '['.repeat(100_000)),
    /annotation\.json: expected JSON/,
  ],
  ['an annotation that is a number', annotation(() => '7'), /annotation\.json: /],
  [
    'lists named after properties of objects',
    annotation(() => '{"__proto__": {"train": [], "val": [], "test": []}}'),
    /annotation\.json: train: expected array/,
  ],
  ['bytes that are no text', annotation(() => '\u0000\u0001\u0002'), /annotation\.json: expected JSON/],
  [
    'regions of enormous size',
    other('regions.json', '{"rows": 1e9, "cols": 1e9, "studies": {"a": [{"Heart": [1]}]}}'),
    /regions\.json: /,
  ],
  ['regions that are text', other('regions.json', '"x"'), /regions\.json: /],
  [
    'a manifest that names the prototype',
    other('manifest.json', '{"__proto__": {"source": "x", "licence": "y"}}'),
    /manifest\.json: source: expected string/,
  ],
  ['a manifest that ends too soon', other('manifest.json', '{"source": '), /manifest\.json: expected JSON/],
  [
    'an annotation that is a pipe',
    (place) =>
      after(
        mkdirSync(place.at('data')),
        spawnSync('mkfifo', [place.at('data/annotation.json')]),
        train(place, place.at('data')),
      ),
    /annotation\.json: .*pipe/,
  ],
  [
    'an annotation that is a folder',
    (place) =>
      after(mkdirSync(place.at('data/annotation.json'), { recursive: true }), train(place, place.at('data'))),
    /annotation\.json: .*folder/,
  ],
  [
    'an annotation that is a link to itself',
    (place) =>
      after(
        mkdirSync(place.at('data')),
        symlinkSync('annotation.json', place.at('data/annotation.json')),
        train(place, place.at('data')),
      ),
    /annotation\.json: /,
  ],
  [
    'an image that is a pipe',
    (place) => {
      const argv = annotation(() => {})(place);
      const { train: studies } = JSON.parse(readFileSync(place.at('data/annotation.json'), 'utf8'));
      const image = place.at(`data/images/${studies[0].image_path[0]}`);
      rmSync(image);
      spawnSync('mkfifo', [image]);
      return [...argv, '--strict'];
    },
    /images\/.*\.png: .*(pipe|regular)/,
  ],
  [
    'drawn images for reports whose ids are paths',
    (place) => {
      const study = { id: '../../outside', report: 'clear .', image_path: ['a.png'], split: 'train' };
      place.put('reports/annotation.json', JSON.stringify({ train: [study], val: [], test: [] }));
      return ['data', 'phantom', '--reports', place.at('reports'), '--out', place.at('out')];
    },
    /annotation\.json: id: expected letters/,
  ],
  [
    'a phantom in place of other files',
    (place) =>
      after(place.put('out/precious', 'x'), [
        'data',
        'phantom',
        '--train',
        '1',
        '--val',
        '1',
        '--test',
        '1',
        '--out',
        place.at('out'),
      ]),
    /out: .*other files/,
  ],
];
