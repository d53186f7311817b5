import { expect, it } from 'vitest';
import { wasmFile } from '../node/wasm-files';
import { decodeByWasm, limitGrowth } from './wasm-codecs';

const PAGE = 65536;

it('refuses a codec memory beyond what is allowed at the moment', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const allowed = { limit: 3 * PAGE };
  limitGrowth(memory, allowed);
  expect(memory.grow(2)).toBe(1);
  expect(() => memory.grow(1)).toThrow('out of memory');
  expect(memory.buffer.byteLength).toBe(3 * PAGE);
  allowed.limit = 4 * PAGE;
  memory.grow(1);
  expect(memory.buffer.byteLength).toBe(4 * PAGE);
});

it.each(['charls', 'openjpeg', 'libjpeg-turbo-8bit'] as const)(
  '%s gives up on nonsense in one way',
  async (codec) => {
    const junk = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6);
    for (let i = 0; i < 3; i++)
      await expect(decodeByWasm(codec, junk, 100, wasmFile)).rejects.toThrow(
        'damaged or truncated compressed pixels',
      );
  },
);

it('tells why a codec cannot be had, and tries again', async () => {
  const junk = Uint8Array.of(0xff, 0xd8);
  const none = () => Promise.reject(new Error('no network'));
  await expect(decodeByWasm('charls', junk, 1, none)).rejects.toThrow();
  await expect(decodeByWasm('charls', junk, 1, wasmFile)).rejects.toThrow('damaged');
});
