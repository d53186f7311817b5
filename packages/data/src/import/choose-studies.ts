import { type Funnel, imagesOf } from './funnel';
import { applySplit, type GivenSplit } from './given-split';
import { chooseImages, type ImageChoice } from './image-choice';
import { chooseText, type TextPolicy } from './sections';
import { type Shares, splitByPatient } from './split';
import { type ChosenStudy, type ImportImage, type ImportStudy, SAFE_ID } from './study';

/** What is filtered. */
export interface Filtered {
  readonly source: {
    readonly splitNames?: 'studies' | 'images';
    readonly splitKey?: (id: string) => string;
  };
  readonly content: {
    readonly studies: readonly ImportStudy[];
    readonly chosen?: boolean;
    readonly onePerPatient?: boolean;
  };
  /** Whether an image's file is there; left out for an import without images. */
  readonly hasFile?: (image: ImportImage) => boolean;
  /** A published split to follow. */
  readonly given?: GivenSplit;
}

/** All that decides about which studies and images are taken, defaults filled in. */
export interface Settings extends TextPolicy {
  readonly perStudy: ImageChoice;
  /** In capitals. */
  readonly views?: readonly string[];
  readonly seed: number;
  readonly shares: Shares;
}

/** Leaves out what cannot be used, one filter after the other, each with a row of the funnel, and gives the rest its split. */
export function chooseStudies(
  { source, content, hasFile, given }: Filtered,
  settings: Settings,
  funnel: Funnel,
): ChosenStudy[] {
  const ids = new Map<string, string>();
  let studies = funnel.filter('each id once', content.studies, ({ id, subject, origin }) => {
    if (!SAFE_ID.test(id)) return 'an id of other than letters, digits, ".", "_" or "-"';
    const key = content.onePerPatient ? subject : id;
    const earlier = ids.get(key);
    if (earlier === undefined) ids.set(key, origin);
    return earlier === undefined
      ? undefined
      : { reason: 'id used twice', place: `${origin}, first in ${earlier}` };
  });
  if (given) {
    studies =
      source.splitNames === 'images'
        ? byImages(studies, given, funnel)
        : applySplit(studies, given, funnel, source.splitKey ?? ((id) => id));
    funnel.row('in the split file', studies.length, imagesOf(studies));
  } else if (studies.some(({ split }) => split) && studies.some(({ split }) => !split)) {
    studies = funnel.filter('has a split', studies, ({ split }) =>
      split ? undefined : 'not in the split table',
    );
  }
  const texts = new Map<ImportStudy, string>();
  studies = funnel.filter('has a report', studies, (study) => {
    const result = chooseText(study.text === undefined ? study.sections : { findings: study.text }, {
      ...settings,
      section: study.text === undefined ? settings.section : 'findings',
    });
    if ('reason' in result) return study.text === undefined ? result.reason : 'no report';
    texts.set(study, result.text);
    return undefined;
  });
  const texted = studies.map((study) => ({ ...study, text: texts.get(study)! }));
  let illustrated = onlyViews(texted, settings.views, funnel);
  if (hasFile) {
    illustrated = illustrated.map((study) => ({
      ...study,
      images: study.images.filter((image) => {
        if (hasFile(image)) return true;
        funnel.drop(image.id, 'image file missing', { studies: 0, images: 1 });
        return false;
      }),
    }));
    funnel.row('image files there', illustrated.length, imagesOf(illustrated));
  }
  illustrated = illustrated.flatMap((study) => {
    const { id, images } = study;
    const asGiven = content.chosen && images.length > 0;
    const result = asGiven ? { images } : chooseImages(images, settings.perStudy);
    if ('images' in result) return [{ ...study, images: result.images }];
    funnel.drop(id, result.reason, { images: images.length });
    return [];
  });
  funnel.row(`images a study: ${settings.perStudy}`, illustrated.length, imagesOf(illustrated));
  const split = splitByPatient(
    illustrated.filter((s) => !s.split).map((s) => s.subject),
    settings.seed,
    settings.shares,
  );
  return illustrated.map((study) => ({
    ...study,
    split: study.split ?? split.get(study.subject)!,
  }));
}

/** R2Gen's MIMIC split names images. */
function byImages(studies: readonly ImportStudy[], { entries }: GivenSplit, funnel: Funnel): ImportStudy[] {
  const splits = new Map(entries.map(({ id, split }) => [id, split]));
  return studies.flatMap((study) => {
    const images = study.images.filter(({ id }) => splits.has(id));
    if (images.length === 0) {
      funnel.drop(study.id, 'not in the split file', { images: study.images.length });
      return [];
    }
    return [{ ...study, images, split: splits.get(images[0].id) }];
  });
}

function onlyViews<S extends ImportStudy>(
  studies: S[],
  views: readonly string[] | undefined,
  funnel: Funnel,
): S[] {
  if (!views) return studies;
  const chosen = studies.map((study) => ({
    ...study,
    images: study.images.filter((image) => {
      const view = image.view?.toUpperCase() ?? 'UNKNOWN';
      if (views.includes(view)) return true;
      funnel.drop(image.id, `view ${view.toLowerCase()}`, { studies: 0, images: 1 });
      return false;
    }),
  }));
  funnel.row(`views ${views.join(', ')}`, chosen.length, imagesOf(chosen));
  return chosen;
}
