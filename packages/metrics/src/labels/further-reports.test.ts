import { expect, it } from 'vitest';
import { misread } from '../testing/misread';
import reports from './further-reports.json';
import { labelReport } from './labeler';

/** Texts by another author than that of `written-reports.json`, labelled before the rules were run on them (README). */
const FURTHER = reports as [batch: number, kind: string, labels: string, text: string][];

/** What is still read otherwise. */
const WRONG: ReadonlySet<string> = new Set(['Borderline cardiomegaly.']);

it('331 texts', () => expect(FURTHER).toHaveLength(331));

it.each(FURTHER)('%i %s: %s ← %j', (_, __, labels, text) => {
  if (WRONG.has(text)) expect(misread(labels, text)).not.toEqual([]);
  else expect(misread(labels, text), JSON.stringify(labelReport(text))).toEqual([]);
});
