import { LARGEST, VIEW_KINDS } from '@raca/core';
import { z } from 'zod';
import { regionsOption } from '../region-set';

const fraction = z.number().min(0).max(0.5);

/** Options of `adaptiveAgent`. */
export const adaptiveAgentConfigSchema = z.strictObject({
  regions: regionsOption,
  width: z
    .int()
    .positive()
    .max(LARGEST.width)
    .default(512)
    .describe('d, width of the patches, for an agent without eyes.'),
  views: z
    .array(z.enum(VIEW_KINDS))
    .min(1)
    .max(LARGEST.views)
    .default(['frontal', 'lateral'])
    .describe(
      'What each view of a study shows, where the study does not say; `unknown` and `other` ones have no prior.',
    ),
  hidden: z.int().positive().max(LARGEST.width).default(64).describe('Width of the hidden layers.'),
  learning: z
    .enum(['ppo', 'direct'])
    .default('ppo')
    .describe(
      '`ppo`: choices are sampled and rewarded; `direct`: the cross-entropy with the placed prior, without sampling.',
    ),
  registerAfter: z
    .int()
    .nonnegative()
    .nullable()
    .default(150)
    .describe('Updates after which the prior is laid on each patient by registration; null: never.'),
  sharpen: z
    .enum(['never', 'rewards', 'masks', 'both'])
    .default('never')
    .describe(
      'Fitting regions to the gray values of each image. `rewards`: the placed prior, before it pays; `masks`: those of ' +
        '`locate`. Needs eyes.',
    ),
  equalise: z
    .boolean()
    .default(false)
    .describe(
      'Eyes see the rank of each gray value within the body, so that X-rays of different devices look alike.',
    ),
  outline: z
    .boolean()
    .default(false)
    .describe('Rewards of lungs and heart in frontal views follow their outlines in each image. Needs eyes.'),
  practice: z
    .strictObject({
      shift: fraction.default(0.17).describe('Largest shift, as a fraction of the view.'),
      scaleOut: fraction.default(0.25).describe('Most that the image shrinks: ln of the scale.'),
      scaleIn: fraction.default(0.3).describe('Most that the image grows: ln of the scale.'),
      stretch: fraction.default(0.06).describe('Largest change of ln(width / height), either way.'),
      turn: fraction.default(0.21).describe('Largest rotation, in radians.'),
      margins: z
        .enum(['unknown', 'empty'])
        .default('unknown')
        .describe('What is taken from dark margins of moved images: nothing, or that they hold no region.'),
      contrast: fraction.default(0.15).describe('Largest change of contrast: distance of the factor from 1.'),
      brightness: z
        .number()
        .min(0)
        .max(2)
        .default(0.25)
        .describe('Largest change of brightness, in standard deviations of the gray values.'),
    })
    .nullable()
    .prefault({})
    .describe('Practice on randomly moved images, for an agent with eyes; null: none.'),
  priorWeight: z.number().nonnegative().default(1).describe('Weight of agreement with the placed prior.'),
  qualityWeight: z.number().nonnegative().default(0.4).describe('Weight of report quality.'),
  entropyWeight: z
    .number()
    .nonnegative()
    .default(0.5)
    .describe(
      'Weight of the entropy bonus. High: choices stay open, so that small regions are not given up before they can be told apart.',
    ),
  epochs: z
    .int()
    .positive()
    .max(LARGEST.rounds)
    .default(2)
    .describe('Passes of PPO over the choices of one step.'),
  clip: z
    .number()
    .positive()
    .default(0.2)
    .describe('ε of PPO: the ratio of probabilities is clipped to 1 ± ε.'),
  actorRate: z.number().positive().default(2e-3).describe('Learning rate of the policy.'),
  rateHalfLife: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Updates after which the rate has halved; null: it stays.'),
});

/** Config of `adaptiveAgent`; every field has a default. */
export type AdaptiveAgentConfig = z.input<typeof adaptiveAgentConfigSchema>;

/** The same with every default filled in. */
export type AdaptiveOptions = z.output<typeof adaptiveAgentConfigSchema>;
