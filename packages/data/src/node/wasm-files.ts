import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { WasmCodec } from '../dicom/wasm-codecs';

const fromHere = createRequire(import.meta.url);

/** The `.wasm` file of a codec, from its npm package. */
export async function wasmFile(codec: WasmCodec): Promise<BufferSource> {
  return readFile(fromHere.resolve(`@cornerstonejs/codec-${codec}/decodewasm`));
}
