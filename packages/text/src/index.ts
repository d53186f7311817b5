export { editDistance, type Part, partOf } from './headers';
export {
  REPORTED,
  readSections,
  SECTION_NAMES,
  type Section,
  type SectionName,
  selectSections,
} from './sections';
export { splitStatements } from './statements';
