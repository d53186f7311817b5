import type { RegionName } from '@raca/core/regions';

/**
 * Words that speak of a region, as regular expressions over lower-case text (each must match whole words; `*` stands
 * for any ending). Written by hand; IU training sentences were read to find what was missing.
 */
export interface LexiconRule {
  readonly regions: readonly RegionName[];
  readonly words: string;
}

const rule = (regions: RegionName | RegionName[], words: string): LexiconRule => ({
  regions: typeof regions === 'string' ? [regions] : regions,
  words,
});

/** Words that name a region, or a finding that lies in one region only. All that match count. */
export const NAMED: readonly LexiconRule[] = [
  rule(
    'Lung fields',
    'lung|lungs|midlung*|parenchym*|lobe|lobes|lobar|lingula*|hemithorax|hemithoraces|fissure*',
  ),
  rule(
    'Lung fields',
    'pulmonary(?! (arter|vascul|vein|venous|vessel|hypertens|hil|xxxx (is|are|and|appear)))|cardiopulmonary|pleuroparenchym*',
  ),
  rule(
    'Lung fields',
    'airspace*|air space*|consolidat*|infiltrat*|pneumonia*|pna|pneumonitis|pneumothora*|ptx|(hydro|hemo|haemo)pneumothora*|ggo*|ild|ards|chf',
  ),
  rule(
    'Lung fields',
    'nodul*|scar|scars|scarring|volume loss|atelecta*|(?<!(laryngeal|tissue) )o?edema*|tumou?r*|(pulmonary |alveolar |lung )?ha?emorrhag*|[rl][ul]l|rml|emphysem*|copd|interstitial|interstitium|alveolar|reticul*|reticulonodular',
  ),
  rule(
    'Lung fields',
    'opacity|opacities|opacification*|bibasilar|basilar|biapical|apical|infrahilar|suprahilar|perihilar',
  ),
  rule('Lung fields', '(?<!(heart|cardiac) )(apex|apices)|(lung |left |right |both )bases?|bases'),
  rule(
    'Lung fields',
    'hyper?inflat*|hypoinflat*|underinflat*|hyperaerat*|aerat*|well inflated|hyperexpan*|hypoexpan*|inflated',
  ),
  rule(
    'Lung fields',
    'hyperlucen*|bulla*|bleb*|fibrosis|fibrotic|lobectomy|pneumonectomy|chest tube*|thoracostomy',
  ),
  rule(
    'Lung fields',
    'pleural(?! (or|and|effusion|effusions|fluid))|pleura|bronchiectasis|azygos (lobe|fissure)',
  ),
  rule('Lung fields', '(inspiratory|inspiration|aspiration|tuberculo*|lymphangitic|sarcoid*)'),

  rule(
    'Airways',
    'airway*|trachea|tracheal|carina|carinal|bronchus|bronchi|bronchial|bronchitis|bronchitic|bronchiectasis',
  ),
  rule('Airways', 'peribronchial|endotracheal|tracheostomy|et tube|ett|tracheal tube|intubat*'),

  rule(
    'Heart',
    'heart|hearts|cardiac(?! (monitor|lead))|cardio|cardiomediastin*|cardiothymic|cardiomegaly|cardiopulmonary|cardiopericardial',
  ),
  rule(
    'Heart',
    'pericardi*|epicardial|myocard*|ventricle|ventricles|ventricular|atrium|atria|(?<!caval )atrial|coronary|cabg',
  ),
  rule(
    'Heart',
    'pacemaker*|ppm|pacer|pacing|aicd|icd|defibrillator*|valve|valves|valvular|mitral|tricuspid|cardiothoracic',
  ),

  rule(
    'Pulmonary vasculature',
    'vascularity|vascularities|vasculatur*|vascular(?! (calcif|disease|injur))|vessels|pulmonary xxxx (is|are|and|appear)|bronchovascular|cephalization',
  ),
  rule(
    'Pulmonary vasculature',
    'pulmonary (arter|vein|venous|hypertens|hil)*|hilum|hila|(bi)?hilar|congest*|chf|(?<!(laryngeal|tissue) )o?edema|engorge*',
  ),

  rule(
    'Mediastinum',
    'mediastin*|cardiomediastin*|(?<!abdominal )(aorta|aortic)|paratracheal|pretracheal|subcarinal|retrosternal*(?! (air|clear|lucen))',
  ),
  rule(
    'Mediastinum',
    'svc|vena cava|caval|cavoatrial|brachiocephalic|subclavian|azygos(?! (lobe|fissure))|jugular|ij|innominate|great vessels|superior xxxx xxxx',
  ),
  rule(
    'Mediastinum',
    'picc|port|portacath|mediport|(central )?venous (line|catheter)*|central (venous|line|catheter)*|swan ganz|cvc|cvl|o?esophag*|thymus|thymic|goit(er|re)|cardiothymic',
  ),
  rule(
    'Mediastinum',
    'sternotomy|sternal|sternum|pacemaker*|(hiatal|hiatus) hernia*|pneumomediastinum|vascular calcif*',
  ),

  rule(
    'Spine',
    'spine|spinal|t spine|vertebra|vertebrae|vertebral|disc|discs|disk|disks|endplate*|end plate*|thoracolumbar',
  ),
  rule(
    'Spine',
    'lumbar|cervical|spondyl*|scolio*|dextroscolio*|levoscolio*|kypho*|lordosis|osteophyt*|syndesmophyt*|dish',
  ),
  rule(
    'Spine',
    'compression (fracture|deform)*|wedging|wedge(?! shaped)|(c[1-7]|t([1-9]|1[0-2])|l[1-5])(?! weighted)|laminectomy|(dextro|levo)?curvature|paraspinal|paravertebral',
  ),

  rule(
    'Abdomen',
    'abdomen|abdominal|intraabdominal|thoracoabdominal|ivc|bowel|stomach|gastric|gastrostomy|nasogastric|orogastric|(ng|og) tube|ngt|ogt|dobb?hoff|enteric',
  ),
  rule(
    'Abdomen',
    'intraperitoneal|pneumoperitoneum|free air|quadrant|cholecystectomy|gallbladder|gallstones|liver|hepatic',
  ),
  rule(
    'Abdomen',
    'spleen|splenic|colon|colonic|subdiaphragmatic|peritoneal|renal|kidney*|feeding tube|bochdalek',
  ),

  rule(
    'Diaphragm',
    'diaphragm|diaphragms|diaphragmatic|hemidiaphragm*|subdiaphragmatic|eventration*|bochdalek|morgagni|(hiatal|hiatus) hernia*',
  ),
  rule(
    'Diaphragm',
    '(low|lower|decreased|small|reduced|diminished) (lung )?volumes|(volumes|lung volumes) (are|is|remain) (\\w+ )?(low|small)',
  ),
  rule('Diaphragm', '(shallow|poor|low|suboptimal|limited) inspirat*|volume loss|hypoinflat*'),

  rule('Shoulders', 'shoulder*|humer*|glenoid|glenohumeral|acromi*|scapula*|rotator cuff|ac joint*'),
  rule(
    'Ribs',
    'rib|ribs|costal|costochondral|pectus|intercostal|interspace*|chest wall|thoracotomy|rib cage',
  ),
  rule('Clavicles', 'clavic*|acromioclavicular'),
  rule(
    'Costophrenic angles',
    'costophrenic|costo phrenic|costodiaphragmatic|cp angle*|(?<!(pericardial|joint|suprapatellar) )effusion*|pleural fluid|pleural space*|ha?emothora*|(hydro|hemo|haemo)pneumothora*',
  ),
  rule('Costophrenic angles', 'blunt*|sulcus|sulci|empyema'),
];

/** Bones as a whole: counts where no single bone is named. */
export const BONES: LexiconRule = rule(
  ['Spine', 'Ribs', 'Clavicles'],
  'osseous|osseus|bony|bone|bones|skeletal|skeleton|skeletally|osteopen*|osteopor*|demineraliz*',
);

/** A fracture without a bone: counts where no bone is named, alone or as a whole. */
export const FRACTURES: LexiconRule = rule('Ribs', 'fracture*|fx');

/** Lymph nodes without a place: count where neither mediastinum nor hila are named. */
export const NODES: LexiconRule = rule(
  ['Pulmonary vasculature', 'Mediastinum'],
  'lymph (node*|xxxx)|lymphadenopathy|adenopathy',
);

/** Limbs and soft tissue outside the 12 regions: nothing is implied where they are named. */
export const ELSEWHERE =
  'foot|feet|ankle*|knee*|hip|hips|pelvis|pelvic|wrist*|hand|hands|finger*|elbow*|forearm*|tibia*|femur|femoral|plantar|midfoot|metacarp*|metatars*|breast*|axilla*';

/** Findings that usually lie in these regions: count where nothing above matched. */
export const IMPLIED: readonly LexiconRule[] = [
  rule('Lung fields', 'mass|masses|granulom*|density|densities|lucency|lucencies|lesion|lesions'),
  rule('Lung fields', 'markings|cavit*|calcified|pleural|infection|volumes|inspiratory effort'),
  rule('Spine', 'degenerative|arthritic|arthritis|arthropathy'),
  rule('Mediastinum', 'catheter|atherosclero*|tortuous|tortuosity|ectatic|ectasia'),
];
