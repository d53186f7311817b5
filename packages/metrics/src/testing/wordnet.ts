import { existsSync } from 'node:fs';
import { describe, it } from 'vitest';
import type { Wordnet } from '../meteor/wordnet';
import { DEBIAN_WORDNET, readWordnet } from '../node/wordnet';

let loaded: Wordnet | undefined;

/** WordNet of Debian's `wordnet-base`, read once. */
export function wordnet(): Wordnet {
  loaded ??= readWordnet();
  return loaded;
}

/** `describe` that is skipped, and says so, without Debian's `wordnet-base`. */
export function describeWithWordnet(name: string, body: () => void): void {
  if (existsSync(`${DEBIAN_WORDNET}/data.noun`)) describe(name, body);
  else describe(name, () => it.skip('skipped: WordNet (Debian package wordnet-base) is absent', () => {}));
}
