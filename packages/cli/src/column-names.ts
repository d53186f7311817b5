import { CHEXPERT_14 } from '@raca/metrics';
import { UsageError } from './errors';
import { shown, visible } from './visible-line';

/** Names tried for the column of ids, in this order. */
export const ID_COLUMNS = [
  ...[
    'id',
    'study_id',
    'dicom_id',
    'image_id',
    'study',
    'study_uid',
    'uid',
    'report_id',
    'case_id',
    'accession',
  ],
  ...['accession_number', 'image', 'filename', 'file_name', 'key', 'index', 'Unnamed: 0', ''],
];

/** What JSON forms without names call their parts: `{id: text}`, `{id: record}`. */
export const KEY_COLUMN = '(key)';
export const TEXT_COLUMN = '(text)';

/** Names tried for the reference text, in this order. */
export const REFERENCE_COLUMNS = [
  ...[
    'reference',
    'report',
    'findings',
    'text',
    'references',
    'ref',
    'refs',
    'ground_truth',
    'gt',
    'gts',
    'target',
  ],
  ...['reference_report', 'caption', 'captions', 'impression', TEXT_COLUMN],
];

/** Names tried for the generated text, in this order. */
export const HYPOTHESIS_COLUMNS = [
  ...['generated', 'hypothesis', 'prediction', 'hypotheses', 'hyp', 'hyps', 'predictions', 'pred', 'preds'],
  ...[
    'model_prediction',
    'generated_report',
    'predicted_report',
    'candidate',
    'res',
    'report',
    'text',
    'caption',
  ],
  ...['findings', 'impression', TEXT_COLUMN],
];

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '');

const KNOWN = new Set(
  [...ID_COLUMNS, ...REFERENCE_COLUMNS, ...HYPOTHESIS_COLUMNS, ...CHEXPERT_14].map(plain).filter(Boolean),
);

/** Whether a name is one that tables of reports use; decides between a header and a first row. */
export const isKnownName = (name: string): boolean => KNOWN.has(plain(name));

/**
 * Position of a column: by its exact name, else by the name without regard to case, blanks and underscores.
 * @returns -1 where no name fits
 * @throws UsageError for a name that stands twice
 */
export function findColumn(path: string, header: readonly string[], names: readonly string[]): number {
  for (const same of [(a: string, b: string) => a === b, (a: string, b: string) => plain(a) === plain(b)]) {
    for (const name of names) {
      const places = header.flatMap((there, i) => (same(there, name) ? [i] : []));
      if (places.length > 1 && name !== '') {
        throw new UsageError(`${visible(path)}: expected one column ${shown(name)}, found ${places.length}`);
      }
      if (places.length === 1) return places[0];
    }
  }
  return -1;
}

/** How many of the names are listed in an error. */
const LISTED = 4;

/** Position of the column asked for, else of the first guess. @throws UsageError naming the columns there are */
export function columnOf(
  path: string,
  header: readonly string[],
  asked: string | undefined,
  guesses: readonly string[],
): number {
  const wanted = asked === undefined ? guesses : [asked];
  const place = findColumn(path, header, wanted);
  if (place >= 0) return place;
  const names = wanted.slice(0, LISTED).map((name) => shown(name));
  const found = header.map((name) => shown(name));
  throw new UsageError(
    `${visible(path)}: expected a column ${names.join(' or ')}, found ${found.join(', ')}`,
  );
}
