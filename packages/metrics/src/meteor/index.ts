export { type Alignment, align } from './align';
export type { Meteor15Options, Meteor15Parameters } from './meteor15';
export { meteor15, nltkMeteor } from './metrics';
export { type NltkMeteorOptions, nltkMeteorOf } from './nltk';
export { parseParaphrases } from './paraphrases';
export type { Paraphrases, Resources } from './stages';
export { loadWordnet, type Wordnet } from './wordnet';
