export function drawnLobes(): Float32Array;
export function train(options?: { steps?: number; batch?: number; seed?: number }): {
  prior: number;
  agent: number;
};
export function lobesOf(sentence: string): string[];
export function picture(lobes?: ArrayLike<number>): string;
