import { basename } from 'node:path';
import type { Funnel } from '../../import/funnel';
import type { Reading } from './import-source';
import type { Inputs } from './inputs';
import type { DiskFile, Scratch } from './scratch';
import { rowsOf, separatorOf } from './table';
import { walk } from './walk';

/** A {@link Reading} of folders and archives. */
export function readingOf(
  from: readonly string[],
  funnel: Funnel,
  inputs: Inputs,
  scratch: Scratch,
  signal?: AbortSignal,
): Reading {
  return {
    from,
    inputs,
    files: () => walk(from, signal),
    onDisk: (file) => scratch.onDisk(file),
    rows: async function* (table: DiskFile, columns = []) {
      yield* rowsOf(table, columns, await separatorOf(table));
    },
    drop: (id, reason, about) => funnel.drop(id, reason, about),
    hash: ({ name, path }, as = baseName(name)) => inputs.addFile(as, path),
  };
}

/** The name alone of a path, or of a file in an archive (`archive.zip: folder/file`). */
const baseName = (name: string): string =>
  basename(name.slice(name.indexOf(': ') < 0 ? 0 : name.lastIndexOf(': ') + 2));
