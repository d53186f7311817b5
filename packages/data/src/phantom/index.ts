export { studyFromCodes } from './codes';
export { type Device, FINDING_KINDS, type Finding, type FindingKind, type Lobe, type Side } from './findings';
export { type PhantomReport, writeReport } from './grammar';
export { CLASSES, type ClassName, labelsOf } from './labels';
export { bitmap } from './masks';
export { type Pose, type PoseStrength, type Poses, VIEWS, type ViewName } from './pose';
export { type RenderedView, renderView } from './render';
export { type Exposure, type Habitus, type PhantomStudy, type StudyOptions, sampleStudy } from './study';
