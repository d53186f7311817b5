import { SPLITS } from '@raca/data';
import type { ImportResult } from '@raca/data/node';
import Table from 'cli-table3';

type Manifest = ImportResult['manifest'];

/** What an import did, for people: the table of counts, the published counts, the split file. */
export function importSummary({ dir, reused, manifest }: ImportResult): string {
  const splits = SPLITS.map((split) => manifest.counts?.find(({ filter }) => filter === split)?.studies ?? 0);
  return [
    countsTable(manifest),
    publishedTable(manifest),
    ...splitFile(manifest),
    ...remarks(manifest),
    ...imageWarnings(manifest),
    ...notes(manifest),
    `${dir}: ${splits.join(' / ')} studies (train / val / test)${reused ? ', there already' : ''}`,
    `All that was left out: ${dir}/dropped.csv. ${manifest.access === 'credentialed' ? 'Credentialed text: it must not leave this machine.' : ''}`.trim(),
  ].join('\n\n');
}

interface Dropped {
  readonly reason: string;
  readonly studies: number;
  readonly images: number;
  readonly examples: readonly string[];
}

function countsTable({ counts = [] }: Manifest): string {
  const table = plain(['filter', 'studies', 'images', 'left out', 'for example']);
  for (const row of counts) {
    const dropped = (row.dropped ?? []) as readonly Dropped[];
    const [first, ...more] = dropped.map(({ reason, studies, images, examples }) => [
      `${[studies > 0 && `${studies} studies`, images > 0 && `${images} images`].filter(Boolean).join(', ')}: ${reason}`,
      examples.map((example) => wrapped(example)).join('\n'),
    ]);
    table.push([row.filter, row.studies, row.images ?? '', ...(first ?? ['', ''])]);
    for (const cells of more) table.push(['', '', '', ...cells]);
  }
  return table.toString();
}

/** Columns of an example in the table. */
const EXAMPLE_WIDTH = 80;

/** A text on lines of at most {@link EXAMPLE_WIDTH}, broken between words where it can be; nothing is cut. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > EXAMPLE_WIDTH) {
    const space = rest.lastIndexOf(' ', EXAMPLE_WIDTH);
    const end = space > 2 ? space : EXAMPLE_WIDTH;
    lines.push(rest.slice(0, end));
    rest = `  ${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest].join('\n');
}

function publishedTable({ published }: Manifest): string {
  const table = plain(['published', 'unit', ...SPLITS, 'ours', 'difference']);
  const three = (values: Readonly<Record<string, number>>) =>
    SPLITS.map((split) => values[split]).join(' / ');
  const notes: string[] = [];
  for (const { name, unit, counts, ours, difference, note } of published) {
    table.push([name, unit, ...SPLITS.map((split) => counts[split]), three(ours), three(difference)]);
    if (note) notes.push(`${name} (${unit}): ${note}`);
  }
  return [table.toString(), ...notes].join('\n');
}

function splitFile({ agreement }: Manifest): string[] {
  if (!agreement) return [];
  const { expected, imported, sameText, otherText, missing } = agreement;
  const lines = [
    `split file: ${expected} entries, ${imported} imported; reports equal word for word: ${sameText}, different: ${otherText.length}` +
      (otherText.length > 0 ? ` (first ${otherText.slice(0, 3).join(', ')})` : ''),
  ];
  for (const { reason, counts, ids } of missing) {
    const where = SPLITS.map((split) => `${split} ${counts[split]}`).join(', ');
    lines.push(`  ${ids.length} not imported (${where}): ${reason}; first ${ids.slice(0, 3).join(', ')}`);
  }
  return [lines.join('\n')];
}

function remarks({ remarks }: Manifest): string[] {
  const entries = Object.entries(remarks ?? {});
  if (entries.length === 0) return [];
  return [`of unusual form:\n${entries.map(([remark, count]) => `  ${count} ${remark}`).join('\n')}`];
}

const notes = ({ notes }: Manifest): string[] =>
  (notes as string[] | undefined)?.map((note) => `note: ${note}`) ?? [];

function imageWarnings({ imageFiles }: Manifest): string[] {
  const { warnings = [] } = imageFiles ?? {};
  if (warnings.length === 0) return [];
  const lines = warnings.map(({ warning, images, first }) => `  ${images}: ${warning} (first ${first})`);
  return [`images made of DICOM, with a warning:\n${lines.join('\n')}`];
}

const plain = (head: string[]) => new Table({ head, style: { head: [], border: [] } });
