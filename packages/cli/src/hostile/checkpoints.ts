import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import type { HostileCase, Place } from './case';

const SHARED = resolve(fileURLToPath(new URL('../../../../../shared/field/hostile', import.meta.url)));

const load = (place: Place, file: string): string[] => [
  'import-weights',
  file,
  '--as',
  'resnet18',
  '--out',
  place.at('out.safetensors'),
];
/** A `.pth` zip whose pickle is these bytes, beside one storage. */
const pickle =
  (bytes: () => Uint8Array, storage = new Uint8Array(64)) =>
  (place: Place): string[] =>
    load(
      place,
      place.put(
        'x.pth',
        zipSync(
          { 'x/data.pkl': bytes(), 'x/data/0': storage, 'x/version': Buffer.from('3\n') },
          { level: 0 },
        ),
      ),
    );
const ops = (text: string): Buffer => Buffer.from(text, 'latin1');

export const CHECKPOINTS: readonly HostileCase[] = [
  [
    'a checkpoint that runs a command',
    pickle(() => ops('\x80\x02cos\nsystem\nX\x0b\0\0\0touch pwned\x85R.')),
    /x\.pth: /,
  ],
  [
    'a checkpoint that evaluates text',
    pickle(() => ops('\x80\x02cbuiltins\neval\nX\x04\0\0\x001+1\x85R.')),
    /x\.pth: /,
  ],
  [
    'a checkpoint that builds an object of its choice',
    pickle(() => ops('\x80\x02csubprocess\nPopen\n)\x81}b.')),
    /x\.pth: /,
  ],
  ['a checkpoint without an end', pickle(() => ops('\x80\x02}')), /x\.pth: /],
  ['a checkpoint of nothing', pickle(() => ops('')), /x\.pth: /],
  ['a checkpoint that is no dictionary', pickle(() => ops('\x80\x02K\x07.')), /x\.pth: /],
  ['a text that claims 4 GB', pickle(() => ops('\x80\x02X\xff\xff\xff\xffabc.')), /x\.pth: /],
  ['a number of 2 GB', pickle(() => ops('\x80\x02\x8b\xff\xff\xff\x7f1.')), /x\.pth: /],
  ['a memory cell that nobody filled', pickle(() => ops('\x80\x02h\x05.')), /x\.pth: /],
  ['an empty stack', pickle(() => ops('\x80\x02\x85\x85s.')), /x\.pth: /],
  [
    'a million lists inside one another',
    pickle(() => ops(`\x80\x02${']'.repeat(1e6)}${'a'.repeat(1e6 - 1)}.`)),
    /x\.pth: /,
  ],
  [
    'lists that double sixty times',
    pickle(() =>
      ops(
        `\x80\x02]q\0${Array.from({ length: 60 }, (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`).join('')}.`,
      ),
    ),
    /x\.pth: /,
  ],
  [
    'a checkpoint cut in the middle',
    (place) => load(place, place.put('x.pth', zipSync({ 'x/data.pkl': ops('\x80\x02}.') }).subarray(0, 40))),
    /x\.pth: /,
  ],
  [
    'a zip without a pickle',
    (place) => load(place, place.put('x.pth', zipSync({ 'x/other': ops('x') }))),
    /x\.pth: /,
  ],
  ['a checkpoint without tensors', pickle(() => ops('\x80\x02}.'), new Uint8Array(0)), /x\.pth: /],
  [
    'a page instead of a checkpoint',
    (place) => load(place, place.put('x.pth', '<!DOCTYPE html>')),
    /x\.pth: /,
  ],
  ['no checkpoint', (place) => load(place, place.at('x.pth')), /x\.pth: .*nothing/],
  ['a device as a checkpoint', (place) => load(place, '/dev/zero'), /\/dev\/zero: /],
  ...['a16-dag-60.pth', 'a16-shared-20.pth', 'a16-zipbomb-4.pth'].flatMap((name): HostileCase[] =>
    existsSync(resolve(SHARED, name))
      ? [[`${name} of the field's hostile files`, (place) => load(place, resolve(SHARED, name)), /\.pth: /]]
      : [],
  ),
];
