import { REGIONS } from '@raca/core/regions';
import type { Study } from '../dataset';
import { type Cleaning, cleanReport, splitSentences } from '../text/clean';
import type { Tokenizer } from '../text/tokenizer';

/** The text side of a batch. Axes: b study, t token. */
export interface TextBatch {
  readonly ids: string[];
  /** `[b, t]` row by row: 0, word ids, 0, padded with 0 to the longest of the batch. */
  readonly tokens: Int32Array;
  /** `[b, t]`: 1 for the begin mark, each word and the end mark, 0 for padding. */
  readonly tokenMask: Int32Array;
  readonly tokensShape: [b: number, t: number];
  /** Per study and sentence (`S1` first) the indices of its regions in {@link TextOptions.regions}; empty where none is known. */
  readonly sentenceRegions: number[][][];
  /** Cleaned reports in full: the references of the `full` protocol. */
  readonly reports: string[];
  /** Cleaned reports cut to `maxLength` and with `<unk>`: the references of the `r2gen` protocol. */
  readonly references: string[];
}

export interface TextOptions {
  readonly tokenizer: Tokenizer;
  /** Longest token row, begin and end mark included: 60 for IU X-ray, 100 for MIMIC-CXR in the published settings. */
  readonly maxLength: number;
  readonly cleaning: Cleaning;
  /** Names of the regions that are told apart (default: the 12); others in `sentence_regions` are ignored. */
  readonly regions?: readonly string[];
}

export function textBatch(
  studies: readonly Study[],
  { tokenizer, maxLength, cleaning, regions = REGIONS }: TextOptions,
): TextBatch {
  const places = new Map(regions.map((name, r) => [name, r]));
  const reports = studies.map(({ report }) => cleanReport(report, cleaning));
  const rows = reports.map((report) => tokenizer.encode(report, maxLength));
  const t = Math.max(0, ...rows.map((row) => row.length));
  const tokens = new Int32Array(rows.length * t);
  const tokenMask = new Int32Array(rows.length * t);
  rows.forEach((row, b) => {
    tokens.set(row, b * t);
    tokenMask.fill(1, b * t, b * t + row.length);
  });
  return {
    ids: studies.map(({ id }) => id),
    tokens,
    tokenMask,
    tokensShape: [rows.length, t],
    sentenceRegions: studies.map((study, b) =>
      regionsOfSentences(study, splitSentences(reports[b]).length, places),
    ),
    reports,
    references: rows.map((row) => tokenizer.decode(row)),
  };
}

function regionsOfSentences(
  { sentence_regions = {} }: Study,
  sentences: number,
  places: ReadonlyMap<string, number>,
): number[][] {
  return Array.from({ length: sentences }, (_, s) => {
    const names = Object.hasOwn(sentence_regions, `S${s + 1}`) ? sentence_regions[`S${s + 1}`] : [];
    const indices = names.flatMap((name) => places.get(name) ?? []);
    return [...new Set(indices)].sort((a, b) => a - b);
  });
}
