import { meanMetric } from '../measure';
import { referencesOf } from '../pairs';
import type { PairMetric } from '../types';
import {
  type Meteor15Options,
  meteor15CountsAt,
  meteor15CountsOfAll,
  meteor15FromCounts,
  meteor15Row,
} from './meteor15';
import { type NltkMeteorOptions, nltkMeteorOf } from './nltk';
import type { Resources } from './stages';

/** NLTK's METEOR (`METEOR/nltk`); the corpus value is the mean over reports. */
export const nltkMeteor = (options: NltkMeteorOptions): PairMetric =>
  meanMetric(
    { name: 'meteor-nltk', keys: ['METEOR/nltk'], direction: 'higher', range: [0, 1], references: 'all' },
    (pair) => [
      Math.max(...referencesOf(pair).map((reference) => nltkMeteorOf(reference, pair.hypothesis, options))),
    ],
  );

/** `METEOR/1.5` with all four stages, else with the stages that ran behind it. */
export function meteor15Key({ wordnet, paraphrases }: Resources): string {
  const stages = ['exact', 'stem', wordnet && 'synonym', paraphrases && 'paraphrase'];
  const ran = stages.filter((stage) => stage !== undefined);
  return ran.length === stages.length ? 'METEOR/1.5' : `METEOR/1.5/${ran.join('+')}`;
}

/**
 * METEOR 1.5 for English; the corpus value is that of the added counts, as the program prints it. Key `METEOR/1.5`
 * with all four stages, else with the stages that ran behind it: `METEOR/1.5/exact+stem+synonym`.
 */
export const meteor15 = (options: Meteor15Options = {}): PairMetric => ({
  name: 'meteor-1.5',
  keys: [meteor15Key(options)],
  direction: 'higher',
  range: [0, 1],
  references: 'all',
  sums: (pair) => meteor15Row(meteor15CountsOfAll(referencesOf(pair), pair.hypothesis, options)),
  value: (sums) => [meteor15FromCounts(meteor15CountsAt(sums), options.parameters)],
});
