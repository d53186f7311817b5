export { type StudyContextConfig, studyContextConfigSchema } from './study-context/config';
export { studyContext } from './study-context/study-context';
