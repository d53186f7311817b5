import { expect, it } from 'vitest';
import { findMeasurements, lateralityContradictions, measurementRate, priorExamSentences } from '../checks';
import { graphF1 } from '../graph/f1';
import { extractGraph } from '../graph/graph';
import { measure } from '../measure';
import { findMentions, labelReport } from './labeler';

/** What hostile or broken text repeats. */
const PATTERNS = [
  ...[
    ' ',
    'a',
    '9',
    '.',
    '. ',
    ', ',
    'no ',
    '- ',
    '\n',
    '\n- x',
    '"',
    '? ',
    ': ',
    'a: ',
    '| ',
    '\t',
    '( ',
    '5 ',
    '5x',
    '=',
    '-',
    '**',
    '= ',
  ],
  ...[
    'X',
    '_',
    '1) ',
    '[x] ',
    'INDICATION: ',
    'and ',
    'vs. ',
    'not seen, ',
    'no left effusion . left effusion . ',
  ],
  ...['the effusion seen on the prior ', "isn't ", '5 mm ', `5${' '.repeat(50)}`, '*', '<br>', 'may be '],
];

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  labelReport,
  findMentions,
  graph: (text) => graphF1(extractGraph(text), extractGraph(text)),
  priorExamSentences,
  findMeasurements,
  measurementRate: (text) => measure(measurementRate(), [{ id: 'a', reference: text, hypothesis: text }]),
  lateralityContradictions,
};

// No assertion on time: a reader whose time grows with the square of the length runs into the test's limit.
it.each(Object.entries(READERS))('%s reads 40,000 characters of any repeated pattern', (name, read) => {
  const slow: string[] = [];
  for (const pattern of PATTERNS) {
    const times = [10_000, 20_000, 40_000].map((length) => {
      const text = pattern.repeat(Math.ceil(length / pattern.length));
      const start = performance.now();
      expect(read(text)).toBeDefined();
      return Math.round(performance.now() - start);
    });
    if (times[2]! > 500) slow.push(`${JSON.stringify(pattern)} ${times.join(', ')} ms`);
  }
  if (process.env.RACA_SHOW_AGREEMENT && slow.length > 0) console.log(name, slow);
});
