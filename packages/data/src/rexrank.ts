import type { ViewKind } from '@raca/core';
import type { Study } from './dataset';
import { DataError } from './errors';
import {
  isList,
  isObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  jsonBudget,
  parseJson,
  toPythonJson,
} from './json';
import { viewKindsOf } from './views';

/**
 * The studies of a file in ReXrank's form, id → fields, as they stand: fields differ from set to set, a missing section is the bare
 * word `NaN`. Form read from https://github.com/rajpurkarlab/ReXrank.
 */
export type RexrankEntries = ReadonlyMap<string, JsonObject>;

/** Where a model's report stands in ReXrank's output. */
const PREDICTION = 'model_prediction';

/**
 * Reads a file in ReXrank's form: an object of studies, or of such objects by split.
 * @throws DataError in one line: no JSON, no studies, a study without `image_path`
 */
export function parseRexrank(text: string, file = 'ReXrank file'): RexrankEntries {
  let value: JsonValue;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''), jsonBudget(), { words: true });
  } catch (error) {
    throw new DataError(`${file}: expected JSON, found ${(error as Error).message}`);
  }
  if (!isObject(value) || value.size === 0)
    throw new DataError(`${file}: expected an object of studies, found none`);
  const isStudy = (entry: JsonValue): boolean => isObject(entry) && entry.has('image_path');
  const inner = [...value.values()].flatMap((part) => (isObject(part) ? [...part] : []));
  const bySplit = ![...value.values()].some(isStudy) && inner.length > 0;
  const entries = new Map<string, JsonObject>();
  for (const [id, entry] of bySplit ? inner : value) {
    if (!isObject(entry) || pathsOf(entry).length === 0)
      throw new DataError(`${file}: ${oneLine(id)}: image_path: expected a list of paths, found none`);
    if (entries.has(id)) throw new DataError(`${file}: ${oneLine(id)}: expected ids used once, found two`);
    entries.set(id, entry);
  }
  return entries;
}

/**
 * A file in ReXrank's output form: each study that has a report, with all its fields and `model_prediction` as the last, byte for byte
 * as Python's `json.dump(…, indent=4)` writes it. ReXrank's own scripts go on with the studies that are not in it.
 *
 * @param reports by the ids of the studies
 */
export function rexrankOf(entries: RexrankEntries, reports: ReadonlyMap<string, string>): string {
  const answered = [...entries].flatMap(([id, entry]): [string, JsonValue][] => {
    const report = reports.get(id);
    return report === undefined ? [] : [[id, new Map([...withoutPrediction(entry), [PREDICTION, report]])]];
  });
  return toPythonJson(new Map(answered));
}

const withoutPrediction = (entry: JsonObject): [string, JsonValue][] =>
  [...entry].filter(([name]) => name !== PREDICTION);

/** A study of any data set in ReXrank's form, with the fields of its IU X-ray files. */
export function rexrankEntry(study: Study): JsonObject {
  const { image_path, split } = study;
  const kinds = viewKindsOf(study);
  const section = (name: 'findings' | 'impression'): string | undefined =>
    typeof study[name] === 'string' ? study[name] : undefined;
  const impression = section('impression');
  const findings = section('findings') ?? study.report;
  const missing = new JsonNumber('NaN');
  const beside = (['indication', 'comparison'] as const).flatMap((name) => {
    const text = study[name];
    return typeof text === 'string'
      ? [`${name === 'indication' ? 'Indication' : 'Comparison'}: ${text}`]
      : [];
  });
  return new Map<string, JsonValue>([
    ['key_image_path', image_path[Math.max(0, kinds.indexOf('frontal'))]],
    ['image_path', image_path],
    ['report', `Findings: ${findings} Impression: ${impression ?? 'None.'}`],
    ['section_findings', findings],
    ['section_impression', impression ?? missing],
    ['split', split],
    ['frontal_lateral', kinds.map((kind) => `${kind[0].toUpperCase()}${kind.slice(1)}`)],
    ['context', beside.join(' ')],
  ]);
}

/** What a study of a ReXrank file says, in plain values. */
export interface RexrankStudy {
  readonly images: readonly string[];
  /** In the order of `images`; `unknown` for all but the key image where the list of views does not match them. */
  readonly kinds: readonly ViewKind[];
  /** Whether the list of views has another length than the images. */
  readonly viewsDiffer: boolean;
  readonly findings?: string;
  readonly impression?: string;
  readonly indication?: string;
  readonly comparison?: string;
  /** As written; some files have none. */
  readonly split?: string;
}

/** Reads one entry of {@link parseRexrank}. A section of `NaN`, `None` or `None.` is missing. */
export function readRexrankEntry(entry: JsonObject): RexrankStudy {
  const images = pathsOf(entry);
  const views = textsOf(entry.get('frontal_lateral'));
  const viewsDiffer = entry.has('frontal_lateral') && views.length !== images.length;
  const key = entry.get('key_image_path');
  // The key image is a frontal one where the study has one; that stands even where the list does not match.
  const isKey = (path: string): boolean => path === key && views.some((view) => /^frontal$/i.test(view));
  const kindOf = (path: string, n: number): ViewKind => {
    if (viewsDiffer) return isKey(path) ? 'frontal' : 'unknown';
    const view = views[n]?.toLowerCase();
    return view === 'frontal' || view === 'lateral' ? view : 'unknown';
  };
  const section = (name: string): string | undefined => {
    const text = entry.get(name);
    return typeof text === 'string' && !/^\s*(?:none\.?)?\s*$/i.test(text) ? text.trim() : undefined;
  };
  const split = entry.get('split');
  return present({
    images,
    kinds: images.map(kindOf),
    viewsDiffer,
    findings: section('section_findings'),
    impression: section('section_impression'),
    ...contextOf(entry.get('context')),
    split: typeof split === 'string' ? split : undefined,
  });
}

/** `Age:61.0.Gender:Female.Indication: … Comparison: …`, of which parts can be missing. */
function contextOf(context: JsonValue | undefined): { indication?: string; comparison?: string } {
  if (typeof context !== 'string') return {};
  const from = /(?:^|[\s.])Indication:/.exec(context);
  const body = from ? context.slice(from.index + from[0].length) : context;
  const to = /(?:^|\s)Comparison:/.exec(body);
  return {
    indication: from ? body.slice(0, to?.index).trim() : undefined,
    comparison: to ? body.slice(to.index + to[0].length).trim() : undefined,
  };
}

const pathsOf = (entry: JsonObject): string[] => textsOf(entry.get('image_path'));

const textsOf = (value: JsonValue | undefined): string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : typeof value === 'string' ? [value] : [];

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 60);

const present = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
