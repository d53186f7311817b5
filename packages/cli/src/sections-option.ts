import { REPORTED, SECTION_NAMES, type SectionName } from '@raca/metrics';
import { UsageError } from './errors';

/** Help of `--sections`. */
export const SECTIONS_HELP = `sections that count: all, or some of ${SECTION_NAMES.join(', ')}, with commas between`;
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
