import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Random, serializeSafetensors, type TensorToStore, toFloat32 } from '@raca/core';
import { writeFileAtomic } from '@raca/core/node';
import { type Annotation, buildVocabulary, cleanReport, Tokenizer } from '@raca/data';
import { type Dataset, openDataset, readAnnotation } from '@raca/data/node';
import { DEPTHS, loadTorchvision, resnet, resnetDepth } from '@raca/vision';
import { readWeightsFile } from '@raca/vision/node';
import { type CheckpointLayout, type CheckpointOptions, checkpointConfig } from '../checkpoint-config';
import type { RunConfig } from '../config';
import { importPublished } from '../import-published';
import { buildModel } from '../modules';
import { describeRun } from './describe-run';
import { fileHash, RunFolder } from './run-folder';
import { modelContext } from './vocabularies';

type Cleaning = CheckpointOptions['cleaning'];

/** Options of {@link importCheckpoint}. */
export interface ImportCheckpointOptions extends Omit<CheckpointOptions, 'cleaning'> {
  /** A PyTorch checkpoint or `state_dict` (`.pth`), or its weights as safetensors. */
  readonly file: string;
  readonly layout: CheckpointLayout;
  /** Data set folder (its images are not looked at), or an `annotation.json` alone: the vocabulary comes from it. */
  readonly data: string;
  /** Run folder to make. */
  readonly out: string;
  /** Default: what the manifest says, else that of MIMIC-CXR where studies have a `subject_id`, else that of IU X-ray. */
  readonly cleaning?: Cleaning;
}

/** A run folder made from a checkpoint. */
export interface ImportedCheckpoint {
  readonly run: RunFolder;
  readonly config: RunConfig;
  /** Words of the vocabulary, `<unk>` among them. */
  readonly words: number;
  /** Number of weights, counted one by one. */
  readonly parameters: number;
}

/**
 * Makes a run folder from a published checkpoint of this line of models, for `loadRun`, `evaluate` and `train`'s `init`.
 * The vocabulary is made again by the published rule, since the checkpoints do not hold it: every word that training
 * reports have at least `threshold` times, in code point order. Nothing is written unless all fits.
 *
 * @throws Error in one line: a folder that holds a run already, a file that is no checkpoint of this layout, a
 *   vocabulary of another size
 */
export function importCheckpoint(options: ImportCheckpointOptions): ImportedCheckpoint {
  const { file, layout, out } = options;
  const run = new RunFolder(out);
  if (run.has('config.json')) throw new Error(`${out}: holds a run already; name another folder`);
  const dataset = openTexts(options.data);
  const cleaning = options.cleaning ?? cleaningOf(dataset);
  const { tensors } = readWeightsFile(file);
  const { config, words } = checkpointConfig(layout, tensors, { ...options, cleaning }, file);
  const { wordThreshold: threshold } = config.training;
  const tokenizer = new Tokenizer(vocabularyOf(dataset.annotation, cleaning, threshold));
  if (tokenizer.size !== words)
    throw new Error(`${file}: ${mismatch(words, tokenizer, dataset.annotation, cleaning, threshold)}`);
  const context = { ...modelContext(tokenizer, config.training.seed), weights: 'loaded' } as const;
  const model = buildModel(config.model, context);
  try {
    importPublished(model, tensors, file);
    const described = describeRun(model, dataset, config);
    const facts = {
      ...described,
      data: { ...described.data, annotation: fileHash(annotationFile(options.data)) },
      imported: { layout, file: basename(file), sha256: fileHash(file) },
    };
    run.prepare();
    run.writeWeights(model, tokenizer);
    run.writeStart(config, tokenizer, facts);
    return { run, config, words, parameters: facts.parameters };
  } finally {
    model.dispose();
  }
}

/** Backbones whose torchvision weights can be taken over. */
export const BACKBONES = DEPTHS.map((depth) => `resnet${depth}` as const);
export type BackboneName = (typeof BACKBONES)[number];

/**
 * Writes torchvision's weights of a ResNet as safetensors under torchvision's names, without the classifier, for
 * `backboneWeights`.
 *
 * @param file torchvision's `.pth`, or safetensors
 * @returns number of weights, counted one by one
 * @throws Error in one line if the file holds another network
 */
export function importBackbone(file: string, name: BackboneName, out: string): number {
  const depth = DEPTHS[BACKBONES.indexOf(name)];
  if (existsSync(out)) throw new Error(`${out}: expected a new file, found one`);
  const read = readWeightsFile(file);
  const found = resnetDepth([...read.tensors.keys()]);
  if (found !== null && found !== depth)
    throw new Error(`${file}: expected a ${name}, found a resnet${found}`);
  const backbone = resnet({ depth }, new Random(1, new Set()));
  try {
    loadTorchvision(backbone, read, file);
    const tensors = new Map<string, TensorToStore>();
    for (const weight of backbone.parameters.keys()) {
      const stored = read.tensors.get(weight)!;
      tensors.set(weight, { shape: stored.shape, data: toFloat32(stored) });
    }
    writeFileAtomic(out, serializeSafetensors(tensors, { format: 'pt', source: fileHash(file)! }));
    return [...tensors.values()].reduce((n, { data }) => n + data.length, 0);
  } finally {
    backbone.dispose();
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const annotationFile = (path: string): string => (isFile(path) ? path : join(path, 'annotation.json'));

/** Reports of a data set folder or of one file. */
function openTexts(path: string): Dataset {
  if (!isFile(path)) return openDataset(path, { checkImages: false });
  return { dir: dirname(path), annotation: readAnnotation(path), warnings: [] };
}

function cleaningOf({ manifest, annotation }: Dataset): Cleaning {
  const mimic = annotation.train.some((study) => Object.hasOwn(study, 'subject_id'));
  return manifest?.cleaning ?? (mimic ? 'mimic_cxr' : 'iu_xray');
}

const vocabularyOf = ({ train }: Annotation, cleaning: Cleaning, threshold: number): string[] =>
  buildVocabulary(
    train.map(({ report }) => cleanReport(report, cleaning)),
    { threshold },
  );

/** Largest threshold tried for the hint. */
const MAX_THRESHOLD = 20;

/** Both sizes, the first words, and a threshold that would fit. */
function mismatch(
  expected: number,
  { words, size }: Tokenizer,
  annotation: Annotation,
  cleaning: Cleaning,
  threshold: number,
): string {
  const first = words.slice(0, 5).map((word) => JSON.stringify(word));
  const fitting = (['iu_xray', 'mimic_cxr'] as const).flatMap((other) =>
    Array.from({ length: MAX_THRESHOLD }, (_, i) => i + 1)
      .filter((n) => vocabularyOf(annotation, other, n).length === expected)
      .map((n) => `--threshold ${n} --cleaning ${other}`),
  );
  const hint = fitting.length > 0 ? `; of this size with ${fitting[0]}` : '';
  return (
    `expected a vocabulary of ${expected} words (rows of the token table less one), found ${size} in the training ` +
    `reports (${first.join(', ')}, …; threshold ${threshold}, cleaning ${cleaning})${hint}`
  );
}
