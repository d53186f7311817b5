import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLocked, readRegularFile, writeFileAtomic } from '@raca/core/node';
import { z } from 'zod';
import type { RunConfig } from '../../config';
import type { Launch } from './launch';

/** One run of an ablation: a row with one seed. */
export interface Cell {
  readonly row: string;
  readonly seed: number;
  readonly config: RunConfig;
  /** Run folder. */
  readonly dir: string;
  /** Run folder whose weights it takes over. */
  readonly pretrained?: string;
}

/** How a run ended. */
export type Outcome =
  | { readonly status: 'done'; readonly skipped: boolean }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'interrupted' };

const scores = z.record(z.string(), z.number());

/** `evaluation.json`: what `raca evaluate` said, without the scores of single reports, and what it belongs to. */
const evaluationSchema = z.looseObject({
  /** sha256 of config and data. */
  of: z.string(),
  systems: z
    .array(
      z.object({
        system: z.string(),
        protocols: z.record(z.string(), z.object({ corpus: scores, facts: scores })),
      }),
    )
    .min(1),
});
export type CellEvaluation = z.infer<typeof evaluationSchema>;

/** What {@link runCell} needs. */
export interface CellContext {
  readonly launch: Launch;
  /** Data set folder. */
  readonly data: string;
  /** sha256 of its annotation. */
  readonly dataHash: string;
  /** File of decoded images that all runs share. */
  readonly imageCache: string;
  /** Arguments for every command, such as `--backend wasm`. */
  readonly argv: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (cell: Cell, step: number, steps: number) => void;
}

/**
 * Trains and evaluates one run in child processes: what is finished is skipped, what was broken off goes on. Never
 * throws for a run that fails.
 */
export async function runCell(cell: Cell, context: CellContext): Promise<Outcome> {
  const { launch, data, signal, argv } = context;
  if (readEvaluation(cell, context)) return { status: 'done', skipped: true };
  mkdirSync(cell.dir, { recursive: true });
  await untilFree(cell.dir, signal);
  const config = `${cell.dir}.json`;
  writeFileAtomic(config, `${JSON.stringify(cell.config, null, 2)}\n`);
  const from = cell.pretrained === undefined ? [] : ['--pretrained', cell.pretrained];
  const resume = existsSync(join(cell.dir, 'config.json')) ? ['--resume'] : [];
  const trained = await launch(
    [
      'train',
      '--data',
      data,
      '--out',
      cell.dir,
      '--config',
      config,
      '--json',
      '--image-cache',
      context.imageCache,
      ...from,
      ...resume,
      ...argv,
    ],
    { signal, onLine: (line) => report(line, (step, steps) => context.onProgress?.(cell, step, steps)) },
  );
  if (signal?.aborted || trained.code === 130) return { status: 'interrupted' };
  if (trained.code !== 0) return failure('train', trained);
  // the run has just been trained by the user's own config, or been found to have the same one
  const own = ['--run', cell.dir, '--trust-modules'];
  const evaluated = await launch(['evaluate', ...own, '--data', data, '--json', ...argv], { signal });
  if (signal?.aborted || evaluated.code === 130) return { status: 'interrupted' };
  if (evaluated.code !== 0) return failure('evaluate', evaluated);
  const said = parsed(evaluated.stdout);
  const whole = evaluationSchema.safeParse({ ...(said as object), of: identity(cell, context) });
  if (!whole.success)
    return { status: 'failed', reason: 'evaluate: expected scores as JSON, found something else' };
  writeFileAtomic(join(cell.dir, 'evaluation.json'), `${JSON.stringify(whole.data, null, 1)}\n`);
  return { status: 'done', skipped: false };
}

/** The evaluation of a finished run of this very config on this very data, or null. */
export function readEvaluation(cell: Cell, of: Pick<CellContext, 'dataHash'>): CellEvaluation | null {
  const path = join(cell.dir, 'evaluation.json');
  if (!existsSync(path) || !existsSync(join(cell.dir, 'reports.csv'))) return null;
  const stored = evaluationSchema.safeParse(
    parsed(readRegularFile(path, 'an evaluation', 2 ** 28).toString('utf8')),
  );
  return stored.success && stored.data.of === identity(cell, of) ? stored.data : null;
}

function identity({ config, pretrained }: Cell, { dataHash }: Pick<CellContext, 'dataHash'>): string {
  const start = pretrained === undefined ? '' : 'pretrained';
  return createHash('sha256').update(JSON.stringify(config)).update(dataHash).update(start).digest('hex');
}

function failure(command: string, { code, signal, reason }: Awaited<ReturnType<Launch>>): Outcome {
  const ended = signal ? `ended by ${signal}` : `exit code ${code}`;
  return { status: 'failed', reason: `${command}: ${reason.replace(/^raca: /, '') || ended}` };
}

/** Steps done, from a line of `raca train --json`. */
function report(line: string, onStep: (step: number, steps: number) => void): void {
  const event = parsed(line) as { kind?: unknown; step?: unknown; steps?: unknown } | null;
  if (event?.kind === 'step') onStep(Number(event.step), Number(event.steps));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Longest wait for a training that stops, in milliseconds: the step under way, and what it writes. */
const STOPPING = 30_000;

/** Waits for the training of an ablation that was killed: it sees that, saves and stops by itself. */
async function untilFree(dir: string, signal?: AbortSignal): Promise<void> {
  const end = performance.now() + STOPPING;
  while (isLocked(dir) && performance.now() < end && !signal?.aborted) await sleep(100);
}
