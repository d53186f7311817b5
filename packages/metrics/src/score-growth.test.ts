import { expect, it } from 'vitest';
import { measure } from './measure';
import { outputFaults } from './output-faults';
import { ptbTokens } from './ptb';
import { seededRandom } from './random';
import { metricRegistry } from './registry';
import { longestCommonSubsequence } from './rouge';

/** What a broken model or a stranger repeats without end. */
const PATTERNS = ["'", "'s", ' ', '-', '."', 'the ', 'No effusion, or pneumothorax. ', '1) clear\n'];
const SIZES = [10_000, 20_000, 40_000];

const repeated = (pattern: string, size: number): string =>
  pattern.repeat(Math.ceil(size / pattern.length)).slice(0, size);

// Times are printed, not tested; what grows faster than a text's length runs into the limit (cubic ptbTokens needed hours).
it.each(Object.entries(metricRegistry()))(
  '%s takes 10,000 to 40,000 repeated characters',
  (name, make) => {
    const worst = { pattern: '', ratio: 0, last: 0 };
    for (const pattern of PATTERNS) {
      const times = SIZES.map((full) => {
        const size = name.startsWith('meteor') ? full / 4 : full; // its beam costs 40 paths a word
        const text = repeated(pattern, size);
        const started = performance.now();
        const { perReport } = measure(make(), [{ id: '1', reference: text, hypothesis: text.slice(3) }]);
        expect(perReport).toHaveLength(1);
        return performance.now() - started;
      });
      const last = times[2]!;
      if (last > worst.last) Object.assign(worst, { pattern, last, ratio: last / times[0]! });
    }
    console.log(
      `${name}: ${worst.last.toFixed(0)} ms for 40,000 of ${JSON.stringify(worst.pattern)}, ${worst.ratio.toFixed(1)} times 10,000`,
    );
  },
  120_000,
);

it('tokens and faults of a million quotes', () => {
  expect(ptbTokens(`a${"'".repeat(1_000_000)}`)).toEqual(['a']);
  expect(outputFaults(['A.'], [repeated("n't ", 1_000_000)])[0]?.kind).toBe('repetition');
});

it('the longest common subsequence of long lists, worked by hand', () => {
  const one = Array.from({ length: 20_000 }, (_, i) => `w${i}`);
  expect(longestCommonSubsequence(one, one)).toBe(20_000);
  expect(longestCommonSubsequence(one, [...one].reverse())).toBe(1);
  const every = one.filter((_, i) => i % 3 === 0);
  expect(longestCommonSubsequence(one, ['x', ...every, 'y'])).toBe(every.length);
});

it('the longest common subsequence equals the table of textbooks', () => {
  const random = seededRandom(7);
  for (let n = 0; n < 200; n++) {
    const [a, b] = [0, 1].map(() =>
      Array.from({ length: Math.floor(random() * 90) }, () => 'abcde'[Math.floor(random() * 5)]!),
    );
    expect(longestCommonSubsequence(a!, b!)).toBe(byTable(a!, b!));
  }
});

function byTable(a: readonly string[], b: readonly string[]): number {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      lengths[i]![j] =
        a[i - 1] === b[j - 1]
          ? lengths[i - 1]![j - 1]! + 1
          : Math.max(lengths[i - 1]![j]!, lengths[i]![j - 1]!);
    }
  }
  return lengths[a.length]![b.length]!;
}
