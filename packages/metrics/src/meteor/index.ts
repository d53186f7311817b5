export { type Alignment, align, type MatchStage, type PhraseMatch, type PossibleMatches } from './align';
export { FUNCTION_WORDS } from './function-words';
export * from './meteor15';
export { meteor15, nltkMeteor } from './metrics';
export { type NltkMeteorOptions, nltkAlignment, nltkMeteorOf, type WordMatch } from './nltk';
export { parseParaphrases } from './paraphrases';
export { porterStem } from './porter';
export type { Paraphrases, Resources } from './stages';
export { loadWordnet, WORDNET_FILES, type Wordnet, wordnetFrom } from './wordnet';
