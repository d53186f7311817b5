import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { toFloat32 } from '@raca/core';
import { afterAll, describe, expect, it } from 'vitest';
import { isTorchFile, parseTorchFile, readTorchFile } from './torch-file';

/**
 * Written by PyTorch 1.13: `a.weight` a Parameter [[1.5, -2, 3], [4, 5, 6.25]], `b.half` [0.5, -1] in half precision,
 * `c.view` elements 4..7 of arange(12), `d.count` the int64 7. First in the zip format, within
 * {'state_dict': …, 'epoch': 3, 'name': 'x'}; then in the format before 1.6. Deflated here.
 */
const ZIP =
  'eNqdVLtv00AYPz/iBFOS0BYo71JeCbRumgwggSCNkFXpkEiDkKwuketcY6smzudc0i6VurSFFZgRbPwRDBlhZGFmY2BiYETizm6j2KUt4qRPJ999v4fvfnYVSzJCqRTaN7JoFJm+ZTs9Mtswqam1V129kkZLkbEpbgDKGSoDdKhJSb3hWBQEy/Jcl1jU8Vod9YnfID5pPGI7Koj5Gkg5gwua2hpxmjYF2aIeU9LqXeq4HbXuk+Wu4zbqbdM3nxNKfBUSB7RQ0up4fr1XVEHJ5Yxk4MPzzSaBZAhRddcz6dNwUYWUIbCeAhwzJDZb7S6oWKFwfBEjLGJpG0awhIVtOPHS5lbTFDI1yL4IHk7uwGgNxgyFIZc123RXYNxmsvae1AJbGiidCpTm4LStYpHCmUBhCyawsAVnQ/ZzFM7X4EJAaGk9h6zBxZDQDn0W4RJDj1C4vIhlLG/BJEdfCdFTFK7W4Frw0g3N8rotCtcjfh57rebAz42AsQQ3GaNAIcf85PMhU57CrRrc7hoJ1kHanmXDNJYMlgzUYjcAMwF0HbSuVsXJ1C8xv/CTrfCqHhigNBqLBGi2oFcysfgsIdR/yHr7CJXLCG2yesfqU5nLSDtT7yfYJq/DZKajMnN6JReXOXCgu+gj13r95sdn/rryEVrlqFZRr9z/Z62/6gdjk59BOXoGfVbfWKF59i2ymmRVmOde1zdWHhR4iI/wOh71WtIr2X1ek7vdnLf99bvHiVKH8mbQvQFvj/gd9onrlTv/ewgllSt/edt8JjJuMVAW+DTQHg5bdp+b+B8qjh7OUDqCnBdRLJ5x7HAmotgPcexcHDt8R1HsuBTDFuPY4XuIYvtxbCmOHT7JTAQ7IaP4vVWxokzvbl+SZgatSmxeFcL5lbwXFiXIze9E+CwEawklxChBf9j7B9pTVvo=';
const LEGACY =
  'eNp1Ustu00AUHT/yqEkhvCnP8HY2VpI2xV2RSqhCGl41m9kgy7WH2MjYufY4FUiVskkpfAMLlnwEiy75DLZ8AhILru2maiIx0hlr7tx7zrlzPZG/aOHfr1t/Wu++v1oxJvLz3wrue0B01iSEjJJYxG4c2mOepEEcgYQJbBlvwkCIkNs88gInAvmAaRgUH0bcToOPPAVlD1SdVTCY+nEioEJlpuApiARUqcrUnCOOhlCjapahposyIXcFqqTay8TjCfeeBK7QgLQtkHRWxwrH2OXB0BcguyJOXN+wMxGEqWYnfCcLQs8eOYnzngueaKD8J0XwKI0Te9zT0KHOarlFzHSGHCplibYVxo54XQY1qLIlzFkzu2vd9XXThFrRiDvKoE6rLwQsbVNCZarsg0YVKu3Dqc9+7rkhYNmC0wfF4cwnaFpwllWxdMfwnfAtnPNR359pPsXQseT5mWR/Y6NnduCCX6cySl0spKZwiUpTuFzKXBGwYsHVgtk1xgHfhWsls18673f6/dVHq90eXEeaBtLc2KYqVadwM6e5VdK0BNy24E7xHp7hxhkO6u6cw2c4rmOH90447PY6cB+pJaR+gA7b7ZLyoQDdgnY+3Tf5HzX/jNICg7zQs7JgXuVG3mK5Dh/nGyGDASETxDfEz4F0dFs7+sqzdJP8aJCTa5LXD+brDxG/EGSTkCaihehs/gNhJskB';
const folder = mkdtempSync(join(tmpdir(), 'torch-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inflate = (text: string): Uint8Array => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));

it.each([
  ['zip', ZIP],
  ['legacy', LEGACY],
])('reads what PyTorch wrote: %s', (_, text) => {
  const bytes = inflate(text);
  expect(isTorchFile(bytes)).toBe(true);
  const { tensors } = parseTorchFile(bytes);
  const path = join(folder, 'small.pth');
  writeFileSync(path, bytes);
  expect(readTorchFile(path).tensors).toEqual(tensors); // from disk, in pieces
  expect([...tensors.keys()]).toEqual(['a.weight', 'b.half', 'c.view', 'd.count']);
  const values = (name: string) => [tensors.get(name)!.shape, [...toFloat32(tensors.get(name)!)]];
  expect(values('a.weight')).toEqual([
    [2, 3],
    [1.5, -2, 3, 4, 5, 6.25],
  ]);
  expect(values('b.half')).toEqual([[2], [0.5, -1]]);
  expect(values('c.view')).toEqual([[4], [4, 5, 6, 7]]);
  expect(tensors.get('d.count')).toMatchObject({ dtype: 'I64', shape: [] });
});

it('refuses other files in one line', () => {
  const bytes = inflate(LEGACY);
  expect(() => parseTorchFile(bytes.subarray(0, bytes.length - 20), 'x.pth')).toThrow(
    /^x\.pth: the storage "\d+" is cut off$/,
  );
  expect(() => parseTorchFile(Uint8Array.of(0x80, 2, 0x69), 'x.pth')).toThrow(
    'x.pth: the pickle has the opcode 0x69',
  );
  expect(() => parseTorchFile(Uint8Array.of(0x50, 0x4b, 3, 4), 'x.pth')).toThrow(/^x\.pth: /);
  expect(isTorchFile(new TextEncoder().encode('{}'))).toBe(false);
});

/** A file of the format before 1.6 around the instructions of its fourth pickle, as `pickletools` names them. */
const legacy = (object: string, rest = ']'): Uint8Array => {
  const magic = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19';
  const pickles = [magic, 'M\xe9\x03', '}', object, rest].map((code) => `\x80\x02${code}.`);
  return new Uint8Array(Buffer.from(pickles.join(''), 'latin1'));
};
const STORAGE = '(U\x07storagectorch\nFloatStorage\nU\x01aU\x03cpuK\x04tQ';
const TENSOR = `ctorch._utils\n_rebuild_tensor_v2\n(${STORAGE}K\x00K\x04\x85K\x01\x85tR`;
const numbers = (...values: number[]): Uint8Array => storage(Float32Array.from(values));
const storage = (values: Float32Array): Uint8Array => {
  const bytes = new Uint8Array(8 + 4 * values.length);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(values.length), true);
  bytes.set(new Uint8Array(values.buffer), 8);
  return bytes;
};
const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

it('reads a dictionary as Python 2 wrote it', () => {
  const object = `ccollections\nOrderedDict\n]q\x01(]q\x02(U\x01x${TENSOR}ee\x85R`;
  const { tensors } = parseTorchFile(joined(legacy(object, '(U\x01at'), numbers(1, 2, 3, 4)));
  expect([...toFloat32(tensors.get('x')!)]).toEqual([1, 2, 3, 4]);
});

describe('hostile files', () => {
  it('shares one storage among all its tensors', () => {
    const names = Array.from({ length: 250 }, (_, i) => `U\x03${100 + i}h\x05`).join('');
    const file = joined(legacy(`}(U\x01x${TENSOR}q\x05${names}u`, '(U\x01at'), numbers(1, 2, 3, 4));
    const { tensors } = parseTorchFile(file);
    expect(tensors.size).toBe(251);
    expect(new Set([...tensors.values()].map(({ bytes }) => bytes.buffer)).size).toBe(1);
    expect([...toFloat32(tensors.get('x')!)]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    [
      'a tuple of itself 2^60 times',
      `)q\x00${Array.from({ length: 60 }, (_, i) => `h${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86q${String.fromCharCode(i + 1)}`).join('')}`,
      'expected a state_dict',
    ],
    ['a dictionary within itself', '}q\x00U\x0astate_dicth\x00s', 'expected a state_dict with tensors'],
    [
      'a parameter of a parameter',
      '}U\x01xctorch._utils\n_rebuild_parameter\n]q\x07Rq\x08s',
      'expected a state_dict with tensors',
    ],
    [
      'an object of a class',
      'c__builtin__\neval\n(U\x0cprint("run!")tR',
      'found an object "__builtin__.eval"',
    ],
    ['no value on the stack', '0', 'the pickle is malformed'],
    ['a mark as memo that is not there', 'h\x09', 'the pickle is malformed'],
    ['a long that goes on', '\x8a\xff', 'an integer of 255 bytes'],
    ['a name without end', 'cos', 'the pickle is cut off'],
    [
      'too many axes',
      `}U\x01x${TENSOR.replace('K\x04\x85K', `(${'K\x01'.repeat(9)}tK`)}s`,
      'weight "x": expected a tensor’s shape',
    ],
    [
      'a negative shape',
      `}U\x01x${TENSOR.replace('K\x04\x85', 'J\xff\xff\xff\xff\x85')}s`,
      'weight "x": expected a tensor’s shape',
    ],
    [
      'strides of 0',
      `}U\x01x${TENSOR.replace('K\x01\x85', 'K\x00\x85')}s`,
      'weight "x": expected a contiguous tensor',
    ],
    [
      'a storage of another class',
      `}U\x01x${TENSOR.replace('FloatStorage', 'EvilStorage')}s`,
      'found "EvilStorage"',
    ],
    ['a name that a terminal would obey', `}U\x03\x1b[m${TENSOR}s`, String.raw`"\u001b[m"`],
  ])('%s', (_, object, message) => {
    expect(() => parseTorchFile(legacy(object), 'x.pth')).toThrow(message);
    try {
      parseTorchFile(legacy(object), 'x.pth');
    } catch (error) {
      expect((error as Error).message).toMatch(/^x\.pth: [^\n]{10,300}$/);
    }
  });

  it('refuses weights that claim a storage many times over', () => {
    const many = TENSOR.replace('K\x04\x85', '\x8a\x03\x00\x00\x04\x85'); // 2^18 numbers
    const object = (n: number) =>
      `}(U\x01x${many}q\x05${Array.from({ length: n }, (_, i) => `U\x02${10 + i}h\x05`).join('')}u`;
    const values = storage(new Float32Array(2 ** 18));
    const file = (n: number) => joined(legacy(object(n), '(U\x01at'), values);
    expect(parseTorchFile(file(3)).tensors.size).toBe(4);
    expect(() => parseTorchFile(file(30))).toThrow('share storages too often');
  });

  it('says when a storage is smaller than its tensors', () => {
    const object = `}U\x01x${TENSOR}s`;
    const list = '(U\x01at';
    expect(() => parseTorchFile(joined(legacy(object, list), numbers(1, 2)), 'x')).toThrow(
      'x: weight "x": the storage "a" is cut off: 16 bytes needed, 8 found',
    );
    const endless = numbers(1);
    endless.fill(0xff, 0, 7);
    expect(() => parseTorchFile(joined(legacy(object, list), endless))).toThrow('the storage "a" is cut off');
    expect(() => parseTorchFile(legacy(object, '(U\x01bt'))).toThrow('the list of storages is malformed');
  });

  it('stops at a list that is made a dictionary again and again', () => {
    const object = `](${']'.repeat(2000)}eq\x01${'ccollections\nOrderedDict\nh\x01\x85R'.repeat(501)}`;
    expect(() => parseTorchFile(legacy(object))).toThrow('dictionaries of more than 1000000 items');
  });

  it('stops at a pickle without end', () => {
    expect(() => parseTorchFile(legacy('N'.repeat(1_000_100)))).toThrow('more than 1000000 instructions');
  });

  const hostile = fileURLToPath(new URL('../../../../../shared/field/hostile/', import.meta.url));
  const files = existsSync(hostile) ? readdirSync(hostile).filter((name) => name.endsWith('.pth')) : [];
  it.skipIf(files.length === 0)(
    `the collected ones${files.length ? '' : ' (skipped: ../shared/field is absent)'}`,
    () => {
      const before = process.memoryUsage().rss;
      for (const file of files) {
        expect(() => readTorchFile(join(hostile, file)), file).toThrow(/^\S+\.pth: [^\n]{10,200}$/);
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(2e8);
    },
  );

  it('a folder and nothing', () => {
    expect(() => readTorchFile(folder)).toThrow(/expected a file, found a folder/);
    expect(() => readTorchFile(join(folder, 'none'))).toThrow(/none: expected a file, found nothing$/);
  });
});
