import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** tfjs's WebAssembly builds: plain, with vector instructions, with threads too. One of them is loaded. */
const FILES = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;
type WasmFile = (typeof FILES)[number];

/**
 * Where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are: the URL of their folder, or the URL of each. A file that is left out
 * is one that the page never needs.
 */
export type WasmPaths = string | { readonly [F in WasmFile]?: string };

/** URLs of all three. */
type Urls = Record<WasmFile, string>;

/**
 * In a browser, points tfjs at its `.wasm` files: where `paths` says, else in the usual places. Where none is found tfjs's own
 * setting stands.
 *
 * @param fetchFile replaced in tests
 * @returns what to tell the user if tfjs then finds none either
 * @throws Error in one line if there is no file where `paths` says
 */
export async function locateWasm(paths?: WasmPaths, fetchFile: typeof fetch = fetch): Promise<string> {
  const name = await neededFile();
  const tried: string[] = [];
  for (const urls of paths === undefined ? usualPlaces(import.meta.url) : [given(paths)]) {
    const url = urls[name];
    if (!/^(https?|blob|data|chrome-extension|moz-extension|capacitor|app|tauri):/.test(url)) continue;
    if (await isWasm(url, fetchFile)) {
      setWasmPaths(urls);
      return '';
    }
    tried.push(url);
  }
  const advice =
    `no WebAssembly file at ${tried.join(' or ') || name}: serve the .wasm files of ` +
    "@tensorflow/tfjs-backend-wasm/dist and say where, useBackend({ wasmPaths: '/folder/' })";
  if (paths !== undefined) throw new Error(advice);
  return advice;
}

/**
 * Where a bundler has put them (webpack and Vite understand these URLs); where a server of unbundled modules has them, as Vite while
 * developing; beside the bundle.
 */
function usualPlaces(here: string): Urls[] {
  const [installed] = /^.*\/node_modules\//.exec(here) ?? [];
  const unbundled =
    installed === undefined ? [] : [inFolder(`${installed}@tensorflow/tfjs-backend-wasm/dist/`)];
  return [fromBundler(), ...unbundled, inFolder(here)];
}

/** Bundlers must read these URLs as they stand. */
const fromBundler = (): Urls => ({
  'tfjs-backend-wasm.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-simd.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
    import.meta.url,
  ).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
    import.meta.url,
  ).href,
});

const inFolder = (base: string): Urls =>
  Object.fromEntries(FILES.map((name) => [name, new URL(name, base).href])) as Urls;

/** What the user says, with `location` as base of relative URLs. */
function given(paths: WasmPaths): Urls {
  const base = globalThis.location?.href;
  if (typeof paths === 'string') return inFolder(new URL(paths.replace(/\/?$/, '/'), base).href);
  const [any] = Object.values(paths);
  if (any === undefined)
    throw new Error(`wasmPaths: expected the URL of one of ${FILES.join(', ')}, found none`);
  return Object.fromEntries(FILES.map((name) => [name, new URL(paths[name] ?? any, base).href])) as Urls;
}

/** The file that this browser loads. */
async function neededFile(): Promise<WasmFile> {
  const [simd, threads] = await Promise.all([
    tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'),
    tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'),
  ]);
  return FILES[simd ? (threads ? 2 : 1) : 0];
}

/** Whether a WebAssembly file is there: servers of single pages answer with the page for what they do not have. */
async function isWasm(url: string, fetchFile: typeof fetch): Promise<boolean> {
  try {
    const response = await fetchFile(url);
    const reader = response.ok ? response.body?.getReader() : undefined;
    const { value = new Uint8Array() } = (await reader?.read()) ?? {};
    await reader?.cancel();
    return String.fromCharCode(...value.subarray(0, 4)) === '\0asm';
  } catch {
    return false;
  }
}
