import { createReadStream, statSync } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DataError } from '../../errors';

/** One file of a folder or an archive. */
export interface SourceFile {
  /** Path below the root, with `/`; for messages and to tell files apart, never to write to. */
  readonly name: string;
  /** Folder or archive that was walked. */
  readonly root: string;
  /** Where it lies on the disk; missing inside archives. */
  readonly path?: string;
  /** Content. Inside archives only before the next file is asked for. @throws DataError above `limit` bytes */
  read(limit?: number): Promise<Buffer>;
}

/** Whether a JSON file was itself named, not found in a folder. */
export const isNamedJson = ({ root, path }: SourceFile): boolean => path === root && /\.json$/i.test(root);

export const isArchive = (name: string): boolean => /\.(zip|tar|tgz|tar\.gz)$/i.test(name);

const LIMIT = 1 << 30;

/**
 * Walks the files of folders and archives (zip, tar, tgz), in the order of their names inside a folder, links
 * followed, but each folder walked once. Archives below a folder are walked too, after its files; archives inside archives are not.
 *
 * @throws DataError for a missing root, a broken or cut archive; the signal's reason once it is aborted
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
  for (const root of roots) {
    const found = statSync(root, { throwIfNoEntry: false });
    if (!found) throw new DataError(`${root}: expected a folder or an archive, found nothing`);
    if (found.isDirectory()) yield* walkFolder(root, archives);
    else if (!found.isFile())
      throw new DataError(`${root}: expected a folder or an archive, found a pipe or a device`);
    else if (isArchive(root)) archives.push(root);
    else yield onDisk(root, basename(root), root);
  }
  for (const archive of archives) {
    yield* /\.zip$/i.test(archive) ? walkZip(archive) : walkTar(archive);
  }
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Each folder once, however many links lead to it; what only links lead to comes last. */
async function* walkFolder(root: string, archives: string[]): AsyncGenerator<SourceFile, void, undefined> {
  const seen = new Set<string>();
  const linked = [''];
  for (let below = linked.shift(); below !== undefined; below = linked.shift())
    yield* walkBelow(root, below, { archives, seen, linked });
}

interface Walk {
  readonly archives: string[];
  /** Real paths of the folders that were entered. */
  readonly seen: Set<string>;
  /** Links to folders, still to be followed. */
  readonly linked: string[];
}

async function* walkBelow(
  root: string,
  below: string,
  walk: Walk,
): AsyncGenerator<SourceFile, void, undefined> {
  const real = await realpath(join(root, below));
  if (walk.seen.has(real)) return;
  walk.seen.add(real);
  const entries = await readdir(join(root, below), { withFileTypes: true });
  entries.sort((a, b) => byNumber.compare(a.name, b.name));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const name = below ? `${below}/${entry.name}` : entry.name;
    const path = join(root, name);
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry; // links may lead nowhere
    if (kind?.isDirectory()) {
      if (entry.isSymbolicLink()) walk.linked.push(name);
      else yield* walkBelow(root, name, walk);
    } else if (!kind?.isFile()) continue;
    else if (isArchive(name)) walk.archives.push(path);
    else yield onDisk(root, name, path);
  }
}

function onDisk(root: string, name: string, path: string): SourceFile {
  return { name, root, path, read: (limit = LIMIT) => readWhole(path, limit) };
}

async function readWhole(path: string, limit: number): Promise<Buffer> {
  const { size } = statSync(path);
  if (size > limit) throw tooLarge(path, limit);
  return readFile(path);
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
        yield {
          name,
          root,
          read: async (limit = LIMIT) => {
            if (size > limit) throw tooLarge(`${root}: ${name}`, limit);
            return collect(entry as unknown as Readable);
          },
        };
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
      yield zipped(root, zip, entry);
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

function zipped(root: string, zip: ZipFile, entry: Entry): SourceFile {
  const name = entry.fileName;
  return {
    name,
    root,
    read: async (limit = LIMIT) => {
      if (entry.uncompressedSize > limit) throw tooLarge(`${root}: ${name}`, limit);
      return collect(await zip.openReadStreamPromise(entry));
    },
  };
}

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
  return new DataError(
    `${root}: expected a whole archive, found: ${String((error as Error)?.message ?? error).replace(/\s+/g, ' ')}`,
  );
}
