import { type DecoderState, type Memory, memoryPart } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { StepDecoder } from './generation';

/** Probabilities of the next token of study `study` after `words`. */
export type Language = (words: readonly number[], study: number) => readonly number[];

interface ToyState extends DecoderState {
  texts: { study: number; words: readonly number[] }[];
}

/** A decoder whose language is a function, for tests of searches; counts its steps and rows. */
export class ToyDecoder implements StepDecoder {
  steps = 0;
  /** Rows of each step. */
  readonly rows: number[] = [];
  open = 0;

  constructor(private readonly language: Language) {}

  start(memory: Memory): DecoderState {
    this.open++;
    const state: ToyState = {
      texts: Array.from({ length: memory.tokens.shape[0] }, (_, study) => ({ study, words: [] })),
      get rows() {
        return this.texts.length;
      },
      select(rows) {
        this.texts = rows.map((row) => this.texts[row]);
      },
      dispose: () => {
        this.open--;
      },
    };
    return state;
  }

  step(state: DecoderState, tokens: readonly number[] | Int32Array): tf.Tensor2D {
    const toy = state as ToyState;
    if (tokens.length !== toy.rows) throw new Error(`toy: ${toy.rows} rows, ${tokens.length} tokens`);
    this.steps++;
    this.rows.push(toy.rows);
    toy.texts = toy.texts.map(({ study, words }, i) => ({ study, words: [...words, tokens[i]] }));
    // the first word fed is the 0 that begins a report
    return tf.tensor2d(
      toy.texts.map(({ words, study }) => this.language(words.slice(1), study).map(Math.log)),
    );
  }
}

/** Memory of b studies that a {@link ToyDecoder} does not read. */
export const noMemory = (b: number): Memory => memoryPart('patches', tf.zeros([b, 1, 1]));
