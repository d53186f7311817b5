export { type DicomImage, type DicomOptions, decodeDicom } from './dicom/decode';
export type { VoiChoice } from './dicom/gray';
export { isDicom } from './dicom/header';
export type { DicomSubject } from './dicom/subject';
export type { WasmCodec, WasmSource } from './dicom/wasm-codecs';
