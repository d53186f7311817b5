export { readParaphrases } from './node/paraphrases';
export { DEBIAN_WORDNET, readWordnet } from './node/wordnet';
