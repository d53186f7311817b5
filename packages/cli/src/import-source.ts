import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readRegularFile } from '@raca/core/node';
import { type ImportSource, parseImportSource } from '@raca/data/node';
import { importOwn } from '@raca/pipeline/node';
import { say } from './say';

/**
 * A user's own data set: the default export of a file, whose code runs since the user named it. The hash of the file is part of
 * the import, so that another version of it makes another import.
 *
 * @throws Error in one line: no such file, one that cannot be loaded, a default export that is no source
 */
export async function ownSource(file: string): Promise<ImportSource> {
  const path = resolve(file);
  const code = readRegularFile(path, 'a module', 1 << 24);
  const value = await importOwn(path, { onWarning: say }).catch((error: Error) => {
    throw new Error(`${file}: expected a module, found: ${error.message.split('\n')[0]}`);
  });
  const source = parseImportSource(value, file);
  const module = createHash('sha256').update(code).digest('hex');
  return { ...source, options: { ...source.options, module } };
}
