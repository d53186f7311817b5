import type { ImportStudy } from './study';

/** Seconds of a day. */
const DAY = 86_400;

/**
 * A date, and a time of day, as days since 1970.
 *
 * @param date `21800301`, `2180-03-01`
 * @param clock `81506.5` (8:15:06, written as a number), `08:15:06`
 * @returns undefined for what is no date; a time that is none counts as the beginning of the day
 */
export function daysOf(date: string, clock = ''): number | undefined {
  const [, year, month, day] = /^\s*(\d{4})-?(\d\d)-?(\d\d)(?:\D|$)/.exec(date) ?? [];
  if (year === undefined) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const moment = new Date(midnight);
  if (moment.getUTCMonth() !== Number(month) - 1 || moment.getUTCDate() !== Number(day)) return undefined;
  const [whole, rest = '0'] = clock.trim().replaceAll(':', '').split('.');
  const [, h, m, s] = /^(\d\d)(\d\d)(\d\d)$/.exec(whole.padStart(6, '0')) ?? [];
  const seconds = h === undefined ? 0 : Number(h) * 3600 + Number(m) * 60 + Number(`${s}.${rest}`);
  return midnight / 1000 / DAY + (seconds < DAY ? seconds / DAY : 0);
}

/**
 * Adds to each study of known `time` its `day`, counted from the patient's first study, and as `prior_study` the patient's latest
 * study of an earlier time. Fields that a study has already stay.
 */
export function inTime(studies: readonly ImportStudy[]): ImportStudy[] {
  const byPatient = new Map<string, { id: string; time: number }[]>();
  for (const { id, subject, time } of studies) {
    if (time === undefined) continue;
    const list = byPatient.get(subject);
    if (list) list.push({ id, time });
    else byPatient.set(subject, [{ id, time }]);
  }
  for (const list of byPatient.values()) list.sort((a, b) => a.time - b.time);
  return studies.map((study) => {
    const { time, subject, extra } = study;
    if (time === undefined) return study;
    const list = byPatient.get(subject)!;
    const prior = list.findLast((other) => other.time < time);
    const day = daysBetween(list[0].time, time);
    return { ...study, extra: { day, ...(prior && { prior_study: prior.id }), ...extra } };
  });
}

/** To a hundred-thousandth of a day: a second. */
export const daysBetween = (from: number, to: number): number => Math.round((to - from) * 1e5) / 1e5;
