import { createReadStream, createWriteStream, type Stats, statSync } from 'node:fs';
import { copyFile, open, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { pipeline as writeAll } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { asDiskError, isSystemError } from '@raca/core/node';
import { extract } from 'tar-stream';
import { openPromise, type ZipFile } from 'yauzl';
import { DataError } from '../../errors';

/** One file of a folder or an archive. */
export interface SourceFile {
  /** Path below the root, with `/`; for messages and to tell files apart, never to write to. */
  readonly name: string;
  /** Folder or archive that was walked. */
  readonly root: string;
  /** Where it lies on the disk; missing inside archives. */
  readonly path?: string;
  /** Content. Inside archives only before the next file is asked for. @throws DataError above `limit` bytes (16 MiB) */
  read(limit?: number): Promise<Buffer>;
  /** Copies the content, of whatever size up to `limit` bytes (4 GiB), without holding it. Otherwise as `read`. */
  copyTo(path: string, limit?: number): Promise<void>;
}

/** Whether a JSON file was itself named, not found in a folder. */
export const isNamedJson = ({ root, path }: SourceFile): boolean => path === root && /\.json$/i.test(root);

export const isArchive = (name: string): boolean => /\.(zip|tar|tgz|tar\.gz)$/i.test(name);

const READ_LIMIT = 1 << 24;
const COPY_LIMIT = 2 ** 32;

/**
 * Walks the files of folders and archives (zip, tar, tgz), in the order of their names inside a folder. Links
 * to folders are followed last, and each folder is walked once, however many ways lead to it. Archives below a folder are
 * walked too, after its files; archives inside archives are not.
 *
 * @throws DataError for a missing root, a pipe or device, a broken or cut archive; the signal's reason once it is aborted
 */
export async function* walk(
  roots: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<SourceFile, void, undefined> {
  for await (const file of walkAll(roots)) {
    signal?.throwIfAborted();
    yield file;
  }
}

async function* walkAll(roots: readonly string[]): AsyncGenerator<SourceFile, void, undefined> {
  const archives: string[] = [];
  const walked = new Set<string>();
  for (const root of roots) {
    const stat = statSync(root, { throwIfNoEntry: false });
    if (!stat) throw new DataError(`${root}: expected a folder or an archive, found nothing`);
    if (stat.isDirectory()) {
      const links: Link[] = [{ name: '', depth: 0 }];
      for (let i = 0; i < links.length; i++)
        yield* walkFolder({ root, archives, walked, links }, links[i].name, links[i].depth);
    } else if (!stat.isFile())
      throw new DataError(`${root}: expected a folder or an archive, found a pipe, socket or device`);
    else if (isArchive(root)) archives.push(root);
    else yield onDisk(root, basename(root), root);
  }
  for (const archive of archives) {
    yield* /\.zip$/i.test(archive) ? walkZip(archive) : walkTar(archive);
  }
}

/** Folders below one another at most; data sets have some five. */
const DEEPEST = 32;

const byNumber = new Intl.Collator('en', { numeric: true });

/** A linked folder that is still to be walked. */
interface Link {
  readonly name: string;
  readonly depth: number;
}

interface Walk {
  readonly root: string;
  /** Archives that were met. */
  readonly archives: string[];
  /** Real paths of the folders that were walked: links can go round in circles. */
  readonly walked: Set<string>;
  readonly links: Link[];
}

async function* walkFolder(
  walk: Walk,
  below: string,
  depth: number,
): AsyncGenerator<SourceFile, void, undefined> {
  const { root, archives, walked, links } = walk;
  const folder = await realpath(join(root, below));
  if (walked.has(folder)) return;
  walked.add(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw asDiskError(error, join(root, below));
  });
  entries.sort((a, b) => byNumber.compare(a.name, b.name));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const name = below ? `${below}/${entry.name}` : entry.name;
    const path = join(root, name);
    const kind = entry.isSymbolicLink() ? targetOfLink(path) : entry;
    if (kind?.isDirectory()) {
      if (depth >= DEEPEST) continue;
      if (entry.isSymbolicLink()) links.push({ name, depth: depth + 1 });
      else yield* walkFolder(walk, name, depth + 1);
    } else if (!kind?.isFile()) continue;
    else if (isArchive(name)) archives.push(path);
    else yield onDisk(root, name, path);
  }
}

/** Undefined for a link to nothing, or to itself. */
function targetOfLink(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return undefined;
    throw asDiskError(error, path);
  }
}

function onDisk(root: string, name: string, path: string): SourceFile {
  const checked = (limit: number): void => {
    if (statSync(path).size > limit) throw tooLarge(path, limit);
  };
  return {
    name,
    root,
    path,
    read: async (limit = READ_LIMIT) => {
      checked(limit);
      return readFile(path);
    },
    copyTo: async (to, limit = COPY_LIMIT) => {
      checked(limit);
      await copyFile(path, to);
    },
  };
}

/** A file inside an archive, whose size its header says. */
function inArchive(root: string, name: string, size: number, open: () => Promise<Readable>): SourceFile {
  const opened = (limit: number): Promise<Readable> => {
    if (size > limit) throw tooLarge(`${root}: ${name}`, limit);
    return open();
  };
  return {
    name,
    root,
    read: async (limit = READ_LIMIT) => collect(await opened(limit)),
    copyTo: async (to, limit = COPY_LIMIT) => writeAll(await opened(limit), createWriteStream(to)),
  };
}

async function* walkTar(root: string): AsyncGenerator<SourceFile, void, undefined> {
  const tar = extract();
  const gzipped = /gz$/i.test(root);
  const done = (): void => {}; // errors end the iteration below
  if (gzipped) pipeline(createReadStream(root), createGunzip(), tar, done);
  else pipeline(createReadStream(root), tar, done);
  try {
    for await (const entry of tar) {
      const { name, type, size = 0 } = entry.header;
      if (type === 'file' && !basename(name).startsWith('.')) {
        yield inArchive(root, name, size, async () => entry as unknown as Readable);
      }
      entry.resume();
    }
  } catch (error) {
    throw broken(root, error);
  }
}

async function* walkZip(root: string): AsyncGenerator<SourceFile, void, undefined> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(root, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      if (/\/$|(^|\/)(\.|__MACOSX\/)/.test(entry.fileName)) continue;
      const opened = zip;
      yield inArchive(root, entry.fileName, entry.uncompressedSize, () =>
        opened.openReadStreamPromise(entry),
      );
    }
    await assertNoMore(root, zip);
  } catch (error) {
    throw broken(root, error);
  } finally {
    zip?.close();
  }
}

/**
 * A zip of more than 65,535 entries that was written without zip64 states their number modulo 65,536: further entries follow
 * the last one that is read.
 */
async function assertNoMore(root: string, zip: ZipFile): Promise<void> {
  const start = Number(zip.readEntryCursor); // the types say boolean
  const file = await open(root);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, start);
    if (bytesRead === 4 && buffer.readUInt32LE(0) === CENTRAL_HEADER)
      throw new DataError(
        `${root}: expected a zip of ${zip.entryCount} entries as its end says, found more: unpack it and name the folder`,
      );
  } finally {
    await file.close();
  }
}

const CENTRAL_HEADER = 0x02014b50;

/** All of a stream. (`node:stream/consumers` goes through a Blob, which costs much for many small files.) */
async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const tooLarge = (place: string, limit: number): DataError =>
  new DataError(`${place}: expected at most ${limit} bytes, found more`);

function broken(root: string, error: unknown): unknown {
  if (error instanceof DataError || (error as Error)?.name === 'AbortError') return error;
  if (isSystemError(error)) return asDiskError(error, root);
  return new DataError(
    `${root}: expected a whole archive, found: ${String((error as Error)?.message ?? error).replace(/\s+/g, ' ')}`,
  );
}
