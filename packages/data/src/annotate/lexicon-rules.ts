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
    'pulmonary(?! (arter|vascul|vein|venous|vessel|hypertens|hil))|cardiopulmonary|pleuroparenchym*',
  ),
  rule(
    'Lung fields',
    'airspace*|air space*|consolidat*|infiltrat*|pneumonia*|pneumonitis|pneumothora*|hydropneumothora*',
  ),
  rule(
    'Lung fields',
    'atelecta*|edema*|emphysem*|copd|interstitial|interstitium|alveolar|reticul*|reticulonodular',
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
    'pleural (thickening|plaque*|scar*|based|parenchym*|calcif*|abnormal*|disease|space*)|pleura|bronchiectasis',
  ),
  rule('Lung fields', '(inspiratory|inspiration|aspiration|tuberculo*|lymphangitic|sarcoid*)'),

  rule(
    'Airways',
    'airway*|trachea|tracheal|carina|carinal|bronchus|bronchi|bronchial|bronchitis|bronchitic|bronchiectasis',
  ),
  rule('Airways', 'peribronchial|endotracheal|tracheostomy|et tube|ett|intubat*'),

  rule(
    'Heart',
    'heart|hearts|cardiac|cardio|cardiomediastin*|cardiothymic|cardiomegaly|cardiopulmonary|cardiopericardial',
  ),
  rule(
    'Heart',
    'pericardi*|epicardial|myocard*|ventricle|ventricles|ventricular|atrium|atria|atrial|coronary|cabg',
  ),
  rule(
    'Heart',
    'pacemaker*|pacer|pacing|aicd|icd|defibrillator*|valve|valves|valvular|mitral|tricuspid|cardiothoracic',
  ),

  rule(
    'Pulmonary vasculature',
    'vascularity|vascularities|vasculatur*|vascular(?! calcif)|vessels|bronchovascular|cephalization',
  ),
  rule(
    'Pulmonary vasculature',
    'pulmonary (arter|vein|venous|hypertens|hil)*|hilum|hila|hilar|congest*|edema|engorge*',
  ),

  rule(
    'Mediastinum',
    'mediastin*|cardiomediastin*|aorta|aortic|thoracoabdominal|paratracheal|subcarinal|retrosternal',
  ),
  rule(
    'Mediastinum',
    'svc|vena cava|caval|cavoatrial|brachiocephalic|subclavian|azygos|jugular|innominate|great vessels',
  ),
  rule(
    'Mediastinum',
    'picc|port|portacath|mediport|central (venous|line|catheter)*|swan ganz|esophag*|thymus|thymic|goiter|cardiothymic',
  ),
  rule(
    'Mediastinum',
    'sternotomy|sternal|sternum|pacemaker*|(hiatal|hiatus) hernia*|pneumomediastinum|lymph node*|lymphadenopathy|adenopathy|vascular calcif*',
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
    'compression (fracture|deform)*|wedging|wedge|laminectomy|(dextro|levo)?curvature|paraspinal|paravertebral',
  ),

  rule(
    'Abdomen',
    'abdomen|abdominal|intraabdominal|bowel|stomach|gastric|gastrostomy|nasogastric|orogastric|ng tube|enteric',
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
    '(low|decreased|small|reduced|diminished) (lung )?volumes|(volumes|lung volumes) (are|is|remain) (\\w+ )?(low|small)',
  ),
  rule('Diaphragm', '(shallow|poor|low|suboptimal|limited) inspirat*|volume loss|hypoinflat*'),

  rule('Shoulders', 'shoulder*|humer*|glenoid|glenohumeral|acromi*|scapula*|rotator cuff|ac joint*'),
  rule('Ribs', 'rib|ribs|costal|costochondral|pectus|intercostal|chest wall|thoracotomy|rib cage'),
  rule('Clavicles', 'clavic*|acromioclavicular'),
  rule(
    'Costophrenic angles',
    'costophrenic|costo phrenic|cp angle*|(?<!(pericardial|joint|suprapatellar) )effusion*|pleural fluid|pleural space*|hydropneumothora*',
  ),
  rule('Costophrenic angles', 'blunt*|sulcus|sulci|empyema'),
];

/** Bones as a whole: counts where no single bone is named. */
export const BONES: LexiconRule = rule(
  ['Spine', 'Ribs', 'Clavicles'],
  'osseous|osseus|bony|bone|bones|skeletal|skeleton|skeletally|osteopen*|osteopor*|demineraliz*',
);

/** Findings that usually lie in these regions: count where nothing above matched. */
export const IMPLIED: readonly LexiconRule[] = [
  rule(
    'Lung fields',
    'nodul*|mass|masses|granulom*|density|densities|scar|scars|scarring|lucency|lucencies|lesion|lesions',
  ),
  rule('Lung fields', 'markings|cavit*|calcified|pleural|infection|volumes|inspiratory effort'),
  rule('Spine', 'degenerative|arthritic|arthritis|arthropathy'),
  rule('Ribs', 'fracture*'),
  rule('Mediastinum', 'catheter|atherosclero*|tortuous|tortuosity|ectatic|ectasia'),
];
