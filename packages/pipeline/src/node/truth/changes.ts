import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '@raca/core/node';
import { type ChangeScores, parseChanges, scoreChanges } from '@raca/data';
import type { Dataset } from '@raca/data/node';
import type { ScoreTable } from '../../report-page';

/** How well each system says what changed since the study before. */
export interface SystemChanges {
  readonly system: string;
  readonly scores: ChangeScores;
}

/** Texts of one system, in the order of the studies. */
interface SystemTexts {
  readonly system: string;
  readonly texts: readonly string[];
}

/**
 * Scores words of change against `changes.json` (the phantom in time); null where the data set has none.
 * @throws DataError in one line: a file that does not fit, or lacks a study
 */
export function measureChanges(
  { dir }: Pick<Dataset, 'dir'>,
  ids: readonly string[],
  systems: readonly SystemTexts[],
): SystemChanges[] | null {
  const file = join(dir, 'changes.json');
  if (!existsSync(file)) return null;
  const changes = parseChanges(JSON.parse(readRegularFile(file, 'changes').toString('utf8')), file);
  return systems.map(({ system, texts }) => ({
    system,
    scores: scoreChanges(
      ids.map((id, i) => ({ id, text: texts[i] })),
      changes,
    ),
  }));
}

/** Words of change as a table, with the best constant answer as its last row. */
export function changesTable(systems: readonly SystemChanges[]): ScoreTable {
  const [{ scores: first }] = systems;
  const rate = (key: string, label: string) => ({ key, label, direction: 'higher' as const });
  return {
    title:
      `what changed since the study before, micro over ${first.studies} studies that have one ` +
      '(phantom: a test bed)',
    columns: [
      rate('f1', 'F1 of change words'),
      rate('precision', 'precision'),
      rate('recall', 'recall'),
      {
        key: 'comparing',
        label: `comparing without an earlier study, of ${first.first.studies}`,
        direction: 'lower',
      },
    ],
    rows: [
      ...systems.map(({ system, scores: { f1, precision, recall, first: alone } }) => ({
        system,
        scores: { f1, precision, recall, comparing: alone.comparing },
      })),
      {
        system: `always: ${first.constant.stated.join(', ')}`,
        scores: {
          f1: first.constant.f1,
          precision: first.constant.precision,
          recall: first.constant.recall,
        },
      },
    ],
  };
}
