import { SingleBar } from 'cli-progress';

/** Said by every command that shows numbers or reports. */
export const BANNER = 'RACA, research software. Not for clinical use.';

/** Prints the banner and notices on standard error, so that standard output stays for results. */
export function banner(...lines: string[]): void {
  console.error([BANNER, ...lines].join('\n'));
}

/** A progress bar with rate and time left on a terminal. */
export interface Progress {
  update(done: number, total: number, note?: string): void;
  stop(): void;
}

/** Time between two lines of progress where there is no terminal, in milliseconds. */
const BETWEEN_LINES = 30_000;

/** @param options.lines without a terminal, a line each half a minute; else nothing is said there */
export function progress(label: string, { lines = false }: { readonly lines?: boolean } = {}): Progress {
  const started = Date.now();
  const rateOf = (done: number): number => done / ((Date.now() - started) / 1000);
  if (!process.stderr.isTTY) return { update: lines ? lineByLine(label, rateOf) : () => {}, stop: () => {} };
  let bar: SingleBar | null = null;
  return {
    update(done, total, note = '') {
      if (!bar) {
        bar = new SingleBar({
          format: `${label} {bar} {value}/{total}  {rate}/s  {eta_formatted} left  {note}`,
          hideCursor: true,
          stream: process.stderr,
          etaBuffer: 50,
        });
        bar.start(total, 0, { rate: '', note });
      }
      bar.update(done, { rate: rateOf(done).toFixed(1), note });
    },
    stop: () => bar?.stop(),
  };
}

function lineByLine(label: string, rateOf: (done: number) => number): Progress['update'] {
  let last = Date.now();
  return (done, total) => {
    if (Date.now() - last < BETWEEN_LINES) return;
    last = Date.now();
    const rate = rateOf(done);
    console.error(
      `${label}: ${done} of ${total}, ${rate.toFixed(1)}/s, ${Math.ceil((total - done) / rate)} s left`,
    );
  };
}

/**
 * A signal that Ctrl-C, a request to stop (SIGTERM) or a closed terminal (SIGHUP) aborts; a second one ends the process at
 * once. A command that `raca ablate` started also stops when that one is gone.
 */
export function interruptSignal(): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    console.error('\nstopping after this step (press Ctrl-C again to stop at once) …');
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const parent = process.env.RACA_CHILD === '1';
  if (parent) {
    process.on('disconnect', onSignal);
    process.channel?.unref(); // listening alone must not keep the process alive
  }
  return {
    signal: controller.signal,
    done: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
      if (parent) process.off('disconnect', onSignal);
    },
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * What a program does whose output nobody takes any more: a full disk or a closed pipe behind standard output ends it with
 * exit code 1 (all files it writes are whole at every moment); a terminal that is gone does not stop the saving under way.
 */
export function guardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') console.error(`raca: standard output: ${error.message.split('\n')[0]}`);
    process.exit(1);
  });
  process.stderr.on('error', () => {});
}
