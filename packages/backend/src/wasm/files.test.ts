import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { locateWasm } from './files';

vi.mock('@tensorflow/tfjs-backend-wasm', async (original) => ({
  ...(await original<object>()),
  setWasmPaths: vi.fn(),
}));

const SIMD = 'tfjs-backend-wasm-simd.wasm'; // what Node loads, as browsers of today do
const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** A server with these files, which answers with its page for all others, as many do. */
const server = (files: Record<string, Uint8Array>) =>
  vi.fn(async (url: unknown) => new Response((files[String(url)] ?? '<!doctype html>') as BodyInit));

beforeEach(() => vi.stubGlobal('location', { href: 'https://a.example/app/index.html' }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

it('reads a folder from where the page is', async () => {
  const fetchFile = server({ [`https://a.example/app/files/${SIMD}`]: WASM });
  expect(await locateWasm('files', fetchFile)).toBe('');
  expect(setWasmPaths).toHaveBeenCalledExactlyOnceWith({
    'tfjs-backend-wasm.wasm': 'https://a.example/app/files/tfjs-backend-wasm.wasm',
    [SIMD]: `https://a.example/app/files/${SIMD}`,
    'tfjs-backend-wasm-threaded-simd.wasm':
      'https://a.example/app/files/tfjs-backend-wasm-threaded-simd.wasm',
  });
});

it('takes the URL of one file alone, as a bundler names it', async () => {
  const fetchFile = server({ 'https://a.example/assets/x-1a2b.wasm': WASM });
  expect(await locateWasm({ [SIMD]: '/assets/x-1a2b.wasm' }, fetchFile)).toBe('');
  expect(vi.mocked(setWasmPaths).mock.calls[0]![0]).toMatchObject({
    [SIMD]: 'https://a.example/assets/x-1a2b.wasm',
  });
});

it('says in one line what to serve where the answer is a page, an error or nothing', async () => {
  const advice =
    `no WebAssembly file at https://a.example/w/${SIMD}: serve the .wasm files of ` +
    "@tensorflow/tfjs-backend-wasm/dist and say where, useBackend({ wasmPaths: '/folder/' })";
  const answers = [
    server({}),
    async () => new Response(WASM, { status: 404 }),
    async () => new Response(null),
    async () => Promise.reject(new TypeError('Failed to fetch')),
  ];
  for (const answer of answers) await expect(locateWasm('/w/', answer)).rejects.toThrow(advice);
  expect(setWasmPaths).not.toHaveBeenCalled();
});

it('leaves tfjs’s own setting where nothing is said and nothing found', async () => {
  expect(await locateWasm(undefined, server({}))).toMatch(/^no WebAssembly file at .*wasmPaths/);
  expect(setWasmPaths).not.toHaveBeenCalled();
});
