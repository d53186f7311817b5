import { labelReport } from '@raca/metrics';

/** What a word beyond the reference's length costs. */
const WORD = 0.01;

const found = (report) =>
  Object.entries(labelReport(report)).flatMap(([name, value]) => (value === 1 ? [name] : []));

/** The right findings in no more words than the reference: F1 of the report's classes, less 0.01 a word too many. */
export default function briefAndRight(references, generated) {
  return references.map((reference, i) => {
    const [there, said] = [found(reference), found(generated[i])];
    const common = said.filter((name) => there.includes(name)).length;
    const f1 = there.length + said.length === 0 ? 1 : (2 * common) / (there.length + said.length);
    const words = (text) => text.split(' ').length;
    return f1 - WORD * Math.max(0, words(generated[i]) - words(reference));
  });
}
