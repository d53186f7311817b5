import { expect, it } from 'vitest';
import { CLASSES, holds, type Said } from '../testing/short-labels';
import type { ChexpertClass } from './classes';
import reports from './further-reports.json';
import { labelReport } from './labeler';

/** Texts by another author than that of `written-reports.json`, labelled before the rules were run on them (README). */
const FURTHER = reports as [batch: number, kind: string, labels: string, text: string][];

/** What is still read otherwise. */
const WRONG: ReadonlySet<string> = new Set(['Borderline cardiomegaly.']);

/** The named labels, and no other class present or in doubt; No Finding only where it is named. */
function misread(labels: string, text: string): string[] {
  const got = labelReport(text);
  const named = new Map(
    labels.split(' ').map((item) => {
      const [, short, said] = /^([a-z]+)(.+)$/.exec(item)! as unknown as [string, string, Said];
      return [CLASSES[short]!, said];
    }),
  );
  const wrong = [...named].filter(([label, said]) => !holds(got[label], said)).map(([label]) => label);
  const more = (Object.keys(got) as ChexpertClass[]).filter(
    (label) => !named.has(label) && label !== 'No Finding' && got[label] !== 0,
  );
  return [...wrong, ...more];
}

it('331 texts', () => expect(FURTHER).toHaveLength(331));

it.each(FURTHER)('%i %s: %s ← %j', (_, __, labels, text) => {
  if (WRONG.has(text)) expect(misread(labels, text)).not.toEqual([]);
  else expect(misread(labels, text), JSON.stringify(labelReport(text))).toEqual([]);
});
