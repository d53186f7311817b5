import {
  calibrationLines,
  classTable,
  columnsOf,
  type Evaluation,
  PROTOCOLS,
  type SystemChanges,
  shownIn,
  type TruthScores,
  tableRows,
  validationFeedsLine,
} from '@raca/pipeline/node';
import Table from 'cli-table3';

/** The score table of both protocols as text. */
export function scoreTable(evaluation: Evaluation, source: string): string {
  const { systems, split, studies } = evaluation;
  const columns = columnsOf(evaluation);
  const tables = (['r2gen', 'full'] as const).map((protocol) => {
    const head = ['', ...columns.map(({ label, direction }) => label + ARROWS[direction])];
    const table = new Table({ head, style: { head: [], border: [] } });
    for (const { system, scores } of tableRows(systems, protocol, columns)) {
      table.push([system, ...columns.map((column) => shownIn(column, scores[column.key]))]);
    }
    return `${PROTOCOLS[protocol]}\n${table.toString()}`;
  });
  const note = /phantom/i.test(source)
    ? '\nPhantom images: these numbers measure a test bed, not radiology.'
    : '';
  return `${split} split, ${studies.length} studies, data: ${source}${note}\n\n${tables.join('\n\n')}`;
}

/** Scores of the 14 classes as text, the finding head's beside them. */
export function classSummary(evaluation: Evaluation): string {
  const { title, columns, rows } = classTable(evaluation);
  const table = new Table({
    head: ['', ...columns.map(({ label, direction }) => label + ARROWS[direction])],
    style: { head: [], border: [] },
  });
  for (const { system, scores } of rows) {
    table.push([
      system,
      ...columns.map((column) =>
        scores[column.key] === undefined ? '' : shownIn(column, scores[column.key]),
      ),
    ]);
  }
  return `${title}\n${table.toString()}`;
}

/** How far probabilities are from what happens, and what validation gave to training; empty where there is nothing to say. */
export const probabilitySummary = (evaluation: Evaluation): string =>
  [
    ...calibrationLines(evaluation),
    ...(evaluation.validationFeeds.length > 0 ? [validationFeedsLine(evaluation.validationFeeds)] : []),
  ].join('\n');

const ARROWS = { higher: ' ↑', lower: ' ↓', '': '' };

/** Measures against the known truth in a few lines; region by region they stand on the page. */
export function truthSummary({ phantom, overlap, retrieval, erasure, pointing }: TruthScores): string {
  const three = (x: number): string => x.toFixed(3);
  const ious = overlap.map(({ system, mean }) => `${system} ${three(mean.iou)}`).join(', ');
  return [
    `against the truth of regions.json${phantom ? ' (phantom: a test bed)' : ''}:`,
    `  mean IoU of regions with organs: ${ious}`,
    ...(retrieval
      ? [
          `  sentence → region, top-1 and mean reciprocal rank: ` +
            (retrieval.model
              ? `model ${three(retrieval.model.top1)} and ${three(retrieval.model.mrr)}, `
              : '') +
            `untrained alignment ${three(retrieval.untrained.top1)} and ${three(retrieval.untrained.mrr)}; ` +
            `chance ${three(retrieval.untrained.chance)}, always the same region ` +
            `${three(retrieval.untrained.mostNamed)} (${retrieval.untrained.sentences} sentences)`,
        ]
      : []),
    ...(erasure
      ? [
          `  erasing a finding's own region costs its sentence more than a random one: ` +
            `${three(erasure.ownHurtsMore)} of ${erasure.findings} (ln p ${three(erasure.ownChange)} ` +
            `against ${three(erasure.randomChange)})`,
        ]
      : []),
    ...(pointing
      ? [
          `  pointing game, the decoder's best patch lies in the finding's region: ${three(pointing.hits)} of ` +
            `${pointing.findings}, the patch that gains most on the other sentences ${three(pointing.relative)}; ` +
            `chance ${three(pointing.chance)}, other sentences' best patch ${three(pointing.others)}`,
        ]
      : []),
  ].join('\n');
}

/** Words of change, a line a system. */
export function changesSummary(systems: readonly SystemChanges[]): string {
  const three = (x: number): string => x.toFixed(3);
  const [{ scores: first }] = systems;
  const { constant } = first;
  const lines = systems.map(
    ({ system, scores: { f1, precision, recall, first: alone } }) =>
      `  ${system}: F1 ${three(f1)} (precision ${three(precision)}, recall ${three(recall)}); compares without an ` +
      `earlier study in ${(100 * alone.comparing).toFixed(1)} % of ${alone.studies}`,
  );
  return [
    `words of change against changes.json (phantom: a test bed), micro over ${first.studies} studies with an earlier one:`,
    ...lines,
    `  always "${constant.stated.join(', ')}": F1 ${three(constant.f1)}`,
  ].join('\n');
}
