import type { ChexpertClass } from './classes';
import type { FindingEntry } from './lexicon';
import type { Phrase } from './phrases';

/**
 * What two schemes settle differently about the same sentence. The phrases, negations and scopes are shared;
 * only this is exchanged.
 */
export interface Convention {
  /** Cues of uncertainty (exactly as written in `cues.ts`) behind which a finding counts as present. */
  readonly affirmed: readonly Phrase[];
  /** "atelectasis or scarring", "atelectasis versus infiltrate": -1 uncertain, 1 both present. */
  readonly alternatives: 1 | -1;
  /** "borderline heart size": -1 uncertain, 1 present. */
  readonly borderline: 1 | -1;
  /** Phrases that name something else in this scheme; they still keep a report from being No Finding. */
  readonly elsewhere: readonly { readonly label: ChexpertClass; readonly phrases: readonly Phrase[] }[];
  /** Phrases that this scheme counts and CheXpert does not. */
  readonly added: readonly FindingEntry[];
}

/** CheXpert's semantics, the default. */
export const CHEXPERT_CONVENTION: Convention = {
  affirmed: [],
  alternatives: -1,
  borderline: -1,
  elsewhere: [],
  added: [],
};

/**
 * How people coded the IU X-ray reports (MeSH, Demner-Fushman et al. 2016, in NIH's finding scheme): no class
 * is uncertain, so a finding is coded when it is named as the reading ("atelectasis or scarring", "probable
 * effusion", "borderline heart size") and only the sign is coded when the cause is a guess ("opacity, which
 * may represent atelectasis"). Signs with MeSH codes of their own are not the disease: a large silhouette is
 * Cardiac Shadow, congestion Pulmonary Congestion, a blunted angle Costophrenic Angle, a nodular opacity
 * Opacity, an infection Infection. Calcified nodules are nodules, pericardial effusions effusions.
 */
export const CODED_CONVENTION: Convention = {
  affirmed: [
    'probabl*',
    'versus',
    'vs',
    '(versus|vs) !(prior|previous|the_prior|the_previous|the_last|last|old)',
  ],
  alternatives: 1,
  borderline: 1,
  elsewhere: [
    { label: 'Cardiomegaly', phrases: ['silhouette*', 'contour*', 'shadow*', 'outline*'] },
    {
      label: 'Edema',
      phrases: [
        'congest*',
        'chf',
        'failure',
        'decompensation',
        'overload',
        '(engorg*|indistinct*|redistribution|prominence|plethora|cephaliz*|kerley)',
      ],
    },
    { label: 'Pleural Effusion', phrases: ['(blunt*|obscur*|effaced|obliterat*|ill)', 'hydropneumothora*'] },
    {
      label: 'Lung Lesion',
      phrases: ['nodular', 'lesion*', '(tumor*|tumour*|neoplas*|carcinoma*)', '(cavity|cavitation)', 'lump'],
    },
    { label: 'Pneumothorax', phrases: ['hydropneumothora*'] },
    { label: 'Pneumonia', phrases: ['infecti*'] },
  ],
  added: [
    { label: 'Lung Lesion', phrases: ['calcified ~ nodul*', 'nodul* (is|are) calcified', 'fibronodular'] },
    { label: 'Pleural Effusion', phrases: ['pericardial effusion*'] },
  ],
};

/** The conventions by name. */
export const CONVENTIONS = { chexpert: CHEXPERT_CONVENTION, coded: CODED_CONVENTION } as const;
