import type { ChexpertClass } from '../labels/classes';
import { labelReport } from '../labels/labeler';
import { CLASSES, holds, type Said } from './short-labels';

/**
 * Classes that the labeler reads otherwise than `labels` (`effusion+ pneumothorax-`) says, and classes present or in
 * doubt that it does not name. No Finding counts only where it is named.
 */
export function misread(labels: string, text: string): string[] {
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
