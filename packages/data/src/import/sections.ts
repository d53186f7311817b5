/** The parts of a report, one line of text each; a part that is not there is missing. */
export interface Sections {
  readonly findings?: string;
  readonly impression?: string;
  readonly indication?: string;
  /** Where the source tells it from the indication. */
  readonly history?: string;
  readonly comparison?: string;
  readonly technique?: string;
  /** Text under no header of its own; only where neither findings nor impression were found. */
  readonly untitled?: string;
}

/** A mark of de-identification. */
const MARK = /X{3,}|_{2,}/;

/** Which part becomes the report. */
export const SECTION_CHOICES = ['findings', 'impression', 'findings-or-impression', 'both'] as const;
export type SectionChoice = (typeof SECTION_CHOICES)[number];

/** Whether the marks of de-identification stay in the text: `XXXX` of Open-i, `___` of MIMIC-CXR. */
export const MARK_CHOICES = ['keep', 'drop'] as const;
export type MarkChoice = (typeof MARK_CHOICES)[number];

export interface TextPolicy {
  readonly section: SectionChoice;
  readonly marks: MarkChoice;
  /** Take a text without headers (the last paragraph) as the report. */
  readonly untitled: boolean;
}

/** The report of a study, or why there is none. */
export function chooseText(sections: Sections, policy: TextPolicy): { text: string } | { reason: string } {
  const { findings, impression } = sections;
  const untitled = policy.untitled ? sections.untitled : undefined;
  const chosen = {
    findings: findings ?? untitled,
    impression: impression ?? untitled,
    'findings-or-impression': findings ?? impression ?? untitled,
    both: [findings, impression].filter((part) => part !== undefined).join(' ') || untitled,
  }[policy.section];
  if (chosen === undefined || chosen.trim() === '') return { reason: reasonOf(sections, policy.section) };
  if (!MARK.test(chosen)) return { text: chosen };
  const without = withoutMarks(chosen);
  if (without === '') return { reason: 'only de-identification marks' };
  return { text: policy.marks === 'drop' ? without : chosen };
}

function reasonOf({ findings, impression, untitled }: Sections, section: SectionChoice): string {
  if (untitled !== undefined) return 'text without a header of findings or impression';
  if (section === 'findings' && impression !== undefined) return 'no findings, an impression only';
  if (section === 'impression' && findings !== undefined) return 'no impression, findings only';
  return 'neither findings nor impression';
}

/**
 * Takes words that hold a mark (`XXXX`, `x-XXXX`, `___F`) out of a text, with the blanks and stops that they leave:
 * `Normal chest x-XXXX. XXXX.` becomes `Normal chest.`
 */
export function withoutMarks(text: string): string {
  return text
    .split(/\s+/)
    .map((word) => (MARK.test(word) ? endMarks(word) : word))
    .filter(Boolean)
    .join(' ')
    .replace(/\s+([.,;:?!)])/g, '$1')
    .replace(/(?<![,;:])[,;:]+(?=[.?!])/g, '')
    .replace(/([.?!])(?:\s*[.?!,;:])+/g, '$1')
    .replace(/^[\s.,;:?!)]+/, '')
    .trim();
}

/** The stops and brackets with which a word ends. */
function endMarks(word: string): string {
  let from = word.length;
  while (from > 0 && '.,;:?!)'.includes(word[from - 1])) from--;
  return word.slice(from);
}
