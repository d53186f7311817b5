import { setTimeout as sleep } from 'node:timers/promises';

/** Time as {@link Pace} sees it. */
export interface Clock {
  /** Milliseconds, never less than before. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

/** A clock that nobody sets back. */
const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** When the next question may go out: at most so many a minute, evenly spaced, and none while the server rests. */
export class Pace {
  private next = 0;
  private restUntil = 0;

  /** @param perMinute questions a minute; Infinity for no limit */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock = CLOCK,
  ) {}

  /** Resolves when it is this caller's turn. @throws the signal's reason when it aborts */
  async turn(signal?: AbortSignal): Promise<void> {
    const at = Math.max(this.clock.now(), this.next);
    this.next = at + 60_000 / this.perMinute;
    await this.until(at, signal);
    while (this.clock.now() < this.restUntil) await this.until(this.restUntil, signal);
  }

  /** Nobody's turn comes before `ms` milliseconds have passed. */
  rest(ms: number): void {
    this.restUntil = Math.max(this.restUntil, this.clock.now() + ms);
  }

  private async until(time: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const ms = time - this.clock.now();
    if (ms > 0) await this.clock.sleep(ms, signal);
  }
}
