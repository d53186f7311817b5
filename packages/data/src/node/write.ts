import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import {
  type Annotation,
  type Manifest,
  parseAnnotation,
  parseManifest,
  parseRegionTruth,
  type RegionTruth,
} from '../dataset';

/**
 * Writes the text files of a data set folder; the images (`images/<id>/<n>.png`) must be there already.
 * `annotation.json` comes last, so that a folder which has one is complete.
 *
 * @throws DataError before anything is written, if the content would not be read back
 */
export function writeDataset(
  dir: string,
  annotation: Annotation,
  manifest: Manifest,
  options: { readonly regions?: RegionTruth } = {},
): void {
  parseAnnotation(annotation, join(dir, 'annotation.json'));
  parseManifest(manifest, join(dir, 'manifest.json'));
  if (options.regions) parseRegionTruth(options.regions, join(dir, 'regions.json'));
  writeJson(join(dir, 'manifest.json'), manifest, 2);
  if (options.regions) writeJson(join(dir, 'regions.json'), options.regions);
  writeJson(join(dir, 'annotation.json'), annotation, 1);
}

function writeJson(path: string, value: unknown, indent?: number): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, indent)}\n`);
}
