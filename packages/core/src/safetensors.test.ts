import { describe, expect, it } from 'vitest';
import { halfToFloat, parseSafetensors, serializeSafetensors, toFloat32 } from './safetensors';

const file = (header: unknown, data: number[] = []): Uint8Array => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(data, 8 + json.length);
  return out;
};

it('reads bytes worked by hand', () => {
  // 1.5 = 0x3fc00000, -2 = 0xc0000000, little-endian
  const bytes = file(
    { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } },
    [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0],
  );
  const a = parseSafetensors(bytes).tensors.get('a')!;
  expect(a.shape).toEqual([2]);
  expect(Array.from(toFloat32(a))).toEqual([1.5, -2]);
});

it('widens half precision', () => {
  expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00].map(halfToFloat)).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    Infinity,
  ]);
  const bytes = file({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, [0xc0, 0x3f]);
  expect(Array.from(toFloat32(parseSafetensors(bytes).tensors.get('a')!))).toEqual([1.5]);
});

it('keeps a tensor of any name', () => {
  const data = Float32Array.of(1);
  const parsed = parseSafetensors(serializeSafetensors(new Map([['__proto__', { shape: [1], data }]])));
  expect([...parsed.tensors.keys()]).toEqual(['__proto__']);
});

it('comes back from what it wrote', () => {
  const tensors = new Map([
    ['w', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['ids', { shape: [3], data: Int32Array.of(-1, 0, 7) }],
  ]);
  const parsed = parseSafetensors(serializeSafetensors(tensors, { origin: 'test' }));
  expect(parsed.metadata).toEqual({ origin: 'test' });
  expect([...parsed.tensors.keys()]).toEqual(['w', 'ids']);
  expect(Array.from(toFloat32(parsed.tensors.get('ids')!))).toEqual([-1, 0, 7]);
});

describe('hostile files', () => {
  const entry = (over: object): unknown => ({
    a: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...over },
  });
  const four = [0, 0, 0, 0];
  const huge = file('{}');
  new DataView(huge.buffer).setBigUint64(0, 2n ** 60n, true);
  it.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'expected at least 8 bytes'],
    ['oversized header', huge, 'header claims'],
    ['not JSON', file('{"a": '), 'not JSON'],
    ['not an object', file('[1]'), 'must be a JSON object'],
    ['unknown dtype', file(entry({ dtype: 'Q4' }), four), 'dtype must be one of'],
    ['prototype name as dtype', file(entry({ dtype: 'toString' }), four), 'dtype must be one of'],
    ['negative shape', file(entry({ shape: [-1] }), four), 'shape must be'],
    ['past the end', file(entry({ data_offsets: [0, 4] }), [0]), 'needs 4 bytes'],
    ['size of another shape', file(entry({ shape: [3] }), four), 'needs 12 bytes'],
    ['bytes nobody names', file(entry({}), [...four, 9]), 'cover 4 bytes of 5'],
    [
      'two tensors in the same bytes, and a hole of their size',
      file(
        {
          a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        },
        [...four, ...four],
      ),
      'tensor b overlaps the one before it',
    ],
    [
      'a hole',
      file(entry({ data_offsets: [4, 8] }), [...four, ...four]),
      'no tensor covers the bytes 0..4 of the data part',
    ],
    [
      'a name twice',
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        [...four, ...four],
      ),
      'no tensor covers',
    ],
    [
      'a name that a terminal would obey',
      file({ '\u001b[2J\n': { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, four),
      String.raw`tensor "\u001b[2J\n": F32 [2] needs 8 bytes`,
    ],
    ['a shape of a million axes', file(entry({ shape: Array(1e6).fill(-1) }), four), 'found [-1,-1,-1'],
    ['a product beyond all numbers', file(entry({ shape: [2 ** 52, 2 ** 52] }), four), 'needs 8.'],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), '__metadata__'],
  ])('%s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(message);
    expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow('x.safetensors: ');
  });
});
