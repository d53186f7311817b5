import { LARGEST } from '@raca/core';
import { z } from 'zod';
import { sizesIn, stepTooLarge, weightsOf } from './config-budget';
import { preferenceSchema } from './preference-config';
import { regionsSchema } from './region-config';
import { metricsSchema, rewardSchema, selectionSchema } from './score-config';
import { selfCriticalSchema } from './self-critical-config';

const slot = z.strictObject({
  use: z
    .string()
    .min(1)
    .describe(
      'Which module: a name of the module table, such as `bca`, or the path of a module of your own.',
    ),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Options of the module. Sizes that the model knows (width, vocabulary, …) are filled in.'),
});

/** One slot of the model: which implementation, and its own options. */
export type Slot = z.infer<typeof slot>;

const positive = z.int().positive();
const SLOTS = [
  'vision',
  'backbone',
  'context',
  'agent',
  'alignment',
  'fusion',
  'findings',
  'decoder',
] as const;

/** The whole model as data. `null` leaves a slot out: no agent = all patches, no alignment = no loss, no fusion = identity. */
export const modelConfigSchema = z
  .strictObject({
    width: positive.max(LARGEST.width).describe('d: width of encoded patches, of text and of the memory.'),
    imageSize: positive.max(LARGEST.imageSize).describe('Side of the square images, in pixels.'),
    views: positive.max(LARGEST.views).describe('v: views per study.'),
    missingViews: z
      .enum(['repeat', 'empty'])
      .default('repeat')
      .describe(
        'Studies with fewer pictures than `views`. `empty`: the slots stay empty and count nowhere; frontal pictures come first, ' +
          'then lateral ones. `repeat`: the last picture is repeated, whatever it shows, as published.',
      ),
    grid: z
      .strictObject({
        rows: positive.max(LARGEST.gridSide).describe('Rows of patches per view.'),
        cols: positive.max(LARGEST.gridSide).describe('Columns of patches per view.'),
      })
      .default({ rows: 7, cols: 7 })
      .describe('Patches per view.'),
    maxLength: positive
      .max(LARGEST.tokens)
      .describe('t: longest report in tokens, beginning and end included.'),
    regions: regionsSchema,
    vision: slot.describe('Makes the patches that everything else reads.'),
    backbone: slot
      .nullable()
      .describe('The convolutional network before `vision`; null: the model reads stored features.'),
    features: z
      .string()
      .min(1)
      .optional()
      .describe('Hash of the encoder whose stored features the model reads; absent: any.'),
    context: slot
      .nullable()
      .default(null)
      .describe('Reads what a study comes with: indication, earlier study, similar cases; null: nothing.'),
    contextLength: positive
      .max(LARGEST.tokens)
      .default(60)
      .describe('Longest text that `context` reads, in words.'),
    agent: slot
      .nullable()
      .describe('Selects the patches of each region; null: every region has all patches.'),
    alignment: slot.nullable().describe('Draws reports and images together in training; null: no such loss.'),
    fusion: slot.nullable().describe('Joins regions and whole image; null: the decoder reads the patches.'),
    findings: slot
      .nullable()
      .default(null)
      .describe('Tells which findings a study shows, and lets the decoder know; null: no such head.'),
    decoder: slot.describe('Writes the report.'),
  })
  .superRefine(({ views, grid, width, ...rest }, context) => {
    const patches = views * grid.rows * grid.cols;
    if (patches > LARGEST.patches) {
      const message = `expected views × rows × columns of at most ${LARGEST.patches} patches, found ${patches}`;
      context.addIssue({ code: 'custom', path: ['grid'], message });
    }
    for (const name of SLOTS) {
      const weights = weightsOf(rest[name]?.config, width);
      if (weights <= LARGEST.weights) continue;
      const message = `expected a module of at most ${LARGEST.weights} weights, found ${weights} (${sizesIn(rest[name]?.config)})`;
      context.addIssue({ code: 'custom', path: [name, 'config'], message });
    }
  });
export type ModelConfig = z.infer<typeof modelConfigSchema>;

const rate = z.number().nonnegative();

const learningRates = z.strictObject({
  backbone: rate.default(4e-5).describe('The network before the visual Transformer.'),
  vision: rate.optional().describe('The visual Transformer; absent: that of `rest`, as published.'),
  text: rate.default(1e-5).describe('The text encoder of the alignment.'),
  rest: rate
    .default(6e-4)
    .describe('All other weights, apart from those of an agent that learns from rewards.'),
});

const schedule = z.strictObject({
  every: positive.max(LARGEST.rounds).default(5).describe('Epochs between two reductions.'),
  gamma: z.number().positive().max(1).default(0.9).describe('Factor of each reduction.'),
});

const augmentation = z.strictObject({
  shortSide: positive
    .max(LARGEST.imageSize)
    .optional()
    .describe(
      'Short side in pixels before the random crop; absent: `model.imageSize`, so that nothing is cropped.',
    ),
  flip: z
    .boolean()
    .default(false)
    .describe('Mirror half of the images, as published. Mirrored images contradict reports that name sides.'),
});

const generation = z
  .strictObject({
    search: z.enum(['beam', 'greedy']).default('beam').describe('How words are chosen.'),
    beam: positive.max(LARGEST.reports).default(3).describe('Beams of beam search.'),
    trigramPenalty: z
      .boolean()
      .default(false)
      .describe('Lower the probability of trigrams that were written before.'),
    lengthPenalty: rate
      .default(0)
      .describe(
        'α of beam search: texts are ranked by log-probability over lengthᵅ; 0 favours short ones, as published.',
      ),
    groups: positive
      .max(LARGEST.reports)
      .optional()
      .describe(
        'Groups of a diverse beam search, each with its share of the beams; must divide `beam`. Absent: 1.',
      ),
    diversity: rate
      .optional()
      .describe(
        'What diverse beam search takes off the log-probability of a token for each beam of an earlier group that has just written it. ' +
          'Absent: 1.',
      ),
    unknown: z
      .boolean()
      .default(false)
      .describe(
        'Whether `<unk>`, which stands for rare words, may be written. The published programs write it; ' +
          'a text of `<unk>` tells nobody anything.',
      ),
  })
  .superRefine(({ beam, groups = 1 }, context) => {
    if (beam % groups === 0) return;
    const message = `expected a divisor of beam (${beam}), found ${groups}`;
    context.addIssue({ code: 'custom', path: ['groups'], message });
  });

/** How the model is trained. */
export const trainingConfigSchema = z.strictObject({
  seed: z
    .int()
    .default(42)
    .describe('Fixes everything random: first weights, order of studies, crops, dropout, choices.'),
  epochs: positive.max(LARGEST.rounds).default(100).describe('Passes over the training studies.'),
  batchSize: positive.max(LARGEST.batch).default(16).describe('Studies per step.'),
  wordThreshold: positive.default(3).describe('Words seen fewer times than this in training become `<unk>`.'),
  cleaning: z
    .enum(['iu_xray', 'mimic_cxr'])
    .default('iu_xray')
    .describe('Whose rules clean the text of reports: those of R2Gen for IU X-ray or for MIMIC-CXR.'),
  learningRates: learningRates.prefault({}).describe('Learning rates of Adam, by part of the model.'),
  weightDecay: rate.default(8e-5).describe('Adam’s weight decay (L2, added to the gradient).'),
  clipValue: z
    .number()
    .positive()
    .default(0.1)
    .describe('Every element of a gradient is clipped to ± this value.'),
  amsgrad: z
    .boolean()
    .default(true)
    .describe('Keep the largest second moment, as published; false: plain Adam.'),
  schedule: schedule
    .prefault({})
    .describe('All rates are multiplied by `gamma` every `every` epochs (StepLR).'),
  patience: positive
    .max(LARGEST.rounds)
    .default(50)
    .describe('Epochs without a better validation score before training stops.'),
  lossWeights: z
    .record(z.string(), rate)
    .default({})
    .describe('Weights of the alignment’s losses, by name, beside the token cross-entropy; 1 where absent.'),
  findingWeight: z
    .number()
    .positive()
    .default(1)
    .describe(
      'Weight, in the token cross-entropy, of the tokens of sentences in which the rule labeler finds something positive; ' +
        'all others weigh 1. Above 1 where findings are rare and normal sentences would drown them.',
    ),
  agentEvery: positive
    .default(1)
    .describe('The agent acts and learns in every n-th step; in between its deterministic masks are used.'),
  agentBaseline: z
    .boolean()
    .default(true)
    .describe(
      'Subtract the report quality with deterministic masks from that with sampled ones (one more decoder pass).',
    ),
  agentReward: rewardSchema
    .optional()
    .describe(
      'Report quality that the agent learns from, as `selfCritical.reward`; absent: `sentence-bleu`, as published.',
    ),
  eyesFirst: z
    .int()
    .nonnegative()
    .max(LARGEST.rounds)
    .default(0)
    .describe(
      'How many of the epochs, the first ones, go to the eyes: encoder and finding head learn the labels of the reports, and nothing ' +
        'is written yet, which makes such an epoch cheap. At most half of `epochs`, and none without a finding head; `schedule` ' +
        'counts from the first epoch after them.',
    ),
  metrics: metricsSchema
    .optional()
    .describe(
      'Metrics that validation, evaluation and ablation measure beside the standard ones: names of `@raca/metrics`, or ' +
        '`{ use }` for one of your own; absent: none.',
    ),
  selection: selectionSchema
    .default('bleu4')
    .describe(
      'Which validation score chooses the weights that are kept; where two are equal, the lower validation loss. `bleu4`: ' +
        'as published. `findingsMacroF1`: mean F1 of the clinical classes other than No Finding that the validation split ' +
        'has. `findingsAndBleu4`: the mean of these two. `clinicalMicroF1`: micro-F1 of all 14 classes, which a model that ' +
        'finds nothing wins where most studies are normal. `reward`: that of `selfCritical`. Or any metric of ' +
        '`@raca/metrics`, with `key` where it has several scores, or one of your own by `use`.',
    ),
  validationStudies: positive
    .default(100_000)
    .describe('Reports written for validation after each epoch: those of the first studies of the split.'),
  selfCritical: selfCriticalSchema
    .nullable()
    .default(null)
    .describe(
      'Reinforcement on report quality; null: cross-entropy alone. Meant for a model that writes reports already.',
    ),
  preference: preferenceSchema
    .nullable()
    .default(null)
    .describe(
      'Learning from pairs of reports made by rule; null: none. A stage of its own, from a trained run (`--init`), and not beside ' +
        '`selfCritical`.',
    ),
  augmentation: augmentation.prefault({}).describe('Random changes of training images.'),
  generation: generation.prefault({}).describe('How reports are written in validation, evaluation and use.'),
});
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;

/** Epochs at the start in which only encoder and finding head learn; none without a finding head, at most half of them. */
export const eyesEpochs = (
  { findings }: { readonly findings?: unknown },
  { eyesFirst, epochs }: Pick<TrainingConfig, 'eyesFirst' | 'epochs'>,
): number => (findings ? Math.min(eyesFirst, Math.floor(epochs / 2)) : 0);

/** `config.json` of a run. */
export const runConfigSchema = z
  .strictObject({
    model: modelConfigSchema.describe('What is trained.'),
    training: trainingConfigSchema.prefault({}).describe('How it is trained.'),
  })
  .superRefine(({ model, training }, context) => {
    if (training.preference && training.selfCritical) {
      const message = 'expected one of preference and selfCritical, found both';
      context.addIssue({ code: 'custom', path: ['training', 'preference'], message });
    }
    const message = stepTooLarge(model, training.batchSize);
    if (message !== null) context.addIssue({ code: 'custom', path: ['training', 'batchSize'], message });
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
