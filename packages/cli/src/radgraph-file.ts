import { isList, isObject, JsonNumber, type JsonObject, type JsonValue, parseJson } from '@raca/data/json';
import {
  type EntityLabel,
  type GraphEntity,
  type GraphRelation,
  graphF1,
  meanMetric,
  type PairMetric,
  type RelationKind,
  type ReportGraph,
  type ReportPair,
} from '@raca/metrics';
import { readTextFile } from './table-bytes';
import { shown, visible } from './visible-line';

/** Graphs by id, in the order of the file. */
export type GraphFile = ReadonlyMap<string, ReportGraph>;

/** RadGraph's labels, and those of RadGraph-XL in the older names. */
const LABELS = new Map<string, EntityLabel>([
  ...(['ANAT-DP', 'OBS-DP', 'OBS-DA', 'OBS-U'] as const).map((label) => [label, label] as const),
  ['Anatomy::definitely present', 'ANAT-DP'],
  ['Observation::definitely present', 'OBS-DP'],
  ['Observation::definitely absent', 'OBS-DA'],
  ['Observation::uncertain', 'OBS-U'],
]);
const KINDS: readonly string[] = ['located_at', 'modify', 'suggestive_of'] satisfies RelationKind[];

/**
 * Reads RadGraph's output: an object of studies, each with `entities`: an object of `tokens`, `label` and `relations`
 * (`[kind, key of the target]`).
 * @throws Error naming file, study and entity
 */
export function readGraphs(path: string): GraphFile {
  let value: JsonValue;
  try {
    value = parseJson(readTextFile(path).text);
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith(visible(path))
      ? error
      : new Error(`${visible(path)}: expected JSON, found: ${visible(message)}`);
  }
  if (!isObject(value) || value.size === 0)
    throw new Error(`${visible(path)}: expected RadGraph's output, an object of studies`);
  return new Map([...value].map(([id, study]) => [id, graphOf(`${visible(path)}: ${shown(id)}`, study)]));
}

function graphOf(where: string, study: JsonValue): ReportGraph {
  const all = isObject(study) ? study.get('entities') : undefined;
  if (!isObject(all)) throw new Error(`${where}: entities: expected an object`);
  const keys = [...all.keys()];
  const entities: GraphEntity[] = [];
  const relations: GraphRelation[] = [];
  keys.forEach((key, from) => {
    const entity = all.get(key);
    const [tokens, label] = ['tokens', 'label'].map((name) =>
      isObject(entity) ? entity.get(name) : undefined,
    );
    const known = typeof label === 'string' ? LABELS.get(label) : undefined;
    if (typeof tokens !== 'string' || known === undefined) {
      throw new Error(
        `${where}: entities.${shown(key)}: expected tokens and a label of ${[...LABELS.keys()].slice(0, 4).join(', ')}`,
      );
    }
    entities.push({ text: tokens.toLowerCase(), label: known });
    for (const [kind, to] of relationsOf(entity as JsonObject)) {
      const target = keys.indexOf(to);
      if (KINDS.includes(kind) && target >= 0)
        relations.push({ from, to: target, kind: kind as RelationKind });
      else
        throw new Error(
          `${where}: entities.${shown(key)}: expected relations [kind, entity], found [${shown(kind)}, ${shown(to)}]`,
        );
    }
  });
  return { entities, relations };
}

const relationsOf = (entity: JsonObject): [kind: string, to: string][] => {
  const all = entity.get('relations');
  return isList(all) ? all.map((one) => (isList(one) ? [word(one[0]), word(one[1])] : ['', ''])) : [];
};

const word = (value: JsonValue | undefined): string =>
  value instanceof JsonNumber ? value.source : typeof value === 'string' ? value : '';

const VARIANTS = ['simple', 'partial', 'complete', 'relation', 'combined'] as const;

/**
 * F1 of graphs that a RadGraph of the user's made, keys `radgraph/{simple,partial,complete,relation,combined}` (see
 * `graphF1` for what each compares), the mean over reports.
 */
export function radgraphF1(
  graphsOf: (pair: ReportPair) => { reference: ReportGraph; hypothesis: ReportGraph },
): PairMetric {
  return meanMetric(
    {
      name: 'radgraph',
      keys: VARIANTS.map((variant) => `radgraph/${variant}`),
      direction: 'higher',
      range: [0, 1],
    },
    (pair) => {
      const { reference, hypothesis } = graphsOf(pair);
      const value = graphF1(reference, hypothesis);
      return VARIANTS.map((variant) => value[variant]);
    },
  );
}
