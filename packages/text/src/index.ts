export { editDistance, type Part, partOf } from './headers';
export { closeItems } from './items';
export {
  REPORTED,
  readSections,
  SECTION_NAMES,
  type Section,
  type SectionName,
  selectSections,
} from './sections';
export { splitStatements } from './statements';
