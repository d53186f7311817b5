import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFile } from './walk';

/** A file that lies on the disk, and the name that people know it by. */
export interface DiskFile {
  /** For messages and hashes: the path, or `archive: name`. */
  readonly name: string;
  readonly path: string;
}

/** A temporary folder for files out of archives that are read after the walk or in pieces. */
export class Scratch {
  private folder?: Promise<string>;
  private files = 0;

  /** The file itself, or a copy of it where it lies in an archive. */
  async onDisk(file: SourceFile): Promise<DiskFile> {
    if (file.path) return { name: file.path, path: file.path };
    this.folder ??= mkdtemp(join(tmpdir(), 'raca-import-'));
    const path = join(await this.folder, `${this.files++}`);
    await file.copyTo(path);
    return { name: `${file.root}: ${file.name}`, path };
  }

  async dispose(): Promise<void> {
    if (this.folder) await rm(await this.folder, { recursive: true, force: true });
  }
}
