import { readFile } from 'node:fs/promises';
import { DataError } from '../../../errors';
import type { ImportImage, ImportStudy } from '../../../import/study';
import { parseRexrank, readRexrankEntry } from '../../../rexrank';
import { type FoundImage, foundImage, isImage } from '../images';
import type { ImportSource, Reading, SourceAbout, SourceContent } from '../import-source';
import { filesByPath } from '../matched-files';
import type { DiskFile } from '../scratch';
import { splitOf } from '../table-studies';

/** The copy of the input file in the data set folder, from which `raca generate --format rexrank` makes the output. */
export const REXRANK_FILE = 'rexrank.json';

/** What stands for a report that a file does not give. */
const NO_REFERENCE = 'None.';

const LONGEST = 1 << 27;

/** Whose reports a file of ReXrank holds, by the paths of its images. */
const SETS: readonly (SourceAbout & { readonly path: RegExp })[] = [
  {
    path: /^\/?CXR\d+_/,
    source: 'IU X-ray (Open-i, Indiana University), as ReXrank has it',
    licence: 'CC BY-NC-ND 4.0',
    access: 'open',
    cleaning: 'iu_xray',
  },
  {
    path: /(?:^|\/)p\d\d\/p\d{8}\//,
    source: 'MIMIC-CXR (PhysioNet), as ReXrank has it',
    licence: 'PhysioNet Credentialed Health Data License 1.5.0',
    access: 'credentialed',
    cleaning: 'mimic_cxr',
  },
  {
    path: /(?:^|\/)patient\d+\/study\d+\//,
    source: 'CheXpert Plus (Stanford AIMI), as ReXrank has it',
    licence: 'Stanford University Dataset Research Use Agreement',
    access: 'credentialed',
    cleaning: 'iu_xray',
  },
];

/**
 * An input file of the ReXrank leaderboard with its images. Reports are findings and impression, since these are scored; a copy of the
 * file goes into the data set folder.
 */
export const rexrank: ImportSource = {
  name: 'rexrank',
  about: { source: 'a ReXrank file', licence: 'not stated', cleaning: 'iu_xray' },
  section: 'both',
  read: readRexrank,
};

/** @throws DataError unless there is one JSON file, in ReXrank's form */
async function readRexrank(reading: Reading): Promise<SourceContent> {
  const tables: DiskFile[] = [];
  const files: FoundImage[] = [];
  for await (const file of reading.files()) {
    if (/\.json$/i.test(file.name)) tables.push(await reading.onDisk(file));
    else if (isImage(file.name.toLowerCase())) files.push(foundImage(file));
  }
  if (tables.length !== 1) {
    const found = tables.map(({ name }) => name).join(', ') || 'none';
    throw new DataError(`${reading.from.join(', ')}: expected one JSON file of ReXrank, found ${found}`);
  }
  const [table] = tables;
  const text = await textOf(table);
  await reading.hash(table);
  const entries = [...parseRexrank(text, table.name)].map(
    ([id, entry]) => [id, readRexrankEntry(entry)] as const,
  );
  const remarks = new Map<string, number>();
  const remark = (name: string, is: boolean): void =>
    void (is && remarks.set(name, (remarks.get(name) ?? 0) + 1));
  const studies = entries.map(([id, entry]): ImportStudy => {
    const { images, kinds, split, viewsDiffer, ...sections } = entry;
    const without = sections.findings === undefined && sections.impression === undefined;
    remark('list of views of another length than the images', viewsDiffer);
    remark(`neither findings nor impression: the report is "${NO_REFERENCE}", as ReXrank writes it`, without);
    return {
      id,
      subject: /(?:^|\/)(p(?:atient)?\d{3,})\//.exec(images[0])?.[1] ?? id,
      origin: table.name,
      sections,
      ...(without && { text: NO_REFERENCE }), // it has pictures to write a report of
      images: images.map((path, n): ImportImage => ({ id: path, keys: [path], view: viewName(kinds[n]) })),
      split: splitOf(split ?? 'test') ?? 'test', // a file without splits is a test set
    };
  });
  const set = SETS.find(({ path }) => entries.every(([, { images }]) => path.test(images[0])));
  const { path: _, ...about } = set ?? {};
  return {
    studies,
    images: filesByPath(studies, files),
    about,
    files: new Map([[REXRANK_FILE, text]]),
    ...(remarks.size > 0 && { remarks }),
  };
}

const viewName = (kind: string): string | undefined => (kind === 'unknown' ? undefined : kind);

async function textOf({ name, path }: DiskFile): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > LONGEST) throw new DataError(`${name}: expected at most ${LONGEST} bytes, found more`);
  return bytes.toString('utf8');
}
