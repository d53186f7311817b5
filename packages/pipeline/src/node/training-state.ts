import { z } from 'zod';

/** Weights kept so far. Runs of earlier versions counted epochs from 0 and noted no loss. */
const best = z.union([
  z.strictObject({
    /** From 1; 0: the weights that the run started from. */
    epoch: z.int().nonnegative(),
    /** What `training.selection` names. */
    score: z.number(),
    /** Validation loss of the same weights; null where it was not noted. */
    loss: z.number().nullable(),
  }),
  z
    .strictObject({ epoch: z.int().nonnegative(), score: z.number() })
    .transform(({ epoch, score }) => ({ epoch: epoch + 1, score, loss: null })),
]);

/** Where training stands. */
export const stateSchema = z.strictObject({
  /** Epochs done; the one under way is the next. */
  epoch: z.int().nonnegative(),
  /** Training studies of the epoch under way that are done. */
  cursor: z.int().nonnegative(),
  /** Optimiser steps done. With the seed it fixes everything random that follows. */
  step: z.int().nonnegative(),
  seed: z.int(),
  finished: z.boolean(),
  /** Best validation so far: its weights are `weights.safetensors`. */
  best: best.nullable(),
});
export type TrainingState = z.output<typeof stateSchema>;
