import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { TokenBatch } from './decoder';
import type { FindingLabels, FindingReading } from './findings';
import type { Memory } from './memory';
import type { StudyInput } from './study';
import type { PatchFeatures } from './vision';

/**
 * A batch in training, as every module's losses see it: the truth enters here and in teacher forcing, nowhere else.
 * Axes: b batch, p patches, r regions, t tokens, d width. What a caller outside the model does not have may be left out.
 */
export interface LossInput {
  readonly tokens: TokenBatch;
  /** The decoder's embedding of the tokens `[b, t, d]`, positions added. */
  readonly embedded: Tensor3D;
  /** Encoded patches `[b, p, d]`. */
  readonly features: PatchFeatures;
  /** Region masks `[b, r, p]`, each 0 or 1, 0 where a patch is not there; null without an agent. */
  readonly masks: Tensor3D | null;
  /** Id of the "." token, which ends a sentence. */
  readonly separator: number;
  /** Per study, per sentence in report order: indices of the regions it speaks of. Missing sentences: none. */
  readonly sentenceRegions: readonly (readonly (readonly number[])[])[];
  readonly study?: StudyInput;
  /** What the context module read; null without one. */
  readonly context?: Memory | null;
  /** What the decoder reads. */
  readonly memory?: Memory;
  /** What the finding head said. */
  readonly reading?: FindingReading | null;
  /** What the reports say of each finding. */
  readonly labels?: FindingLabels;
  /** Word of token id i + 1. */
  readonly words?: readonly string[];
}
