import type { Loss } from '../../import/funnel';
import type { ImageChoice } from '../../import/image-choice';
import type { Published } from '../../import/published';
import type { SectionChoice } from '../../import/sections';
import type { ImportStudy } from '../../import/study';
import type { Cleaning } from '../../text/clean';
import type { FoundImage } from './images';
import type { Inputs } from './inputs';
import type { DiskFile } from './scratch';
import type { SourceFile } from './walk';

/** What stands in `manifest.json` about a data set. */
export interface SourceAbout {
  readonly source: string;
  readonly licence: string;
  /** Credentialed text must not leave the machine; without this word it counts as that. */
  readonly access?: 'open' | 'credentialed';
  readonly cleaning?: Cleaning;
  /** One line each: what somebody who trains on it must know. Printed by the command. */
  readonly notes?: readonly string[];
}

/**
 * A data set that can be imported, as a value for `importDataset`: it finds its files among those that were named, and gives studies
 * with a reason for each loss. Filters, split, images, manifest and resumption are the same for all and not its business.
 */
export interface ImportSource {
  /** In manifests and messages, e.g. `mimic-cxr`. */
  readonly name: string;
  readonly about: SourceAbout;
  /** What beside the files decides about the studies, as JSON: an import of other options is another import. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Which part of a report is taken where nobody says; default `findings`. */
  readonly section?: SectionChoice;
  /** Images of a study where nobody says; default `all`. */
  readonly perStudy?: ImageChoice;
  /** The same where a published split is followed. */
  readonly perStudyOfSplit?: ImageChoice;
  /** What image files are called where an import looks for none; default `jpg`. */
  readonly extension?: 'png' | 'jpg';
  /** What the ids of a published split name: default the studies. */
  readonly splitNames?: 'studies' | 'images';
  /** What a study and an id of a published split have in common; default the whole id. */
  readonly splitKey?: (id: string) => string;
  /** Counts that papers print. */
  readonly published?: readonly Published[];
  /**
   * Reads studies and finds images; decodes none.
   * @throws DataError where there is nothing to read
   */
  read(reading: Reading): Promise<SourceContent>;
}

/** What a source reads from, and where it says what it leaves out. */
export interface Reading {
  /** Folders, archives and files that were named. */
  readonly from: readonly string[];
  /** All files of `from`, those in archives too, one after the other. Content in archives is read before the next is asked for. */
  files(): AsyncGenerator<SourceFile, void, undefined>;
  /** The file on the disk: itself, or a copy out of its archive. */
  onDisk(file: SourceFile): Promise<DiskFile>;
  /** The rows of a CSV or TSV, `.gz` too. @throws DataError naming file and line: broken, or a column missing */
  rows(table: DiskFile, columns?: readonly string[]): AsyncGenerator<Record<string, string>, void, undefined>;
  /** Notes a study, image or file that is left out before the filters. `place` says where, if the id alone does not. */
  drop(
    id: string,
    reason: Loss['reason'],
    about?: { readonly studies?: number; readonly images?: number; readonly place?: string },
  ): void;
  /** Adds a file to the hashes that tell whether an import is the same. */
  hash(file: DiskFile, name?: string): Promise<void>;
  /** Hashes of many small files together. */
  readonly inputs: Inputs;
}

/** What was read: studies, before any filter, and where image files are. */
export interface SourceContent {
  /** In which of several forms the data were found; default the name of the source. */
  readonly form?: string;
  readonly studies: readonly ImportStudy[];
  /** By the `keys` of the studies' images; {@link filesByPath} finds them for paths of a table. */
  readonly images: ReadonlyMap<string, FoundImage>;
  /** What was unusual, counted. */
  readonly remarks?: ReadonlyMap<string, number>;
  /** The images of each study are a choice already and are taken as they come. */
  readonly chosen?: boolean;
  /** Each patient is one study. */
  readonly onePerPatient?: boolean;
  /** What the files say about themselves; stands over the source's own `about`. */
  readonly about?: Partial<SourceAbout>;
  /** Further files of the data set folder: name → text. */
  readonly files?: ReadonlyMap<string, string>;
}
