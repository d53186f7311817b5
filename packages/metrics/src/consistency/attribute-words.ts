import { extractGraph } from '../graph/graph';
import { findMentions } from '../labels/labeler';
import { OTHER_FINDING } from '../labels/other-findings';

/** Attribute words of the sentences in which a finding is there or in doubt, by finding. */
export type AttributesByFinding = ReadonlyMap<string, readonly string[]>;

/** Words that modify something in the sentences of a report that have a finding, by the rule labeler and the rule graph. */
export function attributesByFinding(report: string): AttributesByFinding {
  const found = new Map<string, Set<string>>();
  for (const { label, value, sentence } of findMentions(report)) {
    if (value === 0 || label === OTHER_FINDING) continue;
    const sentences = found.get(label) ?? new Set();
    found.set(label, sentences.add(sentence));
  }
  return new Map([...found].map(([label, sentences]) => [label, [...sentences].flatMap(modifiersOf)]));
}

function modifiersOf(sentence: string): string[] {
  const { entities, relations } = extractGraph(sentence);
  const modifying = new Set(relations.flatMap(({ from, kind }) => (kind === 'modify' ? [from] : [])));
  return [...modifying].flatMap((at) => entities[at]!.text.split(' '));
}

/** The words that come most often with each finding, put together. @param most words of a finding */
export function commonAttributes(reports: readonly AttributesByFinding[], most = 30): Set<string> {
  const counts = new Map<string, Map<string, number>>();
  for (const report of reports) {
    for (const [finding, words] of report) {
      const own = counts.get(finding) ?? new Map<string, number>();
      counts.set(finding, own);
      for (const word of words) own.set(word, (own.get(word) ?? 0) + 1);
    }
  }
  return new Set(
    [...counts.values()].flatMap((own) =>
      [...own]
        .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
        .slice(0, most)
        .map(([word]) => word),
    ),
  );
}
