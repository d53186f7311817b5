import type { Direction, ScoreReport } from '@raca/metrics';
import type { Evaluation, SystemScores } from './evaluate';

/** One column of the score table. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly direction: Direction | '';
  readonly value: (report: ScoreReport) => number;
  /** Shown without decimals. */
  readonly whole?: true;
}

const corpus = (key: string, label: string): Column => ({
  key,
  label,
  direction: 'higher',
  value: (report) => report.corpus[key],
});

/** What is printed beside each system, in this order. */
export const COLUMNS: readonly Column[] = [
  corpus('BLEU_1', 'BLEU-1'),
  corpus('BLEU_2', 'BLEU-2'),
  corpus('BLEU_3', 'BLEU-3'),
  corpus('BLEU_4', 'BLEU-4'),
  corpus('ROUGE_L', 'ROUGE-L'),
  corpus('CIDEr', 'CIDEr-D'),
  corpus('clinical/micro/f1/14', 'clin. F1 micro-14'),
  corpus('clinical/macro/f1/14', 'macro-14'),
  corpus('clinical/example/f1/14', 'example-14'),
  {
    key: 'facts/distinct',
    label: 'distinct texts',
    direction: '',
    value: ({ facts }) => facts.distinctHypotheses,
    whole: true,
  },
  { key: 'facts/length', label: 'length ratio', direction: '', value: ({ facts }) => facts.lengthRatio },
];

/** {@link COLUMNS}, and one for each further score of an evaluation. */
export const columnsOf = ({ further, systems }: Pick<Evaluation, 'further' | 'systems'>): Column[] => [
  ...COLUMNS,
  ...further.map((key) => ({
    ...corpus(key, key),
    direction: systems[0].protocols.r2gen.directions[key] ?? ('' as const),
  })),
];

/** A number as its column shows it. */
export const shownIn = ({ whole }: Pick<Column, 'whole'>, x: number): string =>
  whole ? `${x}` : x.toFixed(3);

/** What each protocol scores against. */
export const PROTOCOLS = {
  r2gen: 'protocol r2gen: references cut to the model’s length, rare words as <unk>',
  full: 'protocol full: whole cleaned references',
} as const;

/** Rows of plain numbers by column key. */
export function tableRows(
  systems: readonly SystemScores[],
  protocol: keyof typeof PROTOCOLS,
  columns: readonly Column[] = COLUMNS,
) {
  return systems.map(({ system, protocols }) => ({
    system,
    scores: Object.fromEntries(columns.map(({ key, value }) => [key, value(protocols[protocol])])),
  }));
}
