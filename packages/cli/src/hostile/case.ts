import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders and files that a case works with. */
export class Place {
  /**
   * @param here a fresh folder of the case
   * @param run a copy of a run folder, in which the case may break what it likes
   * @param data a data set folder that nobody may change
   */
  constructor(
    readonly here: string,
    readonly run: string,
    readonly data: string,
    /** Config file of the run. */
    readonly config: string,
  ) {}

  at(name: string): string {
    return join(this.here, name);
  }

  /** Writes a file of the case and gives its path. */
  put(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  /** Rewrites a JSON file of the run. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON that is broken on purpose
  editRun(name: string, edit: (value: any) => void): void {
    const path = join(this.run, name);
    const value = JSON.parse(readFileSync(path, 'utf8'));
    edit(value);
    writeFileSync(path, JSON.stringify(value));
  }
}

/** What is tried, how it is set up and called, and what the one line says. */
export type HostileCase = readonly [
  what: string,
  arrange: (place: Place) => string[] | Promise<string[]>,
  says: RegExp,
];

/** The last value, once all before it has been arranged. */
export const after = <T>(...all: [...arranged: unknown[], value: T]): T => all.at(-1) as T;
