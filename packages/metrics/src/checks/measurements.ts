import type { PairMetric } from '../types';
import { faultRate } from './rate';

/** Sizes in millimetres, volumes in millilitres, `3 x 4 cm` as two sizes. */
export interface Measurement {
  readonly value: number;
  readonly unit: 'mm' | 'ml';
  /** As written. */
  readonly text: string;
}

const UNITS: Readonly<Record<string, readonly [unit: 'mm' | 'ml', factor: number]>> = {
  mm: ['mm', 1],
  millimeter: ['mm', 1],
  millimetre: ['mm', 1],
  cm: ['mm', 10],
  centimeter: ['mm', 10],
  centimetre: ['mm', 10],
  inch: ['mm', 25.4],
  ml: ['ml', 1],
  cc: ['ml', 1],
};

const number = '\\d+(?:\\.\\d+)?';
/** A few blanks: any number of them would take time with its square. */
const gap = '\\s{0,4}';
const measurement = new RegExp(
  `(?<![\\d.])(${number}(?:${gap}(?:mm|cm)?${gap}(?:x|×|by|-|to)${gap}${number}){0,2})${gap}-?${gap}(mm|millimet(?:er|re)|cm|centimet(?:er|re)|inch|ml|cc)(?:s|es)?(?![a-z])`,
  'gi',
);

/** Every size and volume in a text, in its order. */
export function findMeasurements(text: string): Measurement[] {
  return [...text.matchAll(measurement)].flatMap(([whole, numbers, name]) => {
    const [unit, factor] = UNITS[name!.toLowerCase()]!;
    return [...numbers!.matchAll(new RegExp(number, 'g'))].map(([digits]) => ({
      value: Number(digits) * factor,
      unit,
      text: whole,
    }));
  });
}

/**
 * Measurement hallucination: sizes and volumes of the generated report that the reference does not give, as long as
 * they differ by more than `tolerance` of the reference's (`measurement/mention`, `measurement/report`).
 */
export const measurementRate = (tolerance = 0.1): PairMetric =>
  faultRate('measurement', 'mention', ({ reference, hypothesis }) => {
    const given = findMeasurements(reference);
    const said = findMeasurements(hypothesis);
    const sorted = { mm: sizesOf(given, 'mm'), ml: sizesOf(given, 'ml') };
    // |other - value| <= tolerance * other: between value / (1 + tolerance) and value / (1 - tolerance).
    const unsupported = said.filter(({ value, unit }) => {
      const nearest = firstFrom(sorted[unit], value / (1 + tolerance) - ROUNDING);
      return !(nearest !== undefined && Math.abs(nearest - value) <= tolerance * nearest + ROUNDING);
    });
    return { faults: unsupported.length, places: said.length };
  });

const ROUNDING = 1e-9;

const sizesOf = (measurements: readonly Measurement[], wanted: 'mm' | 'ml'): number[] =>
  measurements
    .filter(({ unit }) => unit === wanted)
    .map(({ value }) => value)
    .sort((a, b) => a - b);

/** The first of sorted numbers that is at least `low`. */
function firstFrom(sorted: readonly number[], low: number): number | undefined {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < low) from = middle + 1;
    else to = middle;
  }
  return sorted[from];
}
