import { Random } from '@raca/core/random';
import type { Changes, StudyChanges } from '../../changes/truth';
import { SPLITS, type Split } from '../../dataset';
import type { Planned } from '../make';
import { type PoseStrength, VIEWS, type ViewName } from '../pose';
import { changesAt } from './compare';
import { sampleCourse } from './course';
import { writeVisit } from './follow-up';
import { sampleIndication } from './indication';

/** Studies of patients over time, to be drawn, and what is true of them. */
export interface TimelinePlan {
  readonly studies: readonly Planned[];
  readonly changes: Changes;
}

/** Share of studies with one view; of these with the lateral one; of the others with the lateral one first. */
const SINGLE = 1 / 3;
const LATERAL = 0.15;
const SWAPPED = 0.15;

/** Plans the studies of so many patients a split. All follows from seed, pose and the patient's name. */
export function planTimeline(
  patients: Readonly<Record<Split, number>>,
  { seed, pose }: { readonly seed: number; readonly pose: PoseStrength },
): TimelinePlan {
  const studies: Planned[] = [];
  const truth: Record<string, StudyChanges> = {};
  for (const split of SPLITS) {
    for (let n = 0; n < patients[split]; n++) {
      const patient = `phantom-${split}-p${String(n).padStart(5, '0')}`;
      for (const { planned, changes } of visitsOf(patient, split, seed, pose)) {
        studies.push(planned);
        truth[planned.id] = changes;
      }
    }
  }
  return { studies, changes: { studies: truth } };
}

function visitsOf(
  patient: string,
  split: Split,
  seed: number,
  pose: PoseStrength,
): { planned: Planned; changes: StudyChanges }[] {
  const random = new Random(seed).split(`patient ${patient}`);
  const course = sampleCourse(random, pose);
  const idOf = (k: number): string => `${patient}-${k + 1}`;
  return course.studies.map((study, k) => {
    const own = random.split(`study ${k}`);
    const { stated, ...report } = writeVisit(course, k, own.split('report'));
    const views = sampleViews(own.split('views'));
    const indication = sampleIndication(study.findings, own.split('indication'), (other) => {
      const { studies } = sampleCourse(other, pose);
      return other.pick(studies).findings;
    });
    const prior = k > 0 ? { prior_study: idOf(k - 1) } : {};
    const fields = {
      subject_id: patient,
      patient,
      day: course.days[k],
      ...prior,
      ...(indication && { indication: indication.text }),
      ...(k > 0 && { comparison: `chest radiograph ${daysEarlier(course.days[k] - course.days[k - 1])}` }),
      technique: views.length === 2 ? 'frontal and lateral views' : `single ${views[0]} view`,
    };
    const changes = k > 0 ? changesAt(course, k) : { findings: [], devices: [] };
    return {
      planned: { id: idOf(k), split, given: { study, views, report, fields } },
      changes: { ...prior, ...changes, stated, ...(indication?.told && { indication: indication.told }) },
    };
  });
}

const daysEarlier = (days: number): string => `${days} day${days === 1 ? '' : 's'} earlier`;

function sampleViews(random: Random): readonly ViewName[] {
  const [one, side] = [random.next() < SINGLE, random.next()];
  if (one) return side < LATERAL ? ['lateral'] : ['frontal'];
  return side < SWAPPED ? ['lateral', 'frontal'] : VIEWS;
}
