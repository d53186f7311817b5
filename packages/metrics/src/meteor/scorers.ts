import { referencesOf } from '../pairs';
import { meanOf, type StreamingScorer, streaming } from '../streaming';
import {
  addMeteor15Counts,
  emptyMeteor15Counts,
  type Meteor15Options,
  meteor15CountsAt,
  meteor15CountsOfAll,
  meteor15FromCounts,
  meteor15Row,
} from './meteor15';
import { type NltkMeteorOptions, nltkMeteorOf } from './nltk';
import type { Resources } from './stages';

/** NLTK's METEOR (`METEOR/nltk`); the corpus value is the mean over reports. */
export function nltkMeteor(options: NltkMeteorOptions): StreamingScorer {
  return streaming({
    id: 'meteor-nltk',
    direction: 'higher',
    range: [0, 1],
    references: 'all',
    accumulate: () =>
      meanOf('METEOR/nltk', (pair) =>
        Math.max(...referencesOf(pair).map((reference) => nltkMeteorOf(reference, pair.hypothesis, options))),
      ),
  });
}

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
export function meteor15(options: Meteor15Options = {}): StreamingScorer {
  const key = meteor15Key(options);
  return streaming({
    id: 'meteor-1.5',
    direction: 'higher',
    range: [0, 1],
    references: 'all',
    additive: (pairs) => ({
      keys: [key],
      width: 11,
      table: Float64Array.from(
        pairs.flatMap((pair) =>
          meteor15Row(meteor15CountsOfAll(referencesOf(pair), pair.hypothesis, options)),
        ),
      ),
      values: (sums) => [meteor15FromCounts(meteor15CountsAt(sums), options.parameters)],
    }),
    accumulate() {
      const total = emptyMeteor15Counts();
      return {
        update(pair) {
          const counts = meteor15CountsOfAll(referencesOf(pair), pair.hypothesis, options);
          addMeteor15Counts(total, counts);
          return { [key]: meteor15FromCounts(counts, options.parameters) };
        },
        compute: () => ({ [key]: meteor15FromCounts(total, options.parameters) }),
      };
    },
  });
}
