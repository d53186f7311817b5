import { logit, sigmoid } from './logistic';

/** σ(slope · x + intercept) is the probability of an event with score x. */
export interface PlattScaling {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Logistic regression of what happened on a score, with Platt's targets: (n₊ + 1)/(n₊ + 2) for an event and 1/(n₋ + 2) for
 * none, which keep the fit finite. The slope is at least 0: a higher score never means a less probable event. Newton's method with
 * halved steps. Null without a case.
 *
 * @param scores `[n]`, finite
 * @throws RangeError if the lists differ in length or a score is not finite
 * @see Platt 1999, "Probabilistic outputs for support vector machines"; Lin, Lin and Weng 2007, "A note on Platt's
 * probabilistic outputs for support vector machines"
 */
export function fitPlatt(scores: ArrayLike<number>, truth: readonly boolean[]): PlattScaling | null {
  const n = truth.length;
  if (scores.length !== n)
    throw new RangeError(`fitPlatt: lengths must match, got ${scores.length} scores and ${n} truths`);
  for (let i = 0; i < n; i++)
    if (!Number.isFinite(scores[i]))
      throw new RangeError(`fitPlatt: expected finite scores, found ${scores[i]}`);
  if (n === 0) return null;
  const events = truth.filter(Boolean).length;
  const [yes, no] = [(events + 1) / (events + 2), 1 / (n - events + 2)];
  const targets = truth.map((isTrue) => (isTrue ? yes : no));
  /** Cross-entropy, in the form that does not overflow. */
  const loss = ({ slope, intercept }: PlattScaling): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const x = slope * scores[i]! + intercept;
      sum += Math.max(x, 0) - targets[i]! * x + Math.log1p(Math.exp(-Math.abs(x)));
    }
    return sum;
  };
  let fit: PlattScaling = { slope: 0, intercept: Math.log((events + 1) / (n - events + 1)) };
  let value = loss(fit);
  for (let step = 0; step < STEPS; step++) {
    const { slope, intercept } = newton(fit, scores, targets);
    let share = 1;
    let next = fit;
    let reached = value;
    for (; share > 1e-10; share /= 2) {
      next = { slope: fit.slope - share * slope, intercept: fit.intercept - share * intercept };
      reached = loss(next);
      if (reached < value) break;
    }
    if (!(reached < value)) break;
    const gained = value - reached;
    [fit, value] = [next, reached];
    if (gained < 1e-12 * n) break;
  }
  if (fit.slope >= 0) return fit;
  return { slope: 0, intercept: logit(targets.reduce((sum, x) => sum + x, 0) / n) };
}

const STEPS = 100;

/** What Newton's method takes off. */
function newton(
  { slope, intercept }: PlattScaling,
  scores: ArrayLike<number>,
  targets: readonly number[],
): PlattScaling {
  let [gradient0, gradient1, aa, ab, bb] = [0, 0, RIDGE, 0, RIDGE];
  targets.forEach((target, i) => {
    const x = scores[i]!;
    const p = sigmoid(slope * x + intercept);
    const weight = p * (1 - p);
    gradient0 += x * (p - target);
    gradient1 += p - target;
    aa += weight * x * x;
    ab += weight * x;
    bb += weight;
  });
  const determinant = aa * bb - ab * ab;
  return {
    slope: (bb * gradient0 - ab * gradient1) / determinant,
    intercept: (aa * gradient1 - ab * gradient0) / determinant,
  };
}

/** Keeps the matrix of second derivatives from being singular where all scores are equal. */
const RIDGE = 1e-12;

/** Probability of the event at a score. */
export const plattProbability = ({ slope, intercept }: PlattScaling, score: number): number =>
  sigmoid(slope * score + intercept);
