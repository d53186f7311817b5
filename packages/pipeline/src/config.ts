import { z } from 'zod';
import { selfCriticalSchema } from './self-critical-config';

/** One slot of the model: which implementation, and its own options. */
const slot = z.strictObject({
  /** A name of the module table (such as `bca`), or a path to a user's own module. */
  use: z.string().min(1),
  /** Options of the implementation; sizes that the model knows (width, vocabulary, …) are filled in. */
  config: z.record(z.string(), z.unknown()).default({}),
});

/** A slot's entry in the model config. */
export type Slot = z.infer<typeof slot>;

const positive = z.int().positive();

/** The whole model as data. `null` leaves a slot out: no agent = all patches, no alignment = no loss, no fusion = identity. */
export const modelConfigSchema = z.strictObject({
  /** d: width of encoded patches, text and memory. */
  width: positive,
  /** Side of the square images in pixels. */
  imageSize: positive,
  /** v: views a study. */
  views: positive,
  /** Patches a view. */
  grid: z.strictObject({ rows: positive, cols: positive }).default({ rows: 7, cols: 7 }),
  /** t: longest report in tokens, beginning and end included. */
  maxLength: positive,
  vision: slot,
  /** Null: the model reads stored features. */
  backbone: slot.nullable(),
  /** Hash of the encoder whose stored features the model reads; left out: any. */
  features: z.string().min(1).optional(),
  agent: slot.nullable(),
  alignment: slot.nullable(),
  fusion: slot.nullable(),
  decoder: slot,
});
export type ModelConfig = z.infer<typeof modelConfigSchema>;

const rate = z.number().nonnegative();

/** How the model is trained. */
export const trainingConfigSchema = z.strictObject({
  seed: z.int().default(42),
  epochs: positive.default(100),
  batchSize: positive.default(16),
  /** Words seen fewer times in training become `<unk>`. */
  wordThreshold: positive.default(3),
  cleaning: z.enum(['iu_xray', 'mimic_cxr']).default('iu_xray'),
  learningRates: z
    .strictObject({
      /** The network before the visual Transformer. */
      backbone: rate.default(4e-5),
      /** The visual Transformer; that of the rest where absent, as published. */
      vision: rate.optional(),
      /** The text encoder of the alignment. */
      text: rate.default(1e-5),
      rest: rate.default(6e-4),
    })
    .prefault({}),
  weightDecay: rate.default(8e-5),
  clipValue: z.number().positive().default(0.1),
  /** Keep the largest second moment, as published; plain Adam otherwise. */
  amsgrad: z.boolean().default(true),
  /** StepLR: ×gamma every `every` epochs. */
  schedule: z
    .strictObject({ every: positive.default(5), gamma: z.number().positive().max(1).default(0.9) })
    .prefault({}),
  /** Epochs without a better validation score before training stops. */
  patience: positive.default(50),
  /** Weights of the alignment's losses beside the token cross-entropy. */
  lossWeights: z.record(z.string(), rate).default({}),
  /**
   * Weight of the tokens of sentences in which the rule labeler finds something positive, in the token cross-entropy; others
   * weigh 1. Above 1 where findings are rare and normal sentences would drown them.
   */
  findingWeight: z.number().positive().default(1),
  /** The agent acts and learns in every n-th step; in between its deterministic masks are used. */
  agentEvery: positive.default(1),
  /** Subtract the report quality with deterministic masks from that with sampled ones (one more decoder pass). */
  agentBaseline: z.boolean().default(true),
  selection: z
    .enum(['bleu4', 'findingsAndBleu4', 'findingsMacroF1', 'clinicalMicroF1', 'reward'])
    .default('bleu4')
    .describe(
      'Which validation score chooses the weights that are kept; where two are equal, the lower validation loss. `bleu4`: ' +
        'as published. `findingsMacroF1`: mean F1 of the clinical classes other than No Finding that the validation split ' +
        'has. `findingsAndBleu4`: the mean of these two. `clinicalMicroF1`: micro-F1 of all 14 classes, which a model that ' +
        'finds nothing wins where most studies are normal. `reward`: that of `selfCritical`.',
    ),
  /** Reports written for validation after each epoch; the first ones of the split. */
  validationStudies: positive.default(100_000),
  /** Reinforcement on report quality; null for cross-entropy alone. Meant for a model that writes reports already. */
  selfCritical: selfCriticalSchema.nullable().default(null),
  augmentation: z
    .strictObject({
      /** Short side before the random crop; imageSize = no crop. */
      shortSide: positive.optional(),
      /** Off in ours: mirrored images contradict reports that name sides. */
      flip: z.boolean().default(false),
    })
    .prefault({}),
  generation: z
    .strictObject({
      search: z.enum(['beam', 'greedy']).default('beam'),
      beam: positive.default(3),
      trigramPenalty: z.boolean().default(false),
      /** α of beam search: texts are ranked by log-probability over lengthᵅ; 0 favours short ones, as published. */
      lengthPenalty: rate.default(0),
      unknown: z
        .boolean()
        .default(false)
        .describe(
          'Whether `<unk>`, which stands for rare words, may be written. The published programs write it; ' +
            'a text of `<unk>` tells nobody anything.',
        ),
    })
    .prefault({}),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

/** `config.json` of a run. */
export const runConfigSchema = z.strictObject({
  model: modelConfigSchema,
  training: trainingConfigSchema.prefault({}),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/**
 * Checks a config that came from outside.
 * @param source named in errors
 * @throws Error in one line: field, expected, found
 */
export function parseRunConfig(value: unknown, source = 'config'): RunConfig {
  const parsed = runConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue, ...rest] = parsed.error.issues;
  const field = issue.path.join('.') || 'the config';
  const more = rest.length ? ` (and ${rest.length} more)` : '';
  throw new Error(`${source}: ${field}: ${issue.message}${more}`);
}
