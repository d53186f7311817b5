import { REPORTED, readSections, SECTION_NAMES, type SectionName, selectSections } from '@raca/metrics';
import { UsageError } from './errors';

/** Help of `--sections`. */
export const SECTIONS_HELP = `sections to read: all, or a comma-separated list of ${SECTION_NAMES.join(', ')}`;
export const SECTIONS_DEFAULT = REPORTED.join(',');

/** Reads `--sections`. @throws UsageError naming the sections there are */
export function parseSections(value: string): readonly SectionName[] | 'all' {
  if (value.trim() === 'all') return 'all';
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  const wrong = names.find((name) => !(SECTION_NAMES as readonly string[]).includes(name));
  if (wrong !== undefined) {
    throw new UsageError(`--sections: expected all or some of ${SECTION_NAMES.join(', ')}, found "${wrong}"`);
  }
  return names as SectionName[];
}

/**
 * The chosen sections of a text, as one paragraph each. A text without headers is one section already and stays as
 * it is; one whose headers are others becomes empty.
 */
export function keepSections(text: string, names: readonly SectionName[] | 'all'): string {
  if (names === 'all' || readSections(text).every(({ part }) => part === 'untitled')) return text;
  return selectSections(text, names);
}

/** Whether a text has a section that reports nothing: what was asked, compared with or done. */
export const holdsRequest = (text: string): boolean =>
  text.includes(':') &&
  readSections(text).some(({ part, text: body }) => REQUEST.has(part) && body.trim() !== '');

const REQUEST = new Set<string>(['indication', 'comparison', 'technique']);
