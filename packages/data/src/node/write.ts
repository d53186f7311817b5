import { join } from 'node:path';
import { writeFileAtomic } from '@raca/core/node';
import {
  type Annotation,
  type Manifest,
  parseManifest,
  parseRegionTruth,
  placeChecker,
  type RegionTruth,
  SPLITS,
  type Study,
  studySchema,
} from '../dataset';
import { parseOrThrow } from '../errors';

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
  checkAnnotation(annotation, join(dir, 'annotation.json'));
  parseManifest(manifest, join(dir, 'manifest.json'));
  if (options.regions) parseRegionTruth(options.regions, join(dir, 'regions.json'), manifest.regions);
  writeJson(join(dir, 'manifest.json'), manifest, 2);
  if (options.regions) writeJson(join(dir, 'regions.json'), options.regions);
  writeAnnotation(join(dir, 'annotation.json'), annotation);
}

/** Writes `annotation.json` atomically, of any size, with whatever other fields it has. The content is not checked. */
export function writeAnnotation(file: string, annotation: Annotation): void {
  writeFileAtomic(file, annotationText(annotation));
}

function checkAnnotation(annotation: Annotation, file: string): void {
  const checkPlace = placeChecker(file);
  for (const split of SPLITS) {
    annotation[split].forEach((study, i) => {
      checkPlace(parseOrThrow(studySchema, study, file, [split, i]), split, i);
    });
  }
}

/** The text of `JSON.stringify(annotation, null, 1)`, in pieces: that of a whole large set is longer than a string may be. */
function* annotationText(annotation: Annotation): Generator<string> {
  yield '{';
  for (const [name, studies] of Object.entries(annotation) as [string, readonly Study[]][]) {
    yield `${name === Object.keys(annotation)[0] ? '' : ','}\n ${JSON.stringify(name)}: `;
    if (!Array.isArray(studies)) {
      yield JSON.stringify(studies, null, 1).replaceAll('\n', '\n ');
      continue;
    }
    yield '[';
    for (let i = 0; i < studies.length; i += PIECE) {
      const texts = studies.slice(i, i + PIECE).map((study) => indented(study));
      yield `${i === 0 ? '' : ','}\n  ${texts.join(',\n  ')}`;
    }
    yield studies.length === 0 ? ']' : '\n ]';
  }
  yield '\n}\n';
}

const PIECE = 1000;

const indented = (study: Study): string => JSON.stringify(study, null, 1).replaceAll('\n', '\n  ');

function writeJson(path: string, value: unknown, indent?: number): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, indent)}\n`);
}
