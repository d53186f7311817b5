import { inflateSync } from 'node:zlib';
import { toFloat32 } from '@raca/core';
import { expect, it } from 'vitest';
import { isTorchFile, parseTorchFile } from './torch-file';

/**
 * Written by PyTorch 1.13: `a.weight` a Parameter [[1.5, -2, 3], [4, 5, 6.25]], `b.half` [0.5, -1] in half precision,
 * `c.view` elements 4..7 of arange(12), `d.count` the int64 7. First in the zip format, within
 * {'state_dict': …, 'epoch': 3, 'name': 'x'}; then in the format before 1.6. Deflated here.
 */
const ZIP =
  'eNqdVLtv00AYPz/iBFOS0BYo71JeCbRumgwggSCNkFXpkEiDkKwuketcY6smzudc0i6VurSFFZgRbPwRDBlhZGFmY2BiYETizm6j2KUt4qRPJ999v4fvfnYVSzJCqRTaN7JoFJm+ZTs9Mtswqam1V129kkZLkbEpbgDKGSoDdKhJSb3hWBQEy/Jcl1jU8Vod9YnfID5pPGI7Koj5Gkg5gwua2hpxmjYF2aIeU9LqXeq4HbXuk+Wu4zbqbdM3nxNKfBUSB7RQ0up4fr1XVEHJ5Yxk4MPzzSaBZAhRddcz6dNwUYWUIbCeAhwzJDZb7S6oWKFwfBEjLGJpG0awhIVtOPHS5lbTFDI1yL4IHk7uwGgNxgyFIZc123RXYNxmsvae1AJbGiidCpTm4LStYpHCmUBhCyawsAVnQ/ZzFM7X4EJAaGk9h6zBxZDQDn0W4RJDj1C4vIhlLG/BJEdfCdFTFK7W4Frw0g3N8rotCtcjfh57rebAz42AsQQ3GaNAIcf85PMhU57CrRrc7hoJ1kHanmXDNJYMlgzUYjcAMwF0HbSuVsXJ1C8xv/CTrfCqHhigNBqLBGi2oFcysfgsIdR/yHr7CJXLCG2yesfqU5nLSDtT7yfYJq/DZKajMnN6JReXOXCgu+gj13r95sdn/rryEVrlqFZRr9z/Z62/6gdjk59BOXoGfVbfWKF59i2ymmRVmOde1zdWHhR4iI/wOh71WtIr2X1ek7vdnLf99bvHiVKH8mbQvQFvj/gd9onrlTv/ewgllSt/edt8JjJuMVAW+DTQHg5bdp+b+B8qjh7OUDqCnBdRLJ5x7HAmotgPcexcHDt8R1HsuBTDFuPY4XuIYvtxbCmOHT7JTAQ7IaP4vVWxokzvbl+SZgatSmxeFcL5lbwXFiXIze9E+CwEawklxChBf9j7B9pTVvo=';
const LEGACY =
  'eNp1Ustu00AUHT/yqEkhvCnP8HY2VpI2xV2RSqhCGl41m9kgy7WH2MjYufY4FUiVskkpfAMLlnwEiy75DLZ8AhILru2maiIx0hlr7tx7zrlzPZG/aOHfr1t/Wu++v1oxJvLz3wrue0B01iSEjJJYxG4c2mOepEEcgYQJbBlvwkCIkNs88gInAvmAaRgUH0bcToOPPAVlD1SdVTCY+nEioEJlpuApiARUqcrUnCOOhlCjapahposyIXcFqqTay8TjCfeeBK7QgLQtkHRWxwrH2OXB0BcguyJOXN+wMxGEqWYnfCcLQs8eOYnzngueaKD8J0XwKI0Te9zT0KHOarlFzHSGHCplibYVxo54XQY1qLIlzFkzu2vd9XXThFrRiDvKoE6rLwQsbVNCZarsg0YVKu3Dqc9+7rkhYNmC0wfF4cwnaFpwllWxdMfwnfAtnPNR359pPsXQseT5mWR/Y6NnduCCX6cySl0spKZwiUpTuFzKXBGwYsHVgtk1xgHfhWsls18673f6/dVHq90eXEeaBtLc2KYqVadwM6e5VdK0BNy24E7xHp7hxhkO6u6cw2c4rmOH90447PY6cB+pJaR+gA7b7ZLyoQDdgnY+3Tf5HzX/jNICg7zQs7JgXuVG3mK5Dh/nGyGDASETxDfEz4F0dFs7+sqzdJP8aJCTa5LXD+brDxG/EGSTkCaihehs/gNhJskB';
const inflate = (text: string): Uint8Array => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));

it.each([
  ['zip', ZIP],
  ['legacy', LEGACY],
])('reads what PyTorch wrote: %s', (_, text) => {
  const bytes = inflate(text);
  expect(isTorchFile(bytes)).toBe(true);
  const { tensors } = parseTorchFile(bytes);
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
    /^x\.pth: the storage \d+ is cut off$/,
  );
  expect(() => parseTorchFile(Uint8Array.of(0x80, 2, 0x69), 'x.pth')).toThrow(
    'x.pth: the pickle has the opcode 0x69',
  );
  expect(() => parseTorchFile(Uint8Array.of(0x50, 0x4b, 3, 4), 'x.pth')).toThrow(/^x\.pth: /);
  expect(isTorchFile(new TextEncoder().encode('{}'))).toBe(false);
});
