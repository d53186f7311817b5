import type { RegionName } from '../regions';

/** Tells which regions each sentence speaks of (several or none). */
export interface SentenceAnnotator {
  annotate(sentences: readonly string[]): Promise<RegionName[][]> | RegionName[][];
}
