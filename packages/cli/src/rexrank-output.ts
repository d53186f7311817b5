import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, writeFileAtomic } from '@raca/core/node';
import { parseRexrank, type RexrankEntries, rexrankEntry, rexrankOf, SPLITS } from '@raca/data';
import { REXRANK_FILE, readAnnotation } from '@raca/data/node';
import type { ReportsTable } from '@raca/pipeline/node';

/** The name of ReXrank's output among the tables of `raca generate`. */
const OUTPUT = 'rexrank.json';

/**
 * The studies of a data set folder in ReXrank's form: with all fields of the file that it was imported from, or made of its own studies
 * where it was not.
 * @throws Error in one line: studies without reports in a folder that is no import of ReXrank
 */
export function rexrankEntries(data: string): RexrankEntries {
  const file = join(data, REXRANK_FILE);
  if (existsSync(file)) return parseRexrank(readRegularFile(file, 'a ReXrank file').toString('utf8'), file);
  const annotation = readAnnotation(join(data, 'annotation.json'));
  const studies = SPLITS.flatMap((split) => annotation[split]);
  return new Map(studies.map((study) => [study.id, rexrankEntry(study)]));
}

/**
 * Writes the reports of a table in ReXrank's form, beside it.
 *
 * @returns what was written, in a line
 */
export function writeRexrank(entries: RexrankEntries, table: ReportsTable): string {
  const reports = new Map<string, string>();
  for (const { id, text, report = '' } of table.read()) reports.set(id, text ?? report);
  const output = join(table.dir, OUTPUT);
  writeFileAtomic(output, rexrankOf(entries, reports));
  const answered = [...entries.keys()].filter((id) => reports.has(id)).length;
  return `${output}: reports of ${answered} of ${entries.size} studies in ReXrank's form`;
}
