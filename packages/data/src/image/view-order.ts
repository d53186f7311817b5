import type { DicomSubject } from '../dicom/subject';

/** A view of a study, with what its header says of it. */
interface View {
  readonly file: string;
  readonly subject?: Pick<DicomSubject, 'view' | 'viewPosition'>;
}

/**
 * Frontal views before lateral ones, as models are trained. Only what headers say moves a view: those that say nothing keep
 * their places before the lateral ones.
 *
 * @returns the views in order, and a line where that is not the order given, or where the only view is lateral
 */
export function orderViews<V extends View>(views: readonly V[]): { views: V[]; warnings: string[] } {
  const isLateral = ({ subject }: View) => subject?.view === 'lateral';
  const ordered = [...views.filter((view) => !isLateral(view)), ...views.filter(isLateral)];
  const says = ({ subject }: View) =>
    subject?.viewPosition ? ` (View Position ${subject.viewPosition})` : '';
  const [first] = views;
  if (first !== undefined && isLateral(ordered[0]))
    return {
      views: ordered,
      warnings: [
        `${first.file}: a lateral view${says(first)} by its header; models expect a frontal one first`,
      ],
    };
  const moved = views.find((view, i) => isLateral(view) && ordered[i] !== view);
  if (moved === undefined) return { views: ordered, warnings: [] };
  return {
    views: ordered,
    warnings: [`${moved.file}: a lateral view${says(moved)} by its header: put behind the frontal one`],
  };
}
