import { type Annotation, cleanReport, type Manifest, splitSentences, words } from '@raca/data';
import type { RunConfig } from './config';
import { fitToData } from './fit-to-data';
import { overlay } from './overlay';
import { positiveClasses } from './positive-classes';
import { smallConfig } from './presets';
import { selectionName } from './score-config';

/** A config and what speaks for it. */
export interface ChosenConfig {
  readonly config: RunConfig;
  /** Lines for people: what was found in the data and what follows. */
  readonly reasons: readonly string[];
}

/** What {@link configForData} reads of a data set. */
export interface DataToFit {
  readonly annotation: Pick<Annotation, 'train'>;
  readonly manifest?: Pick<Manifest, 'source' | 'cleaning'>;
}

/**
 * The config to start with on a data set when nobody names one: `small` for the phantom; for real reports the same small
 * model with length, vocabulary, batch, epochs, weights of findings, dropout, search and selection from what the folder holds.
 * It learns on a processor from nothing; the paper's sizes are `full`.
 *
 * @param options.epochs instead of those chosen; the schedule follows
 * @throws Error if there are no training studies
 */
export function configForData(
  { annotation, manifest }: DataToFit,
  { epochs }: { readonly epochs?: number } = {},
): ChosenConfig {
  const small = fitToData(smallConfig(), annotation);
  if (manifest?.source === 'phantom') return { config: small, reasons: ['small, made for the phantom'] };
  const cleaning = manifest?.cleaning ?? small.training.cleaning;
  const text = measure(annotation.train.map(({ report }) => cleanReport(report, cleaning)));
  const dropout = text.reports < FEW ? 0.1 : 0;
  const batchSize = text.reports < MANY ? 8 : small.training.batchSize;
  const chosen = epochs ?? clamp(Math.round((STEPS * batchSize) / text.reports), 10, 60);
  const eyesFirst = Math.round(chosen * EYES);
  const config = overlay(small, {
    model: { maxLength: text.maxLength, ...dropouts(dropout) },
    training: {
      cleaning,
      epochs: chosen,
      eyesFirst,
      batchSize,
      wordThreshold: text.wordThreshold,
      schedule: { every: Math.max(1, Math.round((chosen - eyesFirst) / 3)) },
      findingWeight: text.findingWeight,
      selection: 'findingsAndBleu4',
      generation: { search: 'greedy' },
    },
  });
  return { config, reasons: reasonsFor(config, text) };
}

/** Training studies below which they are learned by heart; with more of them dropout made learning slower, by trial on IU X-ray. */
const FEW = 1000;
/** Training studies from which steps of more of them leave steps enough. */
const MANY = 10_000;
/** Steps after which a model of this size has learned most of what it will, by trial on IU X-ray. */
const STEPS = 4000;

/** Share of the epochs in which encoder and finding head learn labels alone. */
const EYES = 0.3;

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** The same rate in every part of the model. */
const dropouts = (dropout: number) => ({
  vision: { config: { dropout } },
  alignment: { config: { dropout } },
  decoder: { config: { dropout } },
});

interface TextFacts {
  readonly reports: number;
  /** Longest report that the model writes, in tokens with begin and end. */
  readonly maxLength: number;
  /** Share of the reports that fit. */
  readonly fitting: number;
  readonly wordThreshold: number;
  /** Share of all words that the threshold leaves out. */
  readonly rare: number;
  readonly findingWeight: number;
  /** Share of the words in sentences that report a finding. */
  readonly findings: number;
}

/** @param reports cleaned */
function measure(reports: readonly string[]): TextFacts {
  const counts = new Map<string, number>();
  const lengths = reports.map((report) => {
    const all = words(report);
    for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
    return all.length + 2; // begin and end
  });
  const sorted = [...lengths].sort((a, b) => a - b);
  const most = sorted[Math.ceil(0.9 * sorted.length) - 1];
  const maxLength = clamp(10 * Math.ceil(most / 10), 20, 100);
  const fitting = lengths.filter((length) => length <= maxLength).length / lengths.length;
  const findings = shareOfFindings(reports);
  const findingWeight = findings > 0 ? clamp(Math.round((1 - findings) / findings), 1, 4) : 1;
  return { reports: reports.length, maxLength, fitting, ...thresholdOf(counts), findings, findingWeight };
}

/** The largest of the usual thresholds that leaves out at most 2 % of all words; 1 where none does. */
function thresholdOf(counts: ReadonlyMap<string, number>): Pick<TextFacts, 'wordThreshold' | 'rare'> {
  const all = [...counts.values()];
  const total = all.reduce((sum, n) => sum + n, 0);
  const rareAt = (threshold: number): number =>
    all.reduce((sum, n) => (n < threshold ? sum + n : sum), 0) / total;
  const wordThreshold = [10, 3, 2].find((threshold) => rareAt(threshold) <= 0.02) ?? 1;
  return { wordThreshold, rare: rareAt(wordThreshold) };
}

/** Reports that are read for findings: a sample is enough. */
const READ = 500;

function shareOfFindings(reports: readonly string[]): number {
  const every = Math.max(1, Math.floor(reports.length / READ));
  let [all, inFindings] = [0, 0];
  for (let i = 0; i < reports.length; i += every) {
    for (const sentence of splitSentences(reports[i])) {
      const n = words(sentence).length;
      all += n;
      if (n > 0 && positiveClasses(sentence).length > 0) inFindings += n;
    }
  }
  return all === 0 ? 0 : inFindings / all;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function reasonsFor({ model, training }: RunConfig, text: TextFacts): string[] {
  const { selection, findingWeight, wordThreshold, batchSize, epochs } = training;
  const { dropout } = model.decoder.config;
  const views = `${model.views} view${model.views === 1 ? '' : 's'} per study`;
  const vocabulary =
    wordThreshold === 1
      ? 'all words'
      : `words seen ${wordThreshold} times or more (${percent(text.rare)} of the text is rarer)`;
  return [
    `chosen for ${text.reports} training studies with real reports: the small model, ${views}, ` +
      `${model.maxLength} tokens (${percent(text.fitting)} of the reports fit), ${vocabulary}`,
    `${epochs} epochs of batches of ${batchSize}, ${dropout ? `dropout ${dropout}` : 'no dropout'}; findings, ${percent(text.findings)} of the text, weigh ` +
      `${findingWeight === 1 ? 'as much as the rest' : `${findingWeight} times`}; the weights kept are the best by ${selectionName(selection)} ` +
      `(macro-F1 of findings, BLEU-4); texts are written by ${training.generation.search} search`,
  ];
}
