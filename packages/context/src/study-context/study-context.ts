import {
  type ContextEncoder,
  type ContextField,
  type ContextInput,
  type ContextSource,
  type ContextTexts,
  disposeParameters,
  joinMemories,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  Parameters,
  type Pass,
  type Random,
} from '@raca/core';
import { version } from '../../package.json';
import { checkCurrent, tidyMemory } from '../memories';
import { encodeTexts, type TextEncoder, textEncoder } from '../text-encoder';
import { type StudyContextConfig, type StudyContextOptions, studyContextConfigSchema } from './config';
import { type EarlierStudy, earlierStudy, encodeEarlier } from './earlier-study';

class StudyContext implements ContextEncoder {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  readonly reads: readonly ContextSource[];
  private readonly options: StudyContextOptions;
  private readonly texts: TextEncoder | null;
  private readonly earlier: EarlierStudy | null;

  constructor(config: StudyContextConfig, random: Random) {
    this.options = studyContextConfigSchema.parse(config);
    const { fields, prior } = this.options;
    const p = Parameters.create(random);
    this.texts = fields.length > 0 ? textEncoder(p.scope('texts'), this.options, fields) : null;
    this.earlier = prior ? earlierStudy(p.scope('prior'), this.options) : null;
    this.reads = [...fields, ...(prior ? (['prior'] as const) : [])];
    this.parameters = p.all;
    this.info = { package: '@raca/context', version, name: 'studyContext', config: this.options };
  }

  encode(input: ContextInput, pass: Pass): Memory {
    checkCurrent('studyContext', input.current, this.options.width);
    return tidyMemory(() => {
      const b = input.current.patches.shape[0];
      const sources = sourcesOf(b, this.options.exchange, pass);
      const memories = this.options.fields.map((field) => this.encodeField(field, input, sources, pass));
      if (this.earlier) {
        const here = this.shown(withEarlier(input), pass);
        memories.push(encodeEarlier(this.earlier, input, here, pass));
      }
      return joinMemories(memories);
    });
  }

  dispose(): void {
    disposeParameters(this.parameters);
  }

  /** @param sources whose text each study gets; null: its own */
  private encodeField(
    field: ContextField,
    { current, texts }: ContextInput,
    sources: readonly number[] | null,
    pass: Pass,
  ): Memory {
    const b = current.patches.shape[0];
    const given = texts[field] ?? null;
    if (given && (given.tokens.shape[0] !== b || given.present.length !== b)) {
      throw new RangeError(
        `studyContext: expected the ${field} of ${b} studies, got ${given.tokens.shape[0]} with presence of ${given.present.length}`,
      );
    }
    const read = given && sources ? rowsOf(given, sources) : given;
    const present = this.shown(read?.present ?? new Uint8Array(b), pass);
    return encodeTexts(this.texts!, field, read, present, pass);
  }

  /** What training lets be seen, of what there is. @param rows `[b]`, 1 or 0 */
  private shown(rows: Uint8Array, pass: Pass): Uint8Array {
    const { hide } = this.options;
    return pass.training && hide > 0 ? rows.map((x) => (pass.random.next() < hide ? 0 : x)) : rows;
  }
}

/** Whose texts each study gets: mostly its own; null: all their own. @param share of those that get another's, in training */
function sourcesOf(b: number, share: number, pass: Pass): number[] | null {
  if (!pass.training || share === 0 || b < 2) return null;
  const { random } = pass;
  return Array.from({ length: b }, (_, i) =>
    random.next() < share ? (i + 1 + Math.floor(random.next() * (b - 1))) % b : i,
  );
}

/** Texts of these rows, in this order. */
function rowsOf({ tokens: { ids, shape }, present }: ContextTexts, rows: readonly number[]): ContextTexts {
  const t = shape[1];
  const moved = new Int32Array(ids.length);
  rows.forEach((row, i) => {
    moved.set(ids.subarray(row * t, (row + 1) * t), i * t);
  });
  return { tokens: { ids: moved, shape }, present: Uint8Array.from(rows, (row) => present[row]) };
}

/** `[b]`: 1 where a study has an earlier one. @throws RangeError if there are not as many as studies */
function withEarlier({ current, prior }: ContextInput): Uint8Array {
  const [b, , d] = current.patches.shape;
  if (!prior) return new Uint8Array(b);
  const { patches, kinds } = prior.features;
  if (patches.shape[0] !== b || patches.shape[2] !== d || kinds.length !== b || prior.days.length !== b) {
    throw new RangeError(
      `studyContext: expected earlier studies of [${b}, p, ${d}] with ${b} rows of kinds and days, got ` +
        `[${patches.shape}], ${kinds.length} and ${prior.days.length}`,
    );
  }
  return Uint8Array.from(kinds, (views) => (views.some((kind) => kind !== null) ? 1 : 0));
}

/**
 * What a study comes with as places of the decoder's memory: its texts, each by itself through a small pre-norm Transformer,
 * and the patches of the earlier study with what has changed since. What is absent is one learned place; an empty text
 * is another. See the README for the equations.
 *
 * @param random stream for the initial weights
 * @throws ZodError for a config that does not fit; encode throws RangeError for sizes that do not
 * @see texts and absence: MLRG, SEI, CXRMate; the earlier study: MLRG (arXiv:2502.20056)
 */
export const studyContext = (config: StudyContextConfig, random: Random): ContextEncoder =>
  new StudyContext(config, random);
