import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** sha256 of what an import has read: single files by name, many small ones together. */
export class Inputs {
  private readonly groups = new Map<string, string[]>();
  private readonly files = new Map<string, string>();

  /** Adds one of many files: the group's hash is that of its sorted lines `<sha256>  <name>`. */
  add(group: string, name: string, content: Uint8Array): void {
    const lines = this.groups.get(group) ?? [];
    this.groups.set(group, lines);
    lines.push(`${sha256(content)}  ${name}\n`);
  }

  async addFile(name: string, path: string): Promise<void> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    this.files.set(name, hash.digest('hex'));
  }

  toJSON(): Record<string, string> {
    const groups = [...this.groups].map(([group, lines]): [string, string] => [
      `${group} (${lines.length} files)`,
      sha256(lines.sort().join('')),
    ]);
    return Object.fromEntries([...groups, ...this.files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

export const sha256 = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex');
