import type { Sections } from '../../../import/sections';
import type { Reading } from '../import-source';
import type { DiskFile } from '../scratch';
import { rowsOf } from '../table';

/** The table that MIT-LCP's `create_section_files.py` makes of the reports, and many repositories train from. */
export const SECTIONED = /^mimic_cxr_section(?:s|ed)\.csv(?:\.gz)?$/;

/** A study's sections out of the table. */
export interface SectionedReport {
  readonly study: string;
  readonly origin: string;
  readonly sections: Sections;
}

/** Reads study by study; a study number that is none, or comes twice, is noted. @throws DataError for a broken table */
export async function readSectioned(
  table: DiskFile,
  reading: Reading,
): Promise<Map<string, SectionedReport>> {
  const reports = new Map<string, SectionedReport>();
  for await (const row of rowsOf(table, ['study', 'impression', 'findings', 'last_paragraph'])) {
    const [, study] = /^s?(\d+)$/.exec(row.study.trim()) ?? [];
    if (study === undefined || reports.has(study)) {
      const reason = study === undefined ? 'unreadable report' : 'another report of the same study';
      reading.drop(study === undefined ? 'a row' : `s${study}`, reason, { place: table.name });
      continue;
    }
    const { findings, impression, comparison, last_paragraph: last } = row;
    const untitled = !findings?.trim() && !impression?.trim() ? last : undefined;
    reports.set(study, {
      study,
      origin: table.name,
      sections: Object.fromEntries(
        Object.entries({ findings, impression, comparison, untitled })
          .map(([name, text]) => [name, text?.replace(/\s+/g, ' ').trim()])
          .filter(([, text]) => text),
      ),
    });
  }
  return reports;
}
