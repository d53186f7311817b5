import type { RegionName } from '../regions';

/** Tells which regions each sentence speaks of (several or none): of the 12, or of another set by name. */
export interface SentenceAnnotator<Name extends string = RegionName> {
  annotate(sentences: readonly string[]): Promise<Name[][]> | Name[][];
}
