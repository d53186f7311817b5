import type { ChexpertClass } from './classes';
import type { Phrase } from './phrases';

/** Phrases that name a finding, and those that look alike but name something else. */
export interface FindingEntry {
  readonly label: ChexpertClass;
  readonly phrases: readonly Phrase[];
  /** Where one of these covers a phrase, it is no mention. */
  readonly except?: readonly Phrase[];
  /** A sign that only hints at the class: affirmed, it is uncertain. */
  readonly hint?: true;
}

/** A part of the body that says nothing alone: its attribute makes the label. */
export interface SubjectEntry {
  readonly label: ChexpertClass;
  readonly subjects: readonly Phrase[];
  readonly except?: readonly Phrase[];
  readonly abnormal: readonly Phrase[];
  readonly borderline: readonly Phrase[];
  readonly normal: readonly Phrase[];
  /** Abnormal counts as uncertain beside these: another cause is named. */
  readonly hedges?: readonly Phrase[];
}

export const FINDINGS: readonly FindingEntry[] = [
  {
    label: 'Cardiomegaly',
    phrases: ['cardiomegal*', 'megalocardia', 'cardiac (enlargement|hypertrophy)'],
  },
  {
    label: 'Enlarged Cardiomediastinum',
    phrases: [
      'mediastinal (or_hilar|and_hilar)? (widening|enlargement|broadening)',
      'cardiomediastinal (enlargement|widening|prominence)',
    ],
  },
  {
    label: 'Lung Lesion',
    phrases: [
      'mass',
      'masses',
      'masslike',
      'nodule*',
      'micronodul*',
      'nodular (opacit*|densit*|opacification*|lesion*|focus|foci|shadow*|mass*|infiltrat*|disease)',
      '(pulmonary|lung|parenchymal|cavitary|cavitating|coin|spiculated|round|rounded|lobe|space_occupying|mass_like) lesion*',
      'lesion* (in|within|of|at|projecting) ~ (lung|lobe|apex|base|lingula|hilum)',
      'tumor*',
      'tumour*',
      'neoplas*',
      'carcinoma*',
      'cavity',
      'cavitation',
      'lump',
    ],
    except: [
      'calcified ~ nodul*',
      'nodul* (is|are) calcified',
      'mass effect',
      'body mass',
      '(breast|adrenal|renal|abdominal|liver|thyroid|neck) (mass*|nodule*|tumor*|carcinoma*|lesion*)',
      'chest wall (mass*|lesion*)',
      '(thoracic|chest|oral|pleural|abdominal) cavity',
      'nipple ~ nodul*',
    ],
  },
  {
    label: 'Lung Opacity',
    phrases: [
      'opacit*',
      'opacif*',
      'infiltrat*',
      '(airspace|air_space|alveolar|parenchymal|interstitial) (disease|process|abnormalit*|change*|infiltrat*|shadowing)',
      '(increased|patchy|hazy|focal|airspace|air_space|streaky|vague|ill_defined|linear|alveolar|parenchymal|basilar|bibasilar|retrocardiac|lung|abnormal|ground_glass|round|rounded|soft_tissue|new|small|pulmonary|lower_lobe|interstitial) densit*',
      '(increased|prominent|coarse|coarsened|accentuated|thickened|chronic|diffuse|bilateral) ~ interstitial (marking*|pattern|lung_markings|prominence|thickening)',
      'interstitial (marking*|pattern|prominence|thickening|coarsening|accentuation)',
      'prominence of ~ interstitial (marking*|pattern)',
      'reticul*',
      'ground glass',
      'haziness',
      'haze',
      'white out',
      '(lung|parenchymal|pulmonary|apical|biapical|basilar|bibasilar|linear|basal|chronic|focal|subsegmental|post_inflammatory|fibrotic|midlung|lobe|base|bases|lingular) scar*',
      'scarring',
      'scar',
      'scars',
      '(peribronchial|bronchial_wall|interlobular_septal) (thickening|cuffing)',
      'decreased translucency',
    ],
    except: [
      'pleural ~ (scar|scars|scarring)',
      'pleural parenchymal scar*',
      '(surgical|skin|soft_tissue) scar*',
      'bone densit*',
      'bony densit*',
      'radio opaque',
      'normal interstitial markings',
      'nodular (opacit*|densit*|opacification*)',
    ],
  },
  {
    label: 'Edema',
    phrases: [
      'edema*',
      'oedema',
      '(heart|cardiac|ventricular) failure',
      'chf',
      '(vascular|venous|pulmonary|vessel|vasculature|perihilar|central|hilar|interstitial|cardiopulmonary|circulatory) congestion',
      'congestion',
      'congestion of ~ (vasculature|vessels|vessel|lungs|veins)',
      'congestive (change*|failure|heart|pattern|process)',
      '(vasculature|vascularity|vessels|vascular_markings) (is|are|appears|appear|remains) ~ (congested|engorged)',
      '(congested|engorged) ~ (vasculature|vascularity|vessels|vascular_markings|veins)',
      '(vascular|venous|vessel) engorgement',
      'engorgement of ~ (vasculature|vessels|veins)',
      'kerley b? lines?',
      '(fluid|volume) overload',
      'cardiac decompensation',
    ],
    except: [
      '(nasal|sinus|hepatic|bowel) congestion',
      '(soft_tissue|subcutaneous|peripheral|leg|pedal|marrow) edema',
    ],
  },
  {
    label: 'Edema',
    phrases: [
      '(vascular|venous|vessel) (redistribution|indistinctness|prominence|plethora)',
      'indistinctness of ~ (vasculature|vessels|vascular_markings)',
      'indistinct ~ (vasculature|vascularity|vessels|vascular_markings)',
      '(vasculature|vascularity|vessels|vascular_markings) (is|are|appears|appear|remains) ~ (indistinct|cephalized)',
      'cephalization',
    ],
    hint: true,
  },
  { label: 'Consolidation', phrases: ['consolidat*'] },
  {
    label: 'Pneumonia',
    phrases: ['pneumonia*', 'bronchopneumonia*', 'pneumonic', 'pneumonitis', 'infection*', 'infectious'],
    except: [
      '(granulomatous|fungal|histoplasmosis|urinary|prior|previous|old|remote) ~ (infection*|pneumonia*)',
      '(interstitial|radiation|organizing) pneumonitis',
      'pneumonia (vaccine|protocol)',
    ],
  },
  {
    label: 'Atelectasis',
    phrases: [
      'atelecta*',
      '(lobar|lobe|lung|segmental|subsegmental|partial|complete|basilar|alveolar) collapse',
      'collapse* of ~ (lobe|lung|lingula|segment|base)',
      'collapsed (lung|lobe|lingula)',
      '(lobe|lung) (is|has|appears) ~ collapsed',
      'collapse consolidation',
      'collapse',
    ],
    except: [
      '(vertebral|compression|vertebra|body) collapse*',
      'collapse* of ~ (vertebra*|body|bodies|endplate*)',
    ],
  },
  {
    label: 'Pneumothorax',
    phrases: [
      'pneumothora*',
      'hydropneumothora*',
      'hemopneumothora*',
      'ptx',
      'pleural air collection',
      '(visceral_pleural|pleural) line',
    ],
  },
  {
    label: 'Pleural Effusion',
    phrases: [
      'effusion*',
      'pleural fluid',
      'hydrothora*',
      'hydropneumothora*',
      'hemothora*',
      'fluid (in|within|along|tracking_into) ~ (fissure*|pleural_space*|pleura)',
      'fluid at ~ (base|bases|lung_base)',
      '(fissural|subpulmonic|loculated|layering) fluid',
    ],
    except: ['(pericardial|joint|ear) effusion*'],
  },
  {
    label: 'Pleural Other',
    phrases: [
      'pleural ~ (thickening|scar|scars|scarring|plaque|plaques|fibrosis|calcification*)',
      'thickening of ~ pleura',
      '(apical|biapical) (cap|capping|caps|thickening)',
      'pleural parenchymal (scar*|thickening)',
      'pleuroparenchymal (scar*|thickening)',
      'fibrothorax',
      'pleural based (scar*|thickening)',
    ],
  },
  {
    label: 'Fracture',
    phrases: ['fracture*', 'fractured', 'fx', 'cortical (disruption|break)'],
    except: ['fracture (risk|fixation)'],
  },
  {
    label: 'Support Devices',
    phrases: [
      'pacemaker*',
      'pacer*',
      'pacing (wire*|lead*|device*)',
      'aicd',
      'icd',
      'defibrillator*',
      'picc*',
      '(central|venous|arterial|picc|ij|jugular|subclavian|dialysis|swan|infusion|support|indwelling|iv|vascular|femoral|ng|og) (line|lines)',
      '(lines|tubes) and (tubes|lines)',
      'lines or tubes',
      'catheter*',
      'permcath',
      '(endotracheal|et|ng|og|nasogastric|orogastric|enteric|feeding|chest|thoracostomy|tracheostomy|drainage|gastric|nasoenteric|dobbhoff|pleural|g|gastrostomy) (tube|tubes)',
      'tracheostomy',
      'ett',
      'ngt',
      'mediport*',
      'port',
      'ports',
      'portacath*',
      'infuse a port',
      'sternotomy',
      'sternal wires',
      '(cerclage|median_sternotomy|suture) wires',
      '(prosthetic|mechanical|artificial|bioprosthetic|replacement|replaced) ~ valve*',
      'valve* (replacement*|prosthes*|repair)',
      'valvular prosthes*',
      '(orthopedic|spinal|surgical|fixation|fusion|metallic|cervical) hardware',
      'hardware',
      '(spinal|fixation|harrington|surgical|fusion) (rod|rods)',
      '(plate|plates) and screws',
      'screw',
      'screws',
      'arthroplast*',
      'stent*',
      '(neurostimulator|stimulator|vagal_nerve_stimulator|spinal_stimulator)*',
      '(vp|ventriculoperitoneal) shunt',
      'shunt catheter',
      'cannula*',
      '(pigtail|pleural|mediastinal|surgical|chest) drain*',
      'intra aortic balloon',
      'iabp',
      'impella',
      'lvad',
      'loop recorder',
      'support* device*',
      '(medical|monitoring|cardiac|implanted|indwelling|assist|electronic) device*',
      'generator',
      'support apparatus',
      'embolization coil*',
      '(lead|leads) (tip|tips|terminat*|in|within|project*|overl*|are|is)',
      '(right|left|chest|cardiac|ventricular|atrial|dual|single) ~ leads',
    ],
    except: ['port site*', 'lead to', 'air trapping device'],
  },
];

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
  'not (significantly|appreciably|grossly)? enlarged',
  'not (widened|wide|prominent)',
  'preserved',
  'non enlarged',
  'nonenlarged',
  'no enlargement',
];
const LARGE: readonly Phrase[] = [
  'enlarg*',
  'prominen*',
  'large',
  'larger',
  'big',
  'increased (in)? size',
  'increased',
  'dilated',
  'dilatation',
  'widen*',
  'broaden*',
  'wide',
  'globular',
  'magnified',
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
    ],
    except: [
      'heart (failure|disease|border*|valve*|rate|surgery|transplant)',
      '(behind|posterior_to|overlying|near|adjacent_to|lateral_to|over|beneath|right|left) (the)? (left|right)? heart',
      'heart and (lungs|lung) (have|has)',
    ],
    abnormal: LARGE,
    borderline: [
      'borderline',
      'mildly prominent',
      'slightly prominent',
      'mild prominence',
      'may be ~ enlarged',
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
