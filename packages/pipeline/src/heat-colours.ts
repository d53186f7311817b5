import type { Colour } from './canvas';

/** A point of the scale of probabilities. */
export interface HeatStop {
  readonly probability: number;
  readonly colour: Colour;
  /** 0..1 */
  readonly opacity: number;
}

/** From nothing over violet and orange to yellow: lighter with the probability, so that it reads without colours too. */
export const HEAT_STOPS: readonly HeatStop[] = [
  { probability: 0, colour: [60, 30, 140], opacity: 0 },
  { probability: 0.25, colour: [110, 40, 160], opacity: 0.18 },
  { probability: 0.5, colour: [225, 85, 60], opacity: 0.34 },
  { probability: 0.75, colour: [250, 150, 40], opacity: 0.44 },
  { probability: 1, colour: [255, 225, 80], opacity: 0.52 },
];

/** Colour and opacity of a probability 0..1, linear between {@link HEAT_STOPS}. */
export function heatOf(probability: number): Omit<HeatStop, 'probability'> {
  const p = Math.min(1, Math.max(0, probability));
  const k = Math.max(
    1,
    HEAT_STOPS.findIndex((stop) => p <= stop.probability),
  );
  const [low, high] = [HEAT_STOPS[k - 1], HEAT_STOPS[k]];
  const t = (p - low.probability) / (high.probability - low.probability);
  const mix = (a: number, b: number): number => a + (b - a) * t;
  const [r, g, b] = low.colour.map((c, i) => Math.round(mix(c, high.colour[i])));
  return { colour: [r, g, b], opacity: mix(low.opacity, high.opacity) };
}
