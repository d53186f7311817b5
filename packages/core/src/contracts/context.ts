import type { Memory } from './memory';
import type { Module, Pass } from './module';
import type { ContextField, StudyInput } from './study';
import type { PatchFeatures } from './vision';

/** What a context module may ask for: earlier studies' pictures, similar cases, or texts by field. */
export type ContextSource = 'prior' | 'similar' | ContextField;

/** What is known of some studies besides their own pictures. */
export interface ContextInput {
  /** Encoded patches of the studies themselves. */
  readonly current: PatchFeatures;
  /** Encoded patches of the earlier studies, by the same encoder; null where the batch has none. */
  readonly prior: { readonly features: PatchFeatures; readonly days: Float32Array } | null;
  readonly texts: NonNullable<StudyInput['texts']>;
  /** Ids of the studies, `[b]`. */
  readonly ids: readonly string[] | null;
}

/** Reads what a study comes with: why it was made, what was seen before, what similar cases showed. */
export interface ContextEncoder extends Module {
  /** What it reads; nothing else is loaded for it. */
  readonly reads: readonly ContextSource[];
  /** Places `[b, m, d]`, named by what they came from. */
  encode(input: ContextInput, pass: Pass): Memory;
}
