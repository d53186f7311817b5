import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Bank, bankOf, studyVectors } from '@raca/context';
import { BANK_FILE, writeBank } from '@raca/context/node';
import { INFERENCE, LARGEST, tidyRead } from '@raca/core';
import { patientOf, SPLITS, type Study } from '@raca/data';
import { type Dataset, ImageCache } from '@raca/data/node';
import { withBatch } from './batches';
import { openFeatures, withoutLeftOut } from './features';
import type { LoadedRun } from './load-run';
import { makeLoaders } from './loaders';

/** Options of {@link makeBank}. */
export interface MakeBankOptions {
  /** Folder of stored features, for a model without backbone. */
  readonly features?: string;
  /** Stop at the first image that cannot be read. Otherwise its study is left out. */
  readonly strict?: boolean;
  /** Called once for each image that is left out, with a line that names it. */
  readonly onUnreadable?: (line: string) => void;
  /** Abort to stop; nothing is written then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the bank of a data set as a run's encoder sees it: the vectors of all studies, and the reports of training
 * studies in the run's words. Studies of one patient (of one study where nobody knows the patient) are a group. The folder becomes a
 * bank when all is written.
 *
 * @throws Error in one line: a folder that holds a bank, a data set that does not fit, an image that cannot be read;
 * AbortError by the signal
 */
export async function makeBank(
  loaded: LoadedRun,
  given: Dataset,
  out: string,
  options: MakeBankOptions = {},
): Promise<Bank> {
  if (existsSync(join(out, BANK_FILE)))
    throw new Error(`${out}: holds a bank already; name another folder, or remove this one`);
  const { model, config, tokenizer } = loaded;
  const { signal, strict, onUnreadable = () => {}, onProgress = () => {} } = options;
  const unreadable = strict ? undefined : onUnreadable;
  const dataset = strict ? given : withoutLeftOut(given, options.features, config.model, unreadable);
  const studies = SPLITS.flatMap((split) => dataset.annotation[split]);
  const byId = new Map(studies.map((study) => [study.id, study]));
  const features = openFeatures(config.model, dataset, options.features);
  const loaders = makeLoaders(dataset, loaded, new ImageCache({ maxBytes: 0 }), unreadable);
  const vectors: Float32Array[] = [];
  const ids: string[] = [];
  const reports: (Int32Array | null)[] = [];
  try {
    for (const split of SPLITS.filter((name) => dataset.annotation[name].length > 0)) {
      for await (const batch of loaders.evaluation.batches(split, { shuffle: false })) {
        signal?.throwIfAborted();
        await withBatch(batch, { features, tokenizer }, ({ study }) => {
          const seen = () => studyVectors(model.parts.vision.encode(study.views, INFERENCE)).dataSync();
          vectors.push(Float32Array.from(tidyRead(seen)));
        });
        ids.push(...batch.ids);
        const told = (report: string) =>
          Int32Array.from(tokenizer.encode(report).slice(1, -1).slice(0, LARGEST.tokens));
        reports.push(...batch.reports.map((report) => (split === 'train' ? told(report) : null)));
        onProgress(ids.length, studies.length);
        await new Promise((resolve) => setImmediate(resolve)); // lets signals and decoding threads in
      }
    }
  } finally {
    await Promise.all([loaders.train.close(), loaders.evaluation.close()]);
    features?.close();
  }
  const groups = groupsOf(ids.map((id) => byId.get(id)!));
  const bank = bankOf(joined(vectors), ids, reports, { groups, words: tokenizer.words });
  writeBank(out, bank);
  return bank;
}

/** A number for each patient; for each study where the patient is not known. */
function groupsOf(studies: readonly Study[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(studies, (study) => {
    const patient = patientOf(study);
    const name = JSON.stringify(patient === undefined ? ['study', study.study_id ?? study.id] : [patient]);
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
