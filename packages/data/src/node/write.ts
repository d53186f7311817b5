import { join } from 'node:path';
import {
  type Annotation,
  type Manifest,
  parseAnnotation,
  parseManifest,
  parseRegionTruth,
  type RegionTruth,
} from '../dataset';
import { writeFileAtomic } from './atomic';

/**
 * Writes the text files of a data set folder; the images (`images/<id>/<n>.png`) must be there already.
 * `annotation.json` comes last, so that a folder which has one is complete.
 *
 * @throws DataError before anything is written, if the content would not be read back
 */
export async function writeDataset(
  dir: string,
  annotation: Annotation,
  manifest: Manifest,
  options: { readonly regions?: RegionTruth } = {},
): Promise<void> {
  parseAnnotation(annotation, join(dir, 'annotation.json'));
  parseManifest(manifest, join(dir, 'manifest.json'));
  if (options.regions) parseRegionTruth(options.regions, join(dir, 'regions.json'));
  await writeJson(join(dir, 'manifest.json'), manifest, 2);
  if (options.regions) await writeJson(join(dir, 'regions.json'), options.regions);
  await writeJson(join(dir, 'annotation.json'), annotation, 1);
}

async function writeJson(path: string, value: unknown, indent?: number): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, indent)}\n`);
}
