import type { ViewKind } from '@raca/core';

/**
 * What a view of this name shows: names of MIMIC-CXR's `ViewPosition` and code meanings, of the Indiana projections, of DICOM,
 * and the kinds themselves.
 */
export function viewKind(view = ''): ViewKind {
  const name = view.trim().toUpperCase();
  if (name === '' || name === 'UNKNOWN') return 'unknown';
  if (/^(AP|PA|FRONTAL|ANTERO[-_ ]?POSTERIOR|POSTERO[-_ ]?ANTERIOR)( (AXIAL|LLD|RLD))?$/.test(name))
    return 'frontal';
  if (/^(LL|RL|LAT|(XTABLE |LEFT |RIGHT )?LATERAL)$/.test(name)) return 'lateral';
  return 'other';
}

/**
 * What each image of a study shows, in the order of its images. A field `views` of another meaning (a number, a list that
 * names no view) says nothing.
 */
export function viewKindsOf(study: {
  readonly image_path: readonly string[];
  readonly views?: unknown;
}): ViewKind[] {
  const { image_path, views } = study;
  const names = isViewList(views) && views.length === image_path.length ? views : [];
  return image_path.map((_, n) => viewKind(names[n] ?? ''));
}

/** Whether a value names views: texts and nulls, of which at least one is a name that is known. */
export function isViewList(value: unknown): value is readonly (string | null)[] {
  if (!Array.isArray(value) || !value.every((view) => view === null || typeof view === 'string'))
    return false;
  return value.some((view) => view !== null && (/^other$/i.test(view) || viewKind(view) !== 'other'));
}
