import { DataError } from '../errors';
import { equalChannelsAsGray, type RasterImage } from '../image/raster';
import { colourOf } from './colour';
import { squarePixels, upright } from './geometry';
import { grayOf, type VoiChoice } from './gray';
import { parseDicom } from './header';
import { readSamples } from './samples';
import { type DicomSubject, subjectOf } from './subject';
import { TAG } from './tags';
import type { WasmSource } from './wasm-codecs';

/** Options of {@link decodeDicom}. */
export interface DicomOptions {
  /** Which window or table makes gray of stored values; `auto` takes the file's. */
  readonly voi?: VoiChoice;
  /** As stored, or (default) turned by Patient Orientation and stretched to square pixels. */
  readonly geometry?: 'upright' | 'stored';
  /** Larger declared sizes are refused before memory is taken; 50 million. */
  readonly maxPixels?: number;
  /** Where the codecs for JPEG baseline, JPEG-LS and JPEG 2000 are; `@raca/data/node` fills this in. */
  readonly wasm?: WasmSource;
}

/** A picture made of a DICOM file. */
export interface DicomImage {
  /** Gray or red, green, blue 0..255. */
  readonly image: RasterImage;
  /** What the header says that it shows. */
  readonly subject: DicomSubject;
  /** One line each: what was chosen or looks odd. */
  readonly warnings: readonly string[];
}

/** Largest picture that is decoded unless told otherwise, in pixels. */
export const MAX_PIXELS = 50_000_000;

/**
 * Decodes the first frame of a DICOM file as it would be shown: modality and VOI transforms (PS3.3 C.11), bright is dense
 * also for MONOCHROME1, pixel padding black, overlays left out. Reads uncompressed, deflated, RLE, JPEG (8 and 12 bit, lossless),
 * JPEG-LS and JPEG 2000 data. Nothing of the patient is read, and no message repeats a text of the file but the standard's
 * own words for modality, body part and view.
 *
 * @throws DataError one line: what is damaged, missing, not read or too large
 */
export async function decodeDicom(bytes: Uint8Array, options: DicomOptions = {}): Promise<DicomImage> {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // slices of Node's buffers are no copies
  try {
    return await decode(plain, options);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError('a damaged DICOM file'); // errors of other code may repeat what they read
  }
}

async function decode(bytes: Uint8Array, options: DicomOptions): Promise<DicomImage> {
  const { voi = 'auto', geometry = 'upright', maxPixels = MAX_PIXELS, wasm } = options;
  const file = await parseDicom(bytes, 4 * maxPixels + 1e6);
  const { dataSet, format } = file;
  const { rows: height, columns: width } = format;
  if (width * height > maxPixels)
    throw new DataError(`an image of ${width}x${height}, expected at most ${maxPixels} pixels`);
  const subject = subjectOf(dataSet);
  const warnings: string[] = [];
  if (format.frames > 1) warnings.push(`the first of ${format.frames} frames is taken`);
  if (dataSet.text(TAG.burnedIn) === 'YES')
    warnings.push('burned-in annotation: the picture itself may name the patient');
  if (subject.forProcessing)
    warnings.push('raw values of the detector (FOR PROCESSING), which are not meant to be looked at');
  const samples = await readSamples(file, wasm);
  if (samples.warning) warnings.push(samples.warning);
  const stored = storedImage();
  if (geometry === 'stored') return { image: stored, subject, warnings };
  const square = squarePixels(stored, dataSet, maxPixels);
  const turned = upright(square.image, dataSet);
  return { image: turned.image, subject, warnings: [...warnings, ...square.warnings, ...turned.warnings] };

  function storedImage(): RasterImage {
    if (!format.photometric.startsWith('MONOCHROME'))
      return equalChannelsAsGray({ width, height, channels: 3, data: colourOf(dataSet, format, samples) });
    const gray = grayOf(dataSet, format, samples.words, voi);
    warnings.push(...gray.warnings);
    return { width, height, channels: 1, data: gray.data };
  }
}
