import type * as tf from '@tensorflow/tfjs-core';
import type { PreferencePairs, ScoredReports } from './objective';

/** @throws RangeError unless all tensors have the shape of the policy's */
export function checkReports(name: string, { policy, reference, mask }: ScoredReports, side = ''): void {
  checkShape(`${name}: ${side}mask`, mask, policy.shape);
  if (reference) checkShape(`${name}: ${side}reference`, reference, policy.shape);
}

/** @throws RangeError unless the tensor has this shape */
export function checkShape(what: string, { shape }: tf.Tensor, expected: readonly number[]): void {
  if (shape.length === expected.length && shape.every((size, i) => size === expected[i])) return;
  throw new RangeError(`${what}: expected [${expected}] as policy, got [${shape}]`);
}

/** @throws RangeError unless shapes fit, and both sides have equally many rows and what `needsReference` asks for */
export function checkPairs(
  name: string,
  { chosen, rejected }: PreferencePairs,
  needsReference: boolean,
): void {
  checkReports(name, chosen, 'chosen ');
  checkReports(name, rejected, 'rejected ');
  if (needsReference) {
    referenceOf(name, chosen, 'chosen ');
    referenceOf(name, rejected, 'rejected ');
  }
  const [m, other] = [chosen.policy.shape[0], rejected.policy.shape[0]];
  if (m !== other)
    throw new RangeError(`${name}: expected a rejected report for each of ${m} chosen, got ${other}`);
}

/** @throws RangeError if there is no reference */
export function referenceOf(name: string, { reference }: ScoredReports, side = ''): tf.Tensor2D {
  if (!reference) throw new RangeError(`${name}: expected ${side}reference log-probabilities, found none`);
  return reference;
}

/** @throws RangeError unless all are finite and as many as expected */
export function checkNumbers(what: string, xs: ArrayLike<number>, expected: number): void {
  if (xs.length !== expected) throw new RangeError(`${what}: expected ${expected} numbers, got ${xs.length}`);
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]))
      throw new RangeError(`${what}: expected finite numbers, found ${xs[i]} at ${i}`);
  }
}

/** @throws RangeError unless above 0 */
export function checkPositive(what: string, x: number): void {
  if (!(x > 0)) throw new RangeError(`${what}: expected a number above 0, got ${x}`);
}
