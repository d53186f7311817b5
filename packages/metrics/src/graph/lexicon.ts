import type { Phrase } from '../labels/phrases';

/** Words that name a place, a structure or its side, in RadGraph's sense of Anatomy. */
export const ANATOMY: readonly Phrase[] = [
  // organs and their parts
  'heart',
  '(silhouette*|contour*|shadow|shadows|border|borders|structure*|markings)',
  '(cardiac|cardio|cardiomediastinal|cardiopulmonary|cardiovascular|mediastin*|pericardi*|myocardi*)',
  '(atrium|atrial|ventric*|cavoatrial|caval|coronary|epicardial|retrocardiac|valve*|mitral|svc)',
  '(aort*|arch|knob|vascul*|vessel*|venous|vein*|arter*|subclavian|jugular|bronchovascular)',
  '(pulmonary|lung|lungs|lobe*|lobar|lingula*|segment|segments|midlung*|hemithora*|thorax|thoracic|chest|intrathoracic)',
  '(pleura*|costophrenic|fissur*|sulcus|sulci|angle*|recess*)',
  '(airspace|alveol*|interstitial|interstitium|parenchym*|bronch(i|us|ial)|peribronchial|airway*|subsegmental)',
  '(hilum|hila|hilar|perihilar|suprahilar|infrahilar|paratracheal|carina*|trachea*|esophag*)',
  '(diaphragm*|hemidiaphragm*|subdiaphragmatic|abdom*|intraperitoneal|stomach|gastric|bowel|quadrant*|hepatic|liver)',
  '(bone|bones|bony|osseous|skelet*|rib|ribs|clavic*|sternum|sternal|shoulder*|humer*|scapula*)',
  '(spine|spinal|vertebra*|thoracolumbar|lumbar|cervical|midthoracic|endplate*|disc|joint|joints|body|bodies)',
  'soft tissue',
  'soft tissues',
  'lymph (node|nodes)',
  '(tissue*|subcutaneous|neck|breast*|nipple*|wall|cortex)',
  // places within a structure
  '(right|left|bilateral*|both|unilateral*|sided|hiatal)',
  '(upper|lower|middle|mid|base|bases|basilar|basal|bibasilar|bibasal|apex|apices|apical|biapical|zone|zones|region*)',
  '(anterior*|posterior*|lateral*|medial*|superior*|inferior*|central*|peripher*|proximal|distal|midline|space|spaces)',
];

/** Anatomy that is the shape of something: it modifies the structure ("heart size", "normal in size"). */
export const SHAPES: readonly Phrase[] = ['(size|volume|volumes|caliber|configuration)'];

/** Words that tell what is seen, or how: RadGraph's Observation. */
export const OBSERVATIONS: readonly Phrase[] = [
  // one entity of two words
  '(airspace|air_space) disease',
  'free air',
  'foreign body',
  'foreign bodies',
  // nothing wrong
  '(normal|normally|limits|unremarkable|clear|intact|preserved|expanded|inflated|aerated|negative|sharp)',

  // findings
  '(effusion*|pneumothora*|hydropneumothora*|fluid|blunt*|thicken*)',
  '(consolidat*|opacit*|opacif*|infiltrat*|densit*|atelecta*|edema|congest*|engorge*|pneumonia*|infect*|process*|disease*)',
  '(nodul*|mass|masses|lesion*|granuloma*|calcif*|calcinosis|scar*|fibro*|cavit*|emphysem*|bulla*|bullous|copd)',
  '(cardiomegaly|enlarg*|widen*|prominen*|promin*|tortuo*|tortuosity|ectasia|ectatic|atherosclero*|dilat*|unfold*)',
  '(hyperinflat*|hyperexpan*|hyperlucen*|hypoinflat*|hypoventilat*|hyperaerat*|flatten*|crowding|elevat*|eventration)',
  '(degenerat*|spondylosis|osteophyt*|scolio*|kypho*|dextroscolio*|levoscolio*|fracture*|deformit*|osteopeni*|spurring|arthrit*|curvature)',
  '(abnormalit*|abnormal|lucenc*|adenopathy|lymphadenopathy|hernia*|pneumoperitoneum|aneurysm*|injur*|sequela*|malignan*|metasta*|tubercul*|contusion)',
  '(catheter*|line|lines|tube|tubes|pacemaker*|lead|leads|tip|tips|clip|clips|wire|wires|sternotomy|stent*|device*|hardware|picc|port|cabg|icd|aicd|generator)',
  '(change|changes|postsurgical|surgical|fusion|cholecystectomy|increase*|decrease*|loss|reticul*|pattern|finding|findings)',
  // how it looks, how much, since when
  '(focal|acute|acutely|chronic|active|large|small|tiny|mild|mildly|minimal|minimally|moderate*|severe*|marked*|slight*|subtle|gross|grossly)',
  '(stable|unchanged|new|old|prior|healed|healing|remote|interval|persistent|residual|improve*|worsen*|progress*|resolv*|similar)',
  '(low|high|increased|decreased|diffuse*|patchy|streaky|linear|scattered|multiple|multilevel|few|bandlike|discoid|platelike|coarse*|hazy)',
  '(suspicious|definite|overt|significant|displaced|borderline|top|loculated|dense|round|rounded|irregular*|granulomatous|confluent|layering|well|ill)',
];

/** What stands between a sign and what it points to: `suggestive_of`. */
export const SUGGESTIONS: readonly Phrase[] = [
  '(consistent|compatible|keeping) with',
  '(suggest*|represent*|reflect*|indicat*)',
  '(suspicious|concerning|worrisome) for',
  '(likely|possibly|probably)',
];
