import type { PictureOptions } from '@raca/data/node';
import type { Command } from 'commander';
import { oneOf, UsageError } from './errors';
import { say } from './say';

/** What the options of {@link imageOptions} give. */
export interface ImageFlags {
  readonly window?: readonly string[];
  readonly levels?: 'file' | 'minmax' | 'auto';
  readonly gray?: 'shown' | 'mimic-jpg';
  readonly invert?: boolean;
  readonly force?: boolean;
}

/** Adds the options about gray levels that all commands that read pictures share. */
export function imageOptions(command: Command): Command {
  return command
    .option(
      '--window <center width...>',
      'display window (center and width) to use instead of the one in the file',
    )
    .option(
      '--levels <name>',
      'gray levels: file (default), minmax (stretch from the smallest to the largest value), auto (the same, ignoring half a percent at either end)',
      oneOf('--levels', ['file', 'minmax', 'auto'] as const),
    )
    .option(
      '--gray <name>',
      'shown (default), or mimic-jpg: prepare DICOM like the JPEG files of MIMIC-CXR-JPG (min–max, histogram equalised)',
      oneOf('--gray', ['shown', 'mimic-jpg'] as const),
    )
    .option('--invert', 'swap dark and bright')
    .option(
      '--force',
      'accept pictures that are nearly one gray or whose header says they are not chest radiographs',
    );
}

/** How pictures are to be read; undefined where no option says anything. @throws UsageError for options that exclude one another */
export function pictureOptions(flags: ImageFlags): PictureOptions | undefined {
  const { window, levels = 'file', gray = 'shown', invert, force } = flags;
  const given = [
    window && '--window',
    levels !== 'file' && `--levels ${levels}`,
    gray !== 'shown' && `--gray ${gray}`,
  ].filter(Boolean);
  if (given.length > 1) throw new UsageError(`expected one of ${given.join(', ')}, found ${given.length}`);
  const voi = window
    ? windowOf(window)
    : gray === 'mimic-jpg'
      ? gray
      : ({ file: undefined, minmax: 'minmax', auto: 'percentiles' } as const)[levels];
  if (voi === undefined && !invert && !force) return undefined;
  return { ...(voi !== undefined && { voi }), ...(invert && { invert }), ...(force && { force }) };
}

function windowOf(texts: readonly string[]): { center: number; width: number } {
  const numbers = texts.flatMap((text) => text.split(/[,\s]+/)).filter((text) => text !== '');
  const [center, width] = numbers.map(Number);
  if (numbers.length !== 2 || !Number.isFinite(center) || !(width >= 1 && Number.isFinite(width)))
    throw new UsageError(
      `--window: expected a center and a width of at least 1, e.g. 2048,4096, found "${texts.join(' ')}"`,
    );
  return { center, width };
}

/** Names the images that were left out, on standard error. */
export function leftOutSummary(lines: readonly string[], consequence: string): void {
  for (const line of lines) say(`skipped: ${line}`);
  if (lines.length > 0) say(`images that could not be read: ${lines.length}; ${consequence} (see --strict)`);
}
