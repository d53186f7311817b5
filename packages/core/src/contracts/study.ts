import type { TokenBatch } from './decoder';
import type { VisionInput } from './vision';

/** What a picture of the chest shows; `unknown` where nobody says. */
export const VIEW_KINDS = ['frontal', 'lateral', 'other', 'unknown'] as const;
export type ViewKind = (typeof VIEW_KINDS)[number];

/**
 * The pictures of some studies. A study with fewer pictures than the batch has slots leaves slots empty: they hold zeros
 * and count nowhere.
 */
export interface Views {
  /** Normalised images `[b, v, H, W, 3]`, or the backbone's features of them. */
  readonly input: VisionInput;
  /** `[b][v]`; null: the slot is empty. */
  readonly kinds: readonly (readonly (ViewKind | null)[])[];
}

/** The texts of a study that a model may read. What the report itself says never enters: this list is complete. */
export const CONTEXT_FIELDS = ['indication', 'history', 'comparison', 'technique', 'priorReport'] as const;
export type ContextField = (typeof CONTEXT_FIELDS)[number];

/** One text for each study of a batch. An absent text is something else than an empty one. */
export interface ContextTexts {
  /** `[b, t]` ids of words in the context's vocabulary from 1, without marks of beginning and end; 0 is padding. */
  readonly tokens: TokenBatch;
  /** `[b]`: 1 where the study has this text, be it empty; 0 where it is absent. Both have rows of 0. */
  readonly present: Uint8Array;
}

/** The earlier study of each study of a batch. */
export interface EarlierStudies {
  /** All slots empty where a study has no earlier one. */
  readonly views: Views;
  /** Days from the earlier study to this one, `[b]`; NaN where unknown. */
  readonly days: Float32Array;
}

/** All that a model may read of some studies. What is absent changes nothing. */
export interface StudyInput {
  readonly views: Views;
  readonly prior?: EarlierStudies;
  readonly texts?: Readonly<Partial<Record<ContextField, ContextTexts>>>;
  /** Ids of the studies, `[b]`: so that a study can be left out among its own neighbours. */
  readonly ids?: readonly string[];
}

/** Slots that are all filled with pictures of which nobody says what they show. */
export const unknownViews = (b: number, v: number): ViewKind[][] =>
  Array.from({ length: b }, () => new Array<ViewKind>(v).fill('unknown'));
