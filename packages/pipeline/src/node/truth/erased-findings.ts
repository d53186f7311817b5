import { EVALUATION, INFERENCE, type Memory, type Random, type TokenBatch, tidyRead } from '@raca/core';
import type { StudyBatch } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { type Raca, type Readable, withoutLast } from '../../model';
import type { SentenceSpan } from '../../sentence-spans';
import { displaced, type ErasedFinding, withoutPatches } from './erasure';
import type { Finding } from './findings';
import { sentenceLogProbability } from './sentence-likelihood';

/** What {@link ErasedFindings} needs to know beside the model. */
export interface ErasureOptions {
  /** Patches of a view. */
  readonly grid: { readonly rows: number; readonly cols: number };
  /** Where regions are displaced to. */
  readonly random: Random;
  /** Changed studies that go through the model together, and are held in memory. */
  readonly together: number;
}

/**
 * Likelihood of findings' sentences before and after their own or a random region is erased from the images. Changed
 * studies, whatever batch they come from, wait until there are enough of them for one run of the model. What a study comes with
 * besides its pictures stays as it was encoded with the whole pictures.
 */
export class ErasedFindings {
  private readonly measured: { -readonly [K in keyof ErasedFinding]: ErasedFinding[K] }[] = [];
  private waiting: ((logits: Float32Array, tokens: TokenBatch, row: number) => void)[] = [];
  /** Of the changed studies that wait. */
  private images = new Float32Array(0);
  private ids = new Int32Array(0);
  private kinds: StudyBatch['kinds'][number][] = [];
  private shape: StudyBatch['shape'] = [0, 0, 0, 0, 3];
  private length = 0;
  /** Of the changed studies that wait, row by row; null for a model that reads nothing beside pictures. */
  private context: ContextRows | null = null;
  private readonly contextRows: { tokens: Float32Array; present: Float32Array }[] = [];

  constructor(
    private readonly model: Raca,
    private readonly options: ErasureOptions,
  ) {}

  /**
   * Takes a batch in.
   * @param readable of the images as they are; stays the caller's
   * @param asked findings of each study
   * @param context of the studies, as the model encoded it; stays the caller's
   */
  add(
    batch: StudyBatch,
    readable: Readable,
    asked: readonly (readonly Finding[])[],
    context: Memory | null = null,
  ): void {
    const most = Math.max(...asked.map(({ length }) => length));
    if (most === 0) return;
    const tokens = { ids: batch.tokens, shape: batch.tokensShape };
    const intact = this.logits(readable, tokens);
    const rows = context && contextRows(context);
    for (let k = 0; k < most; k++) {
      asked.forEach((findings, i) => {
        if (!findings[k]) return;
        const { span, patches } = findings[k];
        const own = patches.subarray(0, batch.shape[1] * this.patches);
        const finding = { intact: this.likelihood(intact, tokens, i, span), own: 0, random: 0 };
        this.measured.push(finding);
        for (const [name, erased] of [
          ['own', own],
          ['random', this.displaced(own, batch.shape[1])],
        ] as const) {
          this.change(batch, rows, i, erased, (logits, all, row) => {
            finding[name] = this.likelihood(logits, all, row, span);
          });
        }
      });
    }
  }

  /** All findings so far, in the order in which they came. */
  finish(): readonly ErasedFinding[] {
    this.run();
    return this.measured;
  }

  private get patches(): number {
    return this.options.grid.rows * this.options.grid.cols;
  }

  /** Each view's patches moved by themselves. */
  private displaced(patches: Uint8Array, views: number): Uint8Array {
    const { grid, random } = this.options;
    const out = new Uint8Array(patches.length);
    for (let v = 0; v < views; v++) {
      const from = v * this.patches;
      out.set(displaced(patches.subarray(from, from + this.patches), grid.rows, grid.cols, random), from);
    }
    return out;
  }

  /** Study `i` with some patches erased, to be run with the others that wait. */
  private change(
    { images, shape, kinds, tokens, tokensShape: [, t] }: StudyBatch,
    context: ContextRows | null,
    i: number,
    erased: Uint8Array,
    use: (logits: Float32Array, tokens: TokenBatch, row: number) => void,
  ): void {
    const { together, grid } = this.options;
    const [, ...study] = shape;
    const each = study.reduce((a, x) => a * x);
    const places = context?.places ?? 0;
    if (
      this.images.length !== together * each ||
      this.length !== t ||
      places !== (this.context?.places ?? 0)
    ) {
      this.run();
      this.images = new Float32Array(together * each);
      this.ids = new Int32Array(together * t);
      [this.shape, this.length] = [shape, t];
    }
    const row = this.waiting.length;
    this.context = context;
    if (context) this.contextRows[row] = context.row(i);
    const original = images.subarray(i * each, (i + 1) * each);
    withoutPatches(original, [1, ...study], erased, grid, this.images.subarray(row * each, (row + 1) * each));
    this.ids.set(tokens.subarray(i * t, (i + 1) * t), row * t);
    this.kinds[row] = kinds[i];
    this.waiting.push(use);
    if (this.waiting.length === together) this.run();
  }

  private run(): void {
    const n = this.waiting.length;
    if (n === 0) return;
    const [, v, height, width, channels] = this.shape;
    const each = v * height * width * channels;
    const tokens: TokenBatch = { ids: this.ids.subarray(0, n * this.length), shape: [n, this.length] };
    const images = tf.tensor5d(this.images.subarray(0, n * each), [n, v, height, width, channels]);
    const views = { input: { images }, kinds: this.kinds.slice(0, n) };
    const logits = tidyRead(() => {
      const features = this.model.parts.vision.encode(views, INFERENCE);
      const encoded = {
        views,
        features,
        context: this.context?.memoryOf(this.contextRows.slice(0, n)) ?? null,
      };
      return this.logits(this.model.read(encoded, this.model.locate(encoded), INFERENCE), tokens);
    });
    images.dispose();
    this.waiting.forEach((use, row) => {
      use(logits, tokens, row);
    });
    this.waiting = [];
  }

  private logits(readable: Readable, tokens: TokenBatch): Float32Array {
    return tidyRead(
      () => this.model.forced(readable, withoutLast(tokens), EVALUATION).dataSync() as Float32Array,
    );
  }

  private likelihood(logits: Float32Array, tokens: TokenBatch, row: number, span: SentenceSpan): number {
    return sentenceLogProbability(logits, this.model.parts.decoder.vocabularySize, tokens, row, span);
  }
}

/** The context of a batch, study by study. */
interface ContextRows {
  /** m */
  readonly places: number;
  /** Of study i: tokens `[m · d]`, presence `[m]`. */
  row(i: number): { tokens: Float32Array; present: Float32Array };
  /** Rows as the memory of a batch, in tensors of the scope it is called in. */
  memoryOf(rows: readonly { tokens: Float32Array; present: Float32Array }[]): Memory;
}

function contextRows({ tokens, present, parts }: Memory): ContextRows {
  const [b, m, d] = tokens.shape;
  const values = tokens.dataSync().slice();
  const there = present ? present.dataSync().slice() : new Float32Array(b * m).fill(1);
  return {
    places: m,
    row: (i) => ({
      tokens: values.subarray(i * m * d, (i + 1) * m * d) as Float32Array,
      present: there.subarray(i * m, (i + 1) * m) as Float32Array,
    }),
    memoryOf: (rows) => ({
      tokens: tf.stack(rows.map((row) => tf.tensor2d(row.tokens, [m, d]))) as tf.Tensor3D,
      present: tf.stack(rows.map((row) => tf.tensor1d(row.present))) as tf.Tensor2D,
      parts,
    }),
  };
}
