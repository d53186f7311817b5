import { type Cleaning, cleanReport } from '@raca/data';
import { type Metric, outputFaults, type Protocol, referencesOf } from '@raca/metrics';
import { bareNumbers } from './bare-numbers';
import { UsageError } from './errors';
import type { ScoreInput, SystemInput, TextStep } from './score-input';
import { holdsRequest, keepSections, parseSections } from './sections-option';
import { shown, visible } from './visible-line';

export const PROTOCOL_NAMES = ['r2gen', 'full'] as const satisfies readonly Protocol[];
export const CLEANINGS = ['iu_xray', 'mimic_cxr'] as const satisfies readonly Cleaning[];

/** Options of `raca score` about the texts themselves. */
export interface TextFlags {
  readonly protocol?: Protocol;
  readonly clean?: Cleaning;
  readonly sections?: string;
}

/** What is done to every text of both sides, in this order. @throws UsageError for sections that do not exist */
export function textSteps({ clean, sections }: TextFlags): TextStep[] {
  const names = sections === undefined ? 'all' : parseSections(sections);
  const steps: TextStep[] = [];
  if (names !== 'all') {
    steps.push({
      name: `both sides: only the sections ${names.join(', ')} are read; texts without headers are kept whole`,
      apply: (text) => keepSections(text, names),
    });
  }
  if (clean !== undefined) {
    steps.push({
      name: `both sides: cleaned as R2Gen does for ${clean}`,
      apply: (text) => cleanReport(text, clean),
    });
  }
  return steps;
}

/** Text that R2Gen's cleaning cannot have written: capitals, marks, a full stop at a word. */
const RAW = /[\p{Lu},;:!?"()[\]{}]|[^\s.]\./u;

/** The name beside the numbers. @throws UsageError for `r2gen` over texts that are not cleaned */
export function protocolOf(
  { clean, protocol = 'full' }: TextFlags,
  systems: readonly SystemInput[],
): Protocol {
  if (clean !== undefined) return 'r2gen';
  if (protocol === 'full') return 'full';
  for (const { pairs, file } of systems) {
    for (const pair of pairs) {
      const raw = referencesOf(pair).find((text) => RAW.test(text));
      const text = raw ?? (RAW.test(pair.hypothesis) ? pair.hypothesis : undefined);
      if (text === undefined) continue;
      throw new UsageError(
        `--protocol r2gen: expected cleaned text, found "${shown(text, 40)}" at id "${shown(pair.id)}" of ` +
          `${raw === undefined ? visible(file) : 'the references'}: --clean iu_xray or --clean mimic_cxr cleans both sides`,
      );
    }
  }
  return 'r2gen';
}

/** What is wrong with the texts, and which metrics read one of several references. */
export function textWarnings(
  { systems, labelsOnly }: ScoreInput,
  metrics: readonly Metric[],
  sections: string | undefined,
): string[] {
  if (labelsOnly) return [];
  const references = systems[0].pairs.map(({ reference }) => reference);
  const ids = systems[0].pairs.map(({ id }) => id);
  const empty = references.flatMap((text, i) => (text.trim() === '' ? [i] : []));
  const say = (whose: string, count: number, example: number, what: string): string =>
    `${whose}: ${count} of ${ids.length} texts ${what} (first at id "${shown(ids[example])}")`;
  const single = metrics.filter((metric) => metric.references !== 'all').map(({ name }) => name);
  const several = systems[0].pairs.some((pair) => pair.references);
  const sides = [
    ['references', references] as const,
    ...systems.map(({ name, pairs }) => [name, pairs.map(({ hypothesis }) => hypothesis)] as const),
  ];
  return [
    ...(empty.length > 0 ? [say('references', empty.length, empty[0], EMPTY)] : []),
    ...systems.flatMap(({ name, pairs }) =>
      outputFaults(
        references,
        pairs.map(({ hypothesis }) => hypothesis),
      ).map(({ count, example, what, kind }) => say(name, count, example, kind === 'empty' ? EMPTY : what)),
    ),
    ...sides.flatMap(([whose, texts]) => {
      const numbers = bareNumbers(texts);
      return numbers.length > 0 ? [say(whose, numbers.length, numbers[0], NUMBERS)] : [];
    }),
    ...(sections === undefined
      ? sides.flatMap(([whose, texts]) => {
          const asked = texts.flatMap((text, i) => (holdsRequest(text) ? [i] : []));
          return asked.length > 0 ? [say(whose, asked.length, asked[0], REQUEST)] : [];
        })
      : []),
    ...(several && single.length > 0
      ? [`${single.join(', ')}: only the first of several references is read`]
      : []),
  ];
}

const REQUEST =
  'hold an indication, comparison or technique, which is scored like the rest; --sections findings,impression leaves it out';
const NUMBERS = 'are numbers only; was the right column read?';
const EMPTY = 'are empty; the rules give an empty text no label, not even No Finding';
