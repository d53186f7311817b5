import type { LabelValue } from './classes';
import type { Found } from './findings';
import { anywhere, oneOf, starting } from './phrases';
import { type ScopeReader, type Scopes, type Span, type Status, spanOf } from './scopes';
import type { SubjectEntry } from './subject-lexicon';
import { matchesAt, triggersOf } from './triggers';

const verb =
  '(?:is|are|was|were|appears?|remains?|demonstrates?|looks?|measures|shows?|seems?|has|have|had|be) ';
const otherNoun =
  '(?:the|there|lungs?|aort[a-z]*|pulmonary|vascul[a-z]*|hil[a-z]*|bony|osseous|trachea|mediast[a-z]*|cardi[a-z]*|heart) ';

/** "heart and mediastinum normal": other structures in one breath. */
const sameBreath =
  '(?:(?:and|,|/) (?:the )?(?:(?:mediastin|cardi|hil|aort|pulmonary vascula|lung|pleura|great vessel)[a-z]* )(?:(?:contours?|silhouettes?|size|structures|shadows?) )?){0,3}';

function compileSubject({
  label,
  subjects,
  except,
  abnormal,
  borderline,
  normal,
  unknown,
  hedges,
}: SubjectEntry) {
  const attribute = `(?:${unknown ? `(?<unknown>${oneOf(unknown)})|` : ''}(?<borderline>${oneOf(borderline)})|(?<normal>${oneOf(normal)})|(?<abnormal>${oneOf(abnormal)}))`;
  const noVerb = `(?:(?!${verb})[a-z0-9,/():]+ ){0,10}?`;
  const noNoun = `(?:(?!${otherNoun})[a-z0-9,]+ ){0,5}?`;
  return {
    label,
    subjects: starting(subjects),
    except: except && anywhere(except),
    hedges: hedges && new RegExp(` ${oneOf(hedges)}`),
    /** "… silhouette and aorta are mildly enlarged" or, without a verb, "heart size upper normal". */
    after: new RegExp(
      `^(?:${noVerb}${verb}${noNoun}|${sameBreath}(?:(?!${verb}|${otherNoun}|and )[a-z0-9:]+ ){0,4}?)${attribute}`,
    ),
    /** "enlargement of the …", "normal cardiac and mediastinal contours". */
    before: new RegExp(
      `(?<= )${attribute}(?:(?:in )?(?:size |contours? |appearance |caliber |sized |degree )?(?:and (?:shape|contours?|configuration|appearance) )?(?:of |in )?(?:the |both )?)?(?:(?:enlarged|heart|cardiac|size|silhouette|contour|overall) ){0,3}(?:and )?(?:right |left |lateral |posterior |superior )?$`,
    ),
  };
}

/**
 * Reader of body parts that need an attribute.
 * @param borderlineValue what "borderline" makes of an attribute that is neither denied nor doubted
 */
export function subjectReader(
  entries: readonly SubjectEntry[],
  { judge }: ScopeReader,
  borderlineValue: LabelValue,
) {
  const rules = entries.map(compileSubject);
  const triggers = triggersOf(entries.map(({ subjects }) => subjects));

  function statusOf(
    clause: string,
    span: Span,
    { normal, borderline, unknown }: Record<string, string | undefined>,
    scopes: Scopes,
  ): Status {
    if (unknown !== undefined) return { value: -1, cue: unknown.trim() };
    if (normal !== undefined) return { value: 0, cue: normal.trim() };
    const status = judge(clause, span, scopes);
    if (borderline === undefined || status.value !== 1) return status;
    return { value: borderlineValue, cue: borderline.trim() };
  }

  return (clause: string, scopes: Scopes): Found[] => {
    const found: Found[] = [];
    const words = triggers(clause);
    if (words.length === 0) return found;
    for (const [n, rule] of rules.entries()) {
      let excluded: Span[] | undefined;
      for (const match of matchesAt(rule.subjects, clause, words, n)) {
        const { start, end } = spanOf(match);
        excluded ??= rule.except ? [...clause.matchAll(rule.except)].map(spanOf) : [];
        if (excluded.some((span) => span.start < end && start < span.end)) continue;
        const before = rule.before.exec(clause.slice(0, start));
        const attribute = before ?? rule.after.exec(clause.slice(end));
        if (!attribute?.groups) continue;
        const { unknown, borderline, normal, abnormal } = attribute.groups;
        const text = (unknown ?? borderline ?? normal ?? abnormal)!;
        const at = before ? before.index : end + attribute[0].length - text.length;
        let { value, cue } = statusOf(clause, { start: at, end: at + text.length }, attribute.groups, scopes);
        const hedge = value === 1 ? rule.hedges?.exec(clause) : undefined;
        if (hedge) [value, cue] = [-1, hedge[0].trim()];
        found.push({
          start: Math.min(start, at),
          end: Math.max(end, at + text.length),
          label: rule.label,
          value,
          ...(cue && { cue }),
          finding: false,
        });
      }
    }
    return found;
  };
}
