import { viewKind } from '../views';

/** Which images of a study are taken. */
export const IMAGE_CHOICES = ['two', 'pair', 'one', 'all', 'each'] as const;

/**
 * - `two`: the first two, studies with fewer are left out (R2Gen's IU X-ray)
 * - `pair`: one frontal and one lateral, studies without either are left out
 * - `one`: one, frontal and upright before others
 * - `all`: all of a study, frontal ones first
 * - `each`: a study for every image, the report repeated (R2Gen's MIMIC-CXR)
 */
export type ImageChoice = (typeof IMAGE_CHOICES)[number];

/** One image of a study: its name in the source and its view, if known, as the source calls it (`PA`, `Lateral`). */
export interface SourceImage {
  readonly id: string;
  readonly view?: string;
}

/** Upright before lying, frontal before lateral; lower is better. */
function rank({ view = '' }: SourceImage): number {
  const name = view.trim().toUpperCase();
  const order = ['PA', 'POSTERO-ANTERIOR', 'FRONTAL', 'AP', 'ANTERO-POSTERIOR'];
  const place = order.indexOf(name);
  if (place >= 0) return place;
  return order.length + ['frontal', 'unknown', 'lateral', 'other'].indexOf(viewKind(view));
}

/** The images of a study that are taken, in order, or why there are none. Equal views keep their order. */
export function chooseImages<I extends SourceImage>(
  images: readonly I[],
  choice: ImageChoice,
): { images: I[] } | { reason: string } {
  if (images.length === 0) return { reason: 'no image' };
  const sorted = [...images].sort((a, b) => rank(a) - rank(b));
  switch (choice) {
    case 'two':
      return images.length < 2 ? { reason: 'one image only' } : { images: images.slice(0, 2) };
    case 'pair': {
      const frontal = sorted.find(({ view }) => viewKind(view) === 'frontal');
      const lateral = sorted.find(({ view }) => viewKind(view) === 'lateral');
      if (frontal && lateral) return { images: [frontal, lateral] };
      return { reason: frontal ? 'no lateral view' : lateral ? 'no frontal view' : 'no view known' };
    }
    case 'one':
      return { images: sorted.slice(0, 1) };
    case 'all':
    case 'each':
      return { images: sorted };
  }
}
