import { expect, it } from 'vitest';
import { Pace } from './pace';

/** A clock whose time passes only while somebody waits; the shortest wait ends first. */
function madeUpClock() {
  let now = 1_000_000;
  const waiting: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        waiting.push({ until: now + ms, wake });
      }),
    async run(): Promise<void> {
      for (;;) {
        for (let i = 0; i < 10; i++) await Promise.resolve();
        waiting.sort((a, b) => a.until - b.until);
        const first = waiting.shift();
        if (!first) return;
        now = first.until;
        first.wake();
      }
    },
  };
}

/** When each of `n` callers got its turn, in ms from the start. */
async function turns(perMinute: number, n: number, before?: (pace: Pace) => void): Promise<number[]> {
  const clock = madeUpClock();
  const start = clock.now();
  const pace = new Pace(perMinute, clock);
  before?.(pace);
  const times: number[] = [];
  const all = Array.from({ length: n }, () => pace.turn().then(() => times.push(clock.now() - start)));
  await clock.run();
  await Promise.all(all);
  return times;
}

it('spaces turns evenly', async () => {
  expect(await turns(60, 4)).toEqual([0, 1000, 2000, 3000]);
  expect(await turns(Number.POSITIVE_INFINITY, 3)).toEqual([0, 0, 0]);
});

it('gives nobody a turn during a rest, and the longest rest counts', async () => {
  const rest = (pace: Pace) => {
    pace.rest(1500);
    pace.rest(500);
  };
  expect(await turns(60, 4, rest)).toEqual([1500, 1500, 2000, 3000]);
});

it('ends when told', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(new Pace(60).turn(signal)).rejects.toThrow('enough');
});
