import type { ChexpertClass } from './classes';
import type { Phrase } from './phrases';

/** A part of the body that says nothing alone: its attribute makes the label. */
export interface SubjectEntry {
  readonly label: ChexpertClass;
  readonly subjects: readonly Phrase[];
  readonly except?: readonly Phrase[];
  readonly abnormal: readonly Phrase[];
  readonly borderline: readonly Phrase[];
  readonly normal: readonly Phrase[];
  /** Nothing can be said: uncertain. */
  readonly unknown?: readonly Phrase[];
  /** Abnormal counts as uncertain beside these: another cause is named. */
  readonly hedges?: readonly Phrase[];
}

const NORMAL_SIZE: readonly Phrase[] = [
  'normal*',
  'unremarkable',
  'within (normal)? limits',
  'within limits',
  'wnl',
  '(upper|high|top|upper_limits|upper_limit|high_limits|top_limits) (of|limits_of|limit_of)? normal',
  'top normal',
  'at? the (upper|high|top) (limit|limits) (of_normal)?',
  'upper limits',
  'not (significantly|appreciably|grossly)? (enlarged|increased|dilated)',
  'not (widened|wide|prominent)',
  'preserved',
  '(n|nl|nad|ok|satis)',
  'non enlarged',
  'nonenlarged',
  'no enlargement',
];
const LARGE: readonly Phrase[] = [
  'enlarg*',
  'enl',
  'prominen*',
  'large',
  'larger',
  'big',
  'bigger',
  'increased (in)? size',
  'increased',
  'dilated',
  'dilatation',
  'widen*',
  'broaden*',
  'wide',
  'globular',
  'hypertrophied',
];

export const SUBJECTS: readonly SubjectEntry[] = [
  {
    label: 'Cardiomegaly',
    subjects: [
      'heart (size|silhouette|shadow|contour*)?',
      'cardiac (silhouette|size|contour*|shadow*|outline*|border*|dimensions|diameter|sil)',
      'cardiac and mediastinal (silhouette*|contour*|shadow*|structures|size)?',
      'cardiac mediastinal (silhouette*|contour*|shadow*)',
      'cardiac (apex)? (is|appears) (enlarged|normal)',
      'cardiothoracic ratio',
      'ctr',
      'cardiac :',
    ],
    except: [
      'heart (failure|disease|border*|valve*|rate|surgery|transplant)',
      '(behind|posterior_to|overlying|near|adjacent_to|lateral_to|over|beneath|right|left) (the)? (left|right)? heart',
      'heart and (lungs|lung) (have|has)',
    ],
    unknown: [
      '(difficult|hard) to (assess|evaluate|judge)',
      '(cannot|can_not) be ~ (assessed|evaluated|determined)',
      'not ~ (assessed|evaluated)',
      '(poorly|suboptimally) (assessed|evaluated)',
      'limited',
    ],
    abnormal: LARGE,
    borderline: [
      'borderline',
      'mildly prominent',
      'slightly prominent',
      'mild prominence',
      'may be ~ enlarged',
      'at? the? (upper|high|top) (limits|limit|normal) (of_normal)? ,? (or|to|possibly|perhaps|if_not) (mildly|slightly|minimally)? (enlarged|increased)',
    ],
    normal: NORMAL_SIZE,
  },
  {
    label: 'Enlarged Cardiomediastinum',
    subjects: [
      'cardiomediastinal (silhouette*|contour*|shadow*|structures|size|outline*|borders|margins)?',
      'cardio mediastinal (silhouette*|contour*|shadow*|structures)?',
      'cardiomediastinum',
      '(superior|upper)? mediastinum',
      '(superior|upper)? mediastinal (silhouette*|contour*|shadow*|structures|width|size|configuration|outline*|border*|margins)',
      'cardiac silhouette and vascularity',
    ],
    abnormal: LARGE,
    borderline: [
      'borderline (enlarge*|prominen*|large)?',
      'mildly prominent',
      'slightly prominent',
      'mild prominence',
    ],
    normal: NORMAL_SIZE,
  },
  {
    label: 'Pleural Effusion',
    subjects: [
      '(costophrenic|cp|costodiaphragmatic) (angle*|sulc*|recess*|xxxx)?',
      'pleural (space|spaces|recesses)',
      '(pleural|posterior|lateral) (sulcus|sulci)',
    ],
    abnormal: ['blunt*', 'obscur*', 'effaced', 'obliterat*', 'ill defined'],
    borderline: ['borderline'],
    hedges: ['scar*', '~ thickening', 'chronic', 'reaction', '(may|could) ~ ~ (effusion*|fluid)'],
    normal: [
      'sharp',
      'clear',
      'free',
      'normal',
      'preserved',
      'unremarkable',
      'well defined',
      'maintained',
      'within normal limits',
    ],
  },
];
