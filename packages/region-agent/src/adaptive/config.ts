import { z } from 'zod';

const fraction = z.number().min(0).max(0.5);

/** Options of `adaptiveAgent`. */
export const adaptiveAgentConfigSchema = z.strictObject({
  /** d, width of the patches, for an agent without eyes. */
  width: z.int().positive().default(512),
  /** What each view of a study shows; `unknown` ones have no prior. */
  views: z
    .array(z.enum(['frontal', 'lateral', 'unknown']))
    .min(1)
    .default(['frontal', 'lateral']),
  hidden: z.int().positive().default(64),
  /** `ppo`: choices are sampled and paid for; `direct`: the cross-entropy with the placed prior, without sampling. */
  learning: z.enum(['ppo', 'direct']).default('ppo'),
  /** Updates after which the prior is laid on each patient by registration; null: never. */
  registerAfter: z.int().nonnegative().nullable().default(150),
  /**
   * Fitting regions to the gray of each image: `rewards`: the placed prior, before it pays; `masks`: those of
   * `locate`; `both`; `never`. Needs eyes.
   */
  sharpen: z.enum(['never', 'rewards', 'masks', 'both']).default('never'),
  /** Eyes see the rank of each gray within the body, so that X-rays of different devices look alike. */
  equalise: z.boolean().default(false),
  /** Rewards of lungs and heart in frontal views go by their outlines in each image (`outlined`). Needs eyes. */
  outline: z.boolean().default(false),
  /** Practice on moved images, for an agent with eyes: largest moves. Null: none. */
  practice: z
    .strictObject({
      shift: fraction.default(0.17),
      scaleOut: fraction.default(0.25),
      scaleIn: fraction.default(0.3),
      stretch: fraction.default(0.06),
      turn: fraction.default(0.21),
      /** What is taken of dark margins of moved images: nothing, or that they hold no region. */
      margins: z.enum(['unknown', 'empty']).default('unknown'),
      contrast: fraction.default(0.15),
      brightness: z.number().min(0).max(2).default(0.25),
    })
    .nullable()
    .prefault({}),
  /** Weight of agreement with the placed prior. */
  priorWeight: z.number().nonnegative().default(1),
  /** Weight of report quality. */
  qualityWeight: z.number().nonnegative().default(0.4),
  /** High: choices stay open, so that small regions are not given up before they can be told apart. */
  entropyWeight: z.number().nonnegative().default(0.5),
  epochs: z.int().positive().default(2),
  clip: z.number().positive().default(0.2),
  actorRate: z.number().positive().default(2e-3),
  /** Updates after which the rate has halved; null: it stays. */
  rateHalfLife: z.number().positive().nullable().default(null),
});

/** Config of `adaptiveAgent`; every field has a default. */
export type AdaptiveAgentConfig = z.input<typeof adaptiveAgentConfigSchema>;

/** The same with every default filled in. */
export type AdaptiveOptions = z.output<typeof adaptiveAgentConfigSchema>;
