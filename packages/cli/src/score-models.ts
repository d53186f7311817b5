import { basename, resolve } from 'node:path';
import {
  bertScore,
  chexbertLabeler,
  meanMetric,
  type PairMetric,
  type ReportLabels,
  type ReportPair,
  type Scores,
} from '@raca/metrics';
import { UsageError } from './errors';
import { openTextModel } from './onnx-text-model';
import { progress } from './output';
import { type GraphFile, radgraphF1, readGraphs } from './radgraph-file';
import type { SystemInput } from './score-input';
import { shown, visible } from './visible-line';

/** Calls a function for each text behind a progress bar. */
function counted<A, B>(
  label: string,
  total: number,
  call: (value: A) => Promise<B>,
): { call: (value: A) => Promise<B>; stop: () => void } {
  const bar = progress(label);
  let done = 0;
  return {
    async call(value) {
      const result = await call(value);
      bar.update(Math.min(++done, total), total);
      return result;
    },
    stop: () => bar.stop(),
  };
}

const distinct = (systems: readonly SystemInput[]): string[] => [
  ...new Set(
    systems.flatMap(({ pairs }) => pairs.flatMap(({ reference, hypothesis }) => [reference, hypothesis])),
  ),
];

/** Labels of all texts by a CheXbert of the user's. @throws Error in one line */
export async function chexbert(
  dir: string,
  systems: readonly SystemInput[],
): Promise<(report: string) => ReportLabels> {
  const model = await openTextModel(dir);
  const texts = distinct(systems);
  const { call, stop } = counted('CheXbert', texts.length, model.run);
  try {
    return await chexbertLabeler(texts, {
      tokenize: (text) => model.tokenize(text),
      classify: call,
    });
  } finally {
    stop();
  }
}

/** BERTScore of all pairs by a model of the user's; its name is that of the folder. @throws Error in one line */
export async function bertScorer(dir: string, systems: readonly SystemInput[]): Promise<PairMetric> {
  const model = await openTextModel(dir);
  const name = visible(basename(resolve(dir)));
  const total = systems.reduce(
    (sum, { pairs }) => sum + new Set(pairs.flatMap((p) => [p.reference, p.hypothesis])).size,
    0,
  );
  const { call, stop } = counted('BERTScore', total, async (tokens: readonly number[]) => {
    const states = (await model.run(tokens)).find(
      ({ dims }) => dims.length === 3 && dims[1] === tokens.length,
    );
    if (states) return states;
    throw new Error(
      `${visible(dir)}: expected an output of hidden states [1, ${tokens.length}, d], found none`,
    );
  });
  const known = new Map<ReportPair, Scores>();
  try {
    for (const { pairs } of systems) {
      const { perReport } = await bertScore(
        pairs,
        { tokenize: (text) => model.tokenize(text), encode: call, special: model.special },
        { name },
      );
      pairs.forEach((pair, i) => {
        known.set(pair, perReport[i]);
      });
    }
  } finally {
    stop();
  }
  const keys = ['precision', 'recall', 'f1'].map((part) => `bertscore/${part}/${name}`);
  return meanMetric({ name: 'bertscore', keys, direction: 'higher', range: [-1, 1] }, (pair) =>
    keys.map((key) => known.get(pair)![key]),
  );
}

/** F1 of graphs from files of RadGraph's output. @throws UsageError or Error in one line */
export function radgraphScorer(
  references: string | undefined,
  hypotheses: readonly string[],
  systems: readonly SystemInput[],
): PairMetric {
  if (references === undefined || hypotheses.length !== systems.length) {
    throw new UsageError(
      `--hypothesis-radgraph: expected --reference-radgraph and one file per system (${systems.length}), found ${hypotheses.length}`,
    );
  }
  const ofReferences = readGraphs(references);
  const known = new Map<
    ReportPair,
    { reference: ReturnType<typeof graphAt>; hypothesis: ReturnType<typeof graphAt> }
  >();
  systems.forEach(({ pairs }, s) => {
    const ofSystem = readGraphs(hypotheses[s]);
    pairs.forEach((pair, row) => {
      known.set(pair, {
        reference: graphAt(ofReferences, references, pair, row, pairs.length),
        hypothesis: graphAt(ofSystem, hypotheses[s], pair, row, pairs.length),
      });
    });
  });
  return radgraphF1((pair) => known.get(pair)!);
}

/** A study's graph by its id, or by its row where the file numbers its studies from 0. */
function graphAt(graphs: GraphFile, file: string, { id }: ReportPair, row: number, count: number) {
  const numbered = graphs.size === count && [...graphs.keys()].every((key, i) => key === String(i));
  const graph = graphs.get(id) ?? (numbered ? graphs.get(String(row)) : undefined);
  if (graph) return graph;
  throw new Error(`${visible(file)}: expected a study "${shown(id)}", found none`);
}
