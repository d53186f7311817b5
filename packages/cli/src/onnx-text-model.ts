import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelOutput, type WordPiece, wordPiece } from '@raca/metrics';
import { readTextFile } from './table-bytes';
import { visible } from './visible-line';

/** What is needed of onnxruntime-node. */
export interface Onnx {
  readonly InferenceSession: { create(path: string): Promise<OnnxSession> };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
}

interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, ModelOutput>>>;
}

/** A BERT of the user's. */
export interface TextModel extends WordPiece {
  /** All outputs for one row of tokens, in the model's order. */
  run(tokens: readonly number[]): Promise<readonly ModelOutput[]>;
}

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];

/**
 * Opens a folder with `model.onnx` (inputs `input_ids` and, where it has them, `attention_mask` and `token_type_ids`, int64
 * `[1, t]`) and `vocab.txt` of a WordPiece tokenizer. Words are lower-cased unless the vocabulary has capitals.
 * @throws Error in one line: what is missing, or which input the model wants beside
 */
export async function openTextModel(dir: string, onnx: () => Promise<Onnx> = loadOnnx): Promise<TextModel> {
  const [model, vocabulary] = ['model.onnx', 'vocab.txt'].map((name) => join(dir, name));
  for (const path of [model, vocabulary]) {
    if (existsSync(path) && statSync(path).isFile()) continue;
    throw new Error(
      `${visible(path)}: expected a file (a folder of a model holds model.onnx and vocab.txt), found nothing`,
    );
  }
  const tokens = readTextFile(vocabulary)
    .text.replace(/\r?\n$/, '')
    .split(/\r?\n/);
  const lowerCase = !tokens.some((token) => /^(?:##)?\p{Lu}/u.test(token));
  let tokenizer: WordPiece;
  try {
    tokenizer = wordPiece(tokens, { lowerCase });
  } catch (error) {
    throw new Error(`${visible(vocabulary)}: ${(error as Error).message}`);
  }
  const ort = await onnx();
  let session: OnnxSession;
  try {
    session = await ort.InferenceSession.create(model);
  } catch (error) {
    throw new Error(
      `${visible(model)}: expected an ONNX model, found: ${visible((error as Error).message.split('\n')[0])}`,
    );
  }
  const strange = session.inputNames.find((name) => !INPUTS.includes(name));
  if (strange !== undefined || !session.inputNames.includes('input_ids')) {
    throw new Error(
      `${visible(model)}: expected inputs ${INPUTS.join(', ')}, found ${session.inputNames.map(visible).join(', ')}`,
    );
  }
  return {
    ...tokenizer,
    async run(row) {
      const dims = [1, row.length];
      const filled = { input_ids: (n: number) => n, attention_mask: () => 1, token_type_ids: () => 0 };
      const feeds = Object.fromEntries(
        session.inputNames.map((name) => {
          const values = BigInt64Array.from(row, (n) => BigInt(filled[name as keyof typeof filled](n)));
          return [name, new ort.Tensor('int64', values, dims)];
        }),
      );
      const outputs = await session.run(feeds);
      return session.outputNames.map((name) => outputs[name]);
    },
  };
}

async function loadOnnx(): Promise<Onnx> {
  const name = 'onnxruntime-node'; // in a variable: bundlers must leave the import to Node
  try {
    const module = await import(/* @vite-ignore */ name);
    return (module.InferenceSession ? module : module.default) as Onnx;
  } catch {
    throw new Error(
      'onnxruntime-node: expected the package for models of your own, found none (npm install onnxruntime-node)',
    );
  }
}
