import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORDNET_FILES, type Wordnet, wordnetFrom } from '../meteor/wordnet';

/** Where Debian's package `wordnet-base` puts its files. */
export const DEBIAN_WORDNET = '/usr/share/wordnet';

/**
 * WordNet from a folder with its database files (`index.noun`, `data.noun`, `noun.exc`, …).
 * @throws Error naming the folder when a file is absent
 */
export function readWordnet(folder: string = DEBIAN_WORDNET): Wordnet {
  const read = (file: string): string => {
    try {
      return readFileSync(join(folder, file), 'latin1');
    } catch {
      throw new Error(`readWordnet: ${folder}: expected WordNet's files, found no ${file}`);
    }
  };
  return wordnetFrom(new Map(WORDNET_FILES.map((file) => [file, read(file)])));
}
