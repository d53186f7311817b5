import {
  type ContextEncoder,
  type ContextInput,
  type ContextSource,
  disposeParameters,
  embedding,
  type Memory,
  type ModuleInfo,
  memoryPart,
  type NamedParameters,
  Parameters,
  type Pass,
  type Random,
  tidyRead,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { version } from '../../package.json';
import type { Bank } from '../bank/bank';
import { type BankIndex, indexBank, type Neighbour, studyVectors } from '../bank/nearest';
import { checkCurrent, tidyMemory } from '../memories';
import { encodeTexts, type TextEncoder, textEncoder } from '../text-encoder';
import { type SimilarCasesConfig, similarCasesConfigSchema } from './config';

/** Standard deviation of the vectors of ranks; words are of order 1. */
const RANK_SD = 0.3;

class SimilarCases implements ContextEncoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly reads: readonly ContextSource[] = ['similar'];
  private readonly options: z.output<typeof similarCasesConfigSchema>;
  private readonly texts: TextEncoder;
  /** Added to all places of the j-th case, `[k, d]`. */
  private readonly rank: tf.Variable;
  private readonly index: BankIndex;
  private readonly rowOf: ReadonlyMap<string, number>;
  /** Neighbours of the bank's own cases, which never change. */
  private readonly known = new Map<string, Neighbour[]>();

  constructor(
    config: SimilarCasesConfig,
    random: Random,
    private readonly bank: Bank,
  ) {
    this.options = similarCasesConfigSchema.parse(config);
    const { width: d, neighbours: k } = this.options;
    const p = Parameters.create(random);
    this.texts = textEncoder(p.scope('texts'), this.options, ['similar']);
    this.rank = embedding(p.scope('rank'), k, d, RANK_SD);
    this.parameters = p.all;
    this.index = indexBank(bank);
    this.rowOf = new Map(bank.ids.map((id, row) => [id, row]));
    this.info = { package: '@raca/context', version, name: 'similarCases', config: this.options };
  }

  encode({ current, ids }: ContextInput, pass: Pass): Memory {
    const { width: d, neighbours: k, places, maxLength } = this.options;
    checkCurrent('similarCases', current, d);
    const b = current.patches.shape[0];
    if (ids && ids.length !== b) throw new RangeError(`similarCases: expected ${b} ids, got ${ids.length}`);
    const found = this.neighbours(current, ids ?? new Array(b).fill(null));
    return tidyMemory(() => {
      // k reports a study; a rank without a case stays empty
      const reports = found.flatMap((cases) => Array.from({ length: k }, (_, j) => this.reportOf(cases[j])));
      const present = Uint8Array.from(reports, (report) => (report ? 1 : 0));
      const t = Math.min(Math.max(...reports.map((report) => report?.length ?? 0)), maxLength);
      const tokens = new Int32Array(b * k * t);
      reports.forEach((report, i) => {
        if (report) tokens.set(report.subarray(0, t), i * t);
      });
      const read = encodeTexts(
        this.texts,
        'similar',
        { tokens: { ids: tokens, shape: [b * k, t] } },
        present,
        pass,
      );
      // [b · k, 1 + t, d]; the first place of each is the whole report's
      const n = places === 'words' ? 1 + t : 1;
      const words = tf.reshape(tf.slice(read.tokens, [0, 0, 0], [b * k, n, d]), [b, k, n, d]);
      const ranked = tf.add(words, tf.reshape(this.rank, [1, k, 1, d]));
      const there = read.present
        ? tf.slice(read.present, [0, 0], [b * k, n])
        : tf.ones<tf.Rank.R2>([b * k, n]);
      // without any case the place "absent" of the first rank stands alone
      const counted = tf.tensor2d(
        present.map((x, i) => x || (i % k === 0 ? 1 : 0)),
        [b * k, 1],
        'float32',
      );
      return memoryPart(
        'similar',
        tf.reshape(ranked, [b, k * n, d]) as tf.Tensor3D,
        tf.reshape(tf.mul(there, counted), [b, k * n]) as tf.Tensor2D,
      );
    });
  }

  dispose(): void {
    this.index.dispose();
    disposeParameters(this.parameters);
  }

  private reportOf(found: Neighbour | undefined): Int32Array | null {
    return found ? this.bank.reports[found.row] : null;
  }

  /** Cases of the bank ask with the vector that they have there, others with the mean of their patches. */
  private neighbours(current: ContextInput['current'], ids: readonly (string | null)[]): Neighbour[][] {
    const { width: d, neighbours: k } = this.options;
    const own = ids.map((id) => (id === null ? undefined : this.rowOf.get(id)));
    if (this.bank.ids.length > 0 && this.bank.width !== d && own.includes(undefined)) {
      const which = JSON.stringify(ids[own.indexOf(undefined)]);
      throw new RangeError(
        `similarCases: the study ${which} is not in the bank, whose vectors are ${this.bank.width} wide instead of ${d}`,
      );
    }
    const seen = own.includes(undefined) ? tidyRead(() => studyVectors(current).dataSync()) : null;
    return own.map((row, i) => {
      if (this.bank.ids.length === 0) return [];
      if (row === undefined) return this.index.find(seen!.slice(i * d, (i + 1) * d) as Float32Array, k)[0];
      const id = this.bank.ids[row];
      let found = this.known.get(id);
      if (!found) {
        const { width, vectors } = this.bank;
        [found] = this.index.find(vectors.slice(row * width, (row + 1) * width), k, [id]);
        this.known.set(id, found);
      }
      return found;
    });
  }
}

/**
 * Reports of the k cases of a bank that look most alike, as places of the decoder's memory named `similar`: every word or one place
 * a report, the rank's learned vector added. A study that is in the bank asks with its vector there and never finds
 * itself; any other asks with the mean of its patches, so the bank's vectors must then be {@link studyVectors} of the same encoder. A
 * study without any case has one learned place.
 *
 * @param random stream for the initial weights
 * @param bank its reports in words of `vocabularySize`
 * @throws ZodError for a config that does not fit; encode throws RangeError for sizes that do not
 * @see SEI (arXiv:2405.14905), PPKED (arXiv:2106.06963)
 */
export const similarCases = (config: SimilarCasesConfig, random: Random, bank: Bank): ContextEncoder =>
  new SimilarCases(config, random, bank);
