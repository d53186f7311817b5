export { type DicomImage, type DicomOptions, decodeDicom } from './decode';
export type { VoiChoice } from './gray';
export { isDicom } from './header';
export type { WasmCodec, WasmSource } from './wasm-codecs';
