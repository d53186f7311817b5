export { type Bank, bankOf } from './bank/bank';
export { type BankIndex, indexBank, type Neighbour, nearest, studyVectors } from './bank/nearest';
export { joinedContexts } from './joined-contexts';
export { type SimilarCasesConfig, similarCasesConfigSchema } from './similar-cases/config';
export { similarCases } from './similar-cases/similar-cases';
export { type StudyContextConfig, studyContextConfigSchema } from './study-context/config';
export { studyContext } from './study-context/study-context';
