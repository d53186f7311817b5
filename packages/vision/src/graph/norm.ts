import type { Norm } from '@raca/core';
import type { GraphBuilder } from './network-graph';

/** `γ·(x − mean)/(sd + 1e-6) + β` over the channels of `[n, c, H, W]`, sd unbiased: `applyNorm` of `@raca/core`. */
export function graphNorm(g: GraphBuilder, name: string, { gamma, beta }: Norm, x: string): string {
  const [channels] = gamma.shape;
  const perChannel = (key: string, v: Norm['gamma']): string =>
    g.weight(`${name}.${key}`, [channels, 1, 1], v.dataSync<'float32'>());
  const mean = (y: string): string => g.op('ReduceMean', [y], { axes: { ints: [1] }, keepdims: { int: 1 } });
  const centred = g.op('Sub', [x, mean(x)]);
  const biased = mean(g.op('Mul', [centred, centred]));
  const unbiased = g.scalar(`${name}.unbiased`, channels / Math.max(channels - 1, 1));
  const sd = g.op('Sqrt', [g.op('Mul', [biased, unbiased])]);
  const standard = g.op('Div', [centred, g.op('Add', [sd, g.scalar(`${name}.epsilon`, 1e-6)])]);
  return g.op('Add', [g.op('Mul', [standard, perChannel('gamma', gamma)]), perChannel('beta', beta)]);
}
