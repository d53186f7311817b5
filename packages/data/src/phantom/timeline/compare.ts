import type { DeviceChange, FindingChange } from '../../changes/truth';
import type { Finding } from '../findings';
import type { Course, Track } from './course';

type FindingClass = FindingChange['change'];

/** How a severity changed; null where the finding is in neither study. */
export function changeOf(before: number, after: number): FindingClass | null {
  if (before === 0) return after === 0 ? null : 'new';
  if (after === 0) return 'resolved';
  return after > before ? 'larger' : after < before ? 'smaller' : 'unchanged';
}

/** How a condition changed from study `k - 1` to study `k` (from 1). */
export const trackChange = ({ degrees }: Track, k: number): FindingClass | null =>
  changeOf(degrees[k - 1], degrees[k]);

/** How a device changed from study `k - 1` to study `k` (from 1). */
export function deviceChange(
  { present }: Course['devices'][number],
  k: number,
): DeviceChange['change'] | null {
  if (present[k]) return present[k - 1] ? 'unchanged' : 'placed';
  return present[k - 1] ? 'removed' : null;
}

/** Everything in study `k` (from 1) or the one before, with what became of it. What lasts is unchanged. */
export function changesAt(course: Course, k: number): { findings: FindingChange[]; devices: DeviceChange[] } {
  const lasting = course.lasting.map((finding) => ({ ...named(finding), ...same(finding.degree) }));
  const findings = course.tracks.flatMap((track) => {
    const change = trackChange(track, k);
    const [before, after] = [track.degrees[k - 1], track.degrees[k]];
    return change === null
      ? []
      : track.findings.map((finding) => ({ ...named(finding), change, before, after }));
  });
  const devices = course.devices.flatMap((track) => {
    const change = deviceChange(track, k);
    const { device, side } = track.finding;
    return change === null ? [] : [{ device: device!, side, change }];
  });
  return { findings: [...findings, ...lasting], devices };
}

const same = (degree: Finding['degree']) => ({ change: 'unchanged' as const, before: degree, after: degree });

function named({ kind, side, lobe }: Finding): Pick<FindingChange, 'finding' | 'side' | 'lobe'> {
  return { finding: kind, ...(side && { side }), ...(lobe && { lobe }) };
}
