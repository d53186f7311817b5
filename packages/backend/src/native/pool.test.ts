import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { BufferPool } from './pool';

const fill = (view: Float32Array, mark: number) => view.fill(mark);

it('hands a returned buffer out again and never a live one', () => {
  const pool = new BufferPool(1e9);
  const a = pool.take(Float32Array, 5000);
  pool.retain(a);
  expect(pool.take(Float32Array, 5000).buffer).not.toBe(a.buffer);
  pool.release(a);
  expect(pool.take(Float32Array, 4990).buffer).toBe(a.buffer); // same size class
});

it('waits for the last view of a buffer', () => {
  const pool = new BufferPool(1e9);
  const whole = pool.take(Float32Array, 5000);
  pool.retain(whole);
  pool.retain(whole.subarray(10, 20)); // what a contiguous slice does
  pool.release(whole);
  expect(pool.take(Float32Array, 5000).buffer).not.toBe(whole.buffer);
  pool.release(whole.subarray(10, 20));
  expect(pool.take(Float32Array, 5000).buffer).toBe(whole.buffer);
});

it('keeps no more than its limit and takes no notice of foreign arrays', () => {
  const pool = new BufferPool(25_000);
  const views = [5000, 5000].map((n) => pool.take(Float32Array, n));
  for (const v of views) pool.retain(v);
  for (const v of views) pool.release(v);
  expect(pool.idleBytes).toBeLessThanOrEqual(25_000);
  expect(pool.idleBytes).toBeGreaterThan(0);
  pool.retain(new Float32Array(9000));
  pool.release(new Float32Array(9000));
  expect(pool.leased).toBe(0);
});

it('never lets two live arrays share memory, whatever the order', () => {
  const step = fc.record({ make: fc.boolean(), length: fc.integer({ min: 1, max: 9000 }), pick: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const pool = new BufferPool(100_000);
      const live: { view: Float32Array; mark: number }[] = [];
      steps.forEach(({ make, length, pick }, mark) => {
        if (make || live.length === 0) {
          const view = fill(pool.take(Float32Array, length), mark);
          pool.retain(view);
          live.push({ view, mark });
        } else pool.release(live.splice(pick % live.length, 1)[0].view);
        for (const { view, mark } of live) {
          expect(view[0]).toBe(mark);
          expect(view.at(-1)).toBe(mark);
        }
      });
    }),
    { seed: 1, numRuns: 200 },
  );
});
