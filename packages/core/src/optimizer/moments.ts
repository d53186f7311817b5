/** What all weights of a parameter share in one step of Adam. */
export interface Coefficients {
  /** Gradients are clipped to ±`clip` before all else; may be infinite. */
  readonly clip: number;
  /** `decay`·w is added to the gradient. */
  readonly decay: number;
  /** Decay rates of both moments. */
  readonly betas: readonly [number, number];
  /** Factor of first / (√second + `floor`), the move. */
  readonly stepSize: number;
  readonly floor: number;
}

/** The moments of one parameter, float32, each as long as its weights. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Largest second moment so far; null without AMSGrad. */
  readonly largest: Float32Array | null;
  /** One step: changes the moments. @param out where the new weights go */
  step(weights: Float32Array, gradient: Float32Array, out: Float32Array, coefficients: Coefficients): void;
}
