import { expect, it } from 'vitest';
import { type ChangeClass, changeClasses, comparesWithEarlier } from './words';

// Sentences and their classes were written by hand, apart from the phantom's grammar.
const SENTENCES: readonly (readonly [string, readonly ChangeClass[]])[] = [
  ['The left effusion has increased since yesterday.', ['larger']],
  ['Worsening edema, progression of the right consolidation.', ['larger']],
  ['There is a more extensive opacity.', ['larger']],
  ['The pneumothorax is smaller. Edema has improved.', ['smaller']],
  ['Interval decrease of the effusion', ['smaller']],
  ['Resolving pneumonia.', ['smaller']],
  ['No significant interval change.', ['unchanged']],
  ['Stable cardiomegaly; persistent effusion.', ['unchanged']],
  ['Heart size has not changed.', ['unchanged']],
  ['A new nodule. The edema is unchanged.', ['new', 'unchanged']],
  ['Interval development of a consolidation.', ['new']],
  ['The pneumothorax has resolved; the opacity is no longer seen.', ['resolved']],
  ['Interval clearing of the pneumonia', ['resolved']],
  ['The tube was removed, a new line has been newly placed.', ['new', 'placed', 'removed']],
  ['Interval placement of a chest tube.', ['placed']],
  ['No new opacity.', []],
  ['The effusion has not increased. It has not resolved.', []],
  ['Unchanged, without new consolidation.', ['unchanged']],
  ['The lungs are clear. A large effusion, small nodule, enlarged heart, tube in place.', []],
  ['A newspaper. Renewed. Instable. Irremovable.', []],
  ['', []],
];

it.each(SENTENCES)('%s', (text, classes) => {
  expect(changeClasses(text)).toEqual(classes);
  expect(changeClasses(text.toUpperCase())).toEqual(classes);
});

it.each([
  ['No new opacity.', true],
  ['Compared with the prior study there is an effusion.', true],
  ['Again seen is a nodule.', true],
  ['Larger effusion.', true],
  ['The heart is enlarged. The lungs are clear. A pacemaker is in place.', false],
  ['', false],
])('comparesWithEarlier: %s %s', (text, expected) => {
  expect(comparesWithEarlier(text)).toBe(expected);
});

it('takes a time that grows with the length of the text', () => {
  const time = (text: string): number => {
    const start = performance.now();
    changeClasses(text);
    return performance.now() - start;
  };
  expect(time('no significant '.repeat(40_000))).toBeLessThan(2000);
  expect(time(`${'not '.repeat(100_000)}new`)).toBeLessThan(2000);
});
