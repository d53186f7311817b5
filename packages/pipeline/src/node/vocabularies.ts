import {
  type Annotation,
  buildVocabulary,
  cleanReport,
  contextOf,
  studyLookup,
  Tokenizer,
  UNKNOWN,
} from '@raca/data';
import type { RunConfig } from '../config';
import type { ModelContext } from '../modules';
import { type ContextBank, readContextBank } from './context-bank';
import type { RunFolder } from './run-folder';

/** What the model takes from the vocabulary. */
export function modelContext(
  tokenizer: Tokenizer,
  seed: number,
  { contextTokenizer, bank }: Partial<ContextWords> = {},
): ModelContext {
  const [separator, unknown] = ['.', UNKNOWN].map((word) => tokenizer.idOf(word));
  return {
    ...{ vocabularySize: tokenizer.size + 1, separator, unknown, seed },
    ...(contextTokenizer && { contextVocabularySize: contextTokenizer.size + 1 }),
    ...(bank && { bank: bank.bank }),
  };
}

/** What a model reads words of besides the report it writes. */
export interface ContextWords {
  /** Null where it reads none. */
  readonly contextTokenizer: Tokenizer | null;
  readonly bank: ContextBank | null;
}

/**
 * The words that a run's model reads: those of its bank, those that the run has, or else those of the data.
 * @param known the run that is gone on with, or started from
 * @param annotation of a run that is new
 * @throws Error in one line if the bank is no bank or has other words than the run
 */
export function contextWords(
  config: RunConfig,
  known: RunFolder | null,
  annotation: Annotation | null,
): ContextWords {
  const bank = readContextBank(config.model);
  const kept = known?.readContextTokenizer(config) ?? null;
  if (bank && kept && kept.words.join('\n') !== bank.tokenizer.words.join('\n'))
    throw new Error(`${bank.folder}: expected reports in the words that ${known!.dir} reads, found others`);
  const own = annotation && !bank ? contextTokenizerOf(annotation, config) : null;
  return { contextTokenizer: kept ?? bank?.tokenizer ?? own, bank };
}

/** Words of the training reports. */
export function tokenizerOf({ train: studies }: Annotation, { training }: RunConfig): Tokenizer {
  const texts = studies.map(({ report }) => cleanReport(report, training.cleaning));
  return new Tokenizer(buildVocabulary(texts, { threshold: training.wordThreshold }));
}

/** Words of everything that a model may read beside pictures, in training; null for a model without context. */
function contextTokenizerOf(annotation: Annotation, { model, training }: RunConfig): Tokenizer | null {
  if (model.context === null) return null;
  const lookup = studyLookup(annotation);
  const { cleaning, wordThreshold: threshold } = training;
  const texts = annotation.train.flatMap((study) => Object.values(contextOf(study, lookup, { cleaning })));
  return new Tokenizer(buildVocabulary(texts, { threshold }));
}

/** The training reports as the model would write them. */
export const trainingTexts = (
  { train: studies }: Annotation,
  { model: { maxLength }, training: { cleaning } }: RunConfig,
  tokenizer: Tokenizer,
): string[] =>
  studies.map(({ report }) => tokenizer.decode(tokenizer.encode(cleanReport(report, cleaning), maxLength)));
