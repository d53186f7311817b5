import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findStudies } from './find-studies';

const root = mkdtempSync(join(tmpdir(), 'raca-find-'));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string) => join(root, name);

const PNG = Buffer.from('\x89PNG\r\n', 'latin1');
function write(name: string, content: string | Buffer = PNG): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}
/** Studies with paths relative to the root, as `id: a b`. */
const found = (...sources: string[]) =>
  findStudies(sources).map(
    ({ id, images }) => `${id}: ${images.map((file) => relative(root, file)).join(' ')}`,
  );

describe('a folder', () => {
  write('cases/a/10.png');
  write('cases/a/2.png');
  write('cases/b/deep/x.jpg');
  write('cases/b/deep/IM-0001', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]));
  write('cases/b/notes.txt', 'no image');
  write('cases/b/DICOMDIR', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]));
  write('cases/.hidden/a.png');
  write('cases/._c.png');
  write('cases/c.png');
  write('cases/empty/readme', 'nothing');
  symlinkSync(at('cases'), at('cases/b/loop'));

  it('gives a study for each folder with images and for each image on top', () => {
    expect(found(at('cases'))).toEqual([
      'c: cases/c.png',
      'a: cases/a/2.png cases/a/10.png',
      'b/deep: cases/b/deep/IM-0001 cases/b/deep/x.jpg',
    ]);
  });

  it('is a study itself where several are named', () => {
    expect(found(at('cases/a'), at('cases/b/'))).toEqual([
      'a: cases/a/2.png cases/a/10.png',
      'b/deep: cases/b/deep/IM-0001 cases/b/deep/x.jpg',
    ]);
    expect(found(at('cases/a'))).toEqual(['2: cases/a/2.png', '10: cases/a/10.png']);
    expect(found(at('cases/a/2.png'), at('cases/c.png'))).toEqual(['2: cases/a/2.png', 'c: cases/c.png']);
  });

  it('keeps endings where names would be the same', () => {
    write('same/a.png');
    write('same/a.jpg');
    write('same/b.png');
    expect(found(at('same'))).toEqual(['a.jpg: same/a.jpg', 'a.png: same/a.png', 'b: same/b.png']);
  });

  it('is refused without images, or where it is a data set', () => {
    expect(() => found(at('cases/empty'))).toThrow('empty: expected folders with images, found no image');
    write('set/annotation.json', '{}');
    expect(() => found(at('set'))).toThrow('found a data set folder (it goes with --data)');
    expect(() => found(at('cases/a'), at('nothing'))).toThrow('nothing: expected a folder, a table');
  });

  it('is refused as one of several where it holds too many images for a study', () => {
    for (let i = 0; i < 13; i++) write(`flat/${i}.png`);
    expect(() => found(at('cases/a'), at('flat/'))).toThrow(
      /flat.*expected the images of one study, found 13; where/,
    );
    expect(found(at('flat'))).toHaveLength(13);
    expect(found(at('cases/c.png'), at('flat/*'))).toHaveLength(14);
  });

  it('is refused where two studies have one id', () => {
    write('other/a/1.png');
    expect(() => found(at('cases/a'), at('other/a'))).toThrow(
      /expected ids used once, found "a" for .* and for /,
    );
  });
});

describe('a pattern', () => {
  it('takes files by their folders, and folders', () => {
    expect(found(at('cases/*/*.png'))).toEqual(['a: cases/a/2.png cases/a/10.png']);
    expect(found(at('cases/[ab]'))).toEqual([
      'a: cases/a/2.png cases/a/10.png',
      'b/deep: cases/b/deep/IM-0001 cases/b/deep/x.jpg',
    ]);
    expect(found(at('cases/*.png'))).toEqual(['c: cases/c.png']);
    expect(() => found(at('cases/*.bmp'))).toThrow('expected a pattern of folders or images, found none');
  });
});

describe('a table', () => {
  it.each([
    ['list.csv', 'ID,Images\na,cases/a/2.png;cases/a/10.png\n\nb,"c ,.png"\n'],
    ['list.tsv', 'study_id\tfrontal\tlateral\na\tcases/a/2.png\tcases/a/10.png\nb\tc ,.png\t\n'],
    ['columns.csv', '\uFEFFid,image2,image1,age\na,cases/a/10.png,cases/a/2.png,3\nb,,"c ,.png",4\n'],
    [
      'list.jsonl',
      '{"id":"a","images":["cases/a/2.png","cases/a/10.png"]}\n\n{"id":"b","images":"c ,.png"}\n',
    ],
    ['list.json', '[{"id":"a","image_path":["cases/a/2.png","cases/a/10.png"]},{"id":"b","path":"c ,.png"}]'],
  ])('is read as %s', (name, content) => {
    expect(found(write(name, content))).toEqual(['a: cases/a/2.png cases/a/10.png', 'b: c ,.png']);
  });

  it('takes a path with ; where it is one', () => {
    const odd = write('o;dd.png');
    expect(findStudies([write('odd.csv', `id,images\na,"${odd}"\n`)])).toEqual([{ id: 'a', images: [odd] }]);
  });

  it.each([
    [
      'no-id.csv',
      'name,images\na,b\n',
      'row 1: expected a column id or study_id or study or uid, found name, images',
    ],
    [
      'no-images.csv',
      'id,x\na,b\n',
      'row 1: expected a column images (paths with ; between), image1, image2 or',
    ],
    ['twice.csv', 'id,images\na,b\na,c\n', 'expected ids used once, found "a" in rows 1 and 2'],
    ['blank.csv', 'id,images\na,\n', 'row 1: a: expected at least one image, found none'],
    ['short.csv', 'id,images\na\n', 'expected CSV, found: Invalid Record Length'],
    ['empty.csv', '', 'expected at least one study, found none'],
    ['kind.jsonl', '[1]\n', 'row 1: expected an object with id and images, found a list'],
    ['bad.jsonl', '{"id"\n', 'line 1: expected JSON, found:'],
    ['object.json', '{}', 'expected a list of studies, found an object'],
    ['number.json', '[{"id":"a","images":[3]}]', 'row 1: images[0]: expected paths of images, found 3'],
    ['null.json', '[{"id":null,"images":"a"}]', 'row 1: id: expected an id, found null'],
  ])('names what is wrong in %s', (name, content, message) => {
    const file = write(name, content);
    expect(() => findStudies([file])).toThrow(message);
    expect(() => findStudies([file])).toThrow(file);
  });
});
