/** What a picture of a study shows, as far as anybody has said. */
export const VIEW_KINDS = ['frontal', 'lateral', 'other', 'unknown'] as const;
export type ViewKind = (typeof VIEW_KINDS)[number];

/**
 * The texts beside the pictures that may enter a model: an allow-list. Findings, impression, report and labels of the
 * study itself are never among them.
 */
export const CONTEXT_FIELDS = ['indication', 'history', 'comparison', 'technique', 'priorReport'] as const;
export type ContextField = (typeof CONTEXT_FIELDS)[number];
