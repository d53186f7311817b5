import { LARGEST } from '@raca/core';
import { isFields } from './fields';

/** What is read of a model's config; a slot's own options may be anything. */
interface Sizes {
  readonly width: number;
  readonly imageSize: number;
  readonly views: number;
  readonly grid: { readonly rows: number; readonly cols: number };
  readonly maxLength: number;
}

/** A product of sizes that each may be large, but not all at once: what is counted, how many there are, how many may be. */
type Budget = readonly [what: string, count: number, most: number];

/** Values that one training step holds for each part of the model, in one line where they are too many; else null. */
export function stepTooLarge(model: Sizes, batchSize: number): string | null {
  const { width, imageSize, views, grid, maxLength } = model;
  const budgets: readonly Budget[] = [
    ['pixels (studies × views × side²)', batchSize * views * imageSize ** 2, LARGEST.pixelsPerStep],
    [
      'patch values (studies × patches × width)',
      batchSize * views * grid.rows * grid.cols * width,
      LARGEST.valuesPerStep,
    ],
    ['token values (studies × tokens × width)', batchSize * maxLength * width, LARGEST.valuesPerStep],
  ];
  const over = budgets.find(([, count, most]) => count > most);
  return over ? `expected a step of at most ${over[2]} ${over[0]}, found ${over[1]}` : null;
}

/** Weights that a slot's options ask for, from below: layers of a Transformer, or convolutions. */
export function weightsOf(options: unknown, modelWidth: number): number {
  if (!isFields(options)) return 0;
  const number = (name: string, otherwise: number): number =>
    typeof options[name] === 'number' ? options[name] : otherwise;
  const width = number('width', modelWidth);
  const layers = number('layers', 0) + number('visualLayers', 0);
  const channels = Array.isArray(options.channels)
    ? options.channels.filter((c) => typeof c === 'number')
    : [];
  const last = channels.at(-1) ?? 0;
  return (
    layers * width * (4 * width + 2 * number('feedForward', 0)) +
    number('memoryRows', 0) * width +
    channels.reduce((sum, c, i) => sum + 9 * c * (channels[i - 1] ?? 1), 0) +
    9 * last ** 2 * number('residuals', 0)
  );
}

const SIZES = ['width', 'layers', 'feedForward', 'visualLayers', 'memoryRows', 'channels', 'residuals'];

/** The options that {@link weightsOf} counts, for a message: `layers 3, feedForward 512`. */
export const sizesIn = (options: unknown): string =>
  Object.entries(isFields(options) ? options : {})
    .filter(([name]) => SIZES.includes(name))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.slice(0, 8).join(' ') : value}`)
    .join(', ');
