import type { RecordedTraining } from '../report-record';
import type { RunFolder } from './run-folder';

/** Whether the images of a data set were drawn by a program, by the source in its manifest. */
export const isDrawn = (source: string | null | undefined): boolean => /^phantom\b/i.test(source ?? '');

/** What `run.json` tells of the images behind a run's weights; those that it started from count. */
export function trainedOn(run: RunFolder): RecordedTraining {
  if (!run.has('run.json')) return { source: null, drawn: false };
  let facts: Record<string, { source?: unknown } | undefined> | null;
  try {
    facts = JSON.parse(run.readBytes('run.json').toString('utf8'));
  } catch {
    return { source: null, drawn: false };
  }
  const sources = ['data', 'init', 'pretrained'].flatMap((step) => {
    const source = facts?.[step]?.source;
    return typeof source === 'string' ? [source] : [];
  });
  return { source: sources[0] ?? null, drawn: sources.some(isDrawn) };
}
