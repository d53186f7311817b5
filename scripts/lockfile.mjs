// What pnpm-lock.yaml says of the packages that ours bring along.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'yaml';
import { root } from './run.mjs';

/** Folders of the published packages, as the lockfile names them. */
export const published = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);

/** Kinds of dependency that a user's installation has. */
const RUNTIME = ['dependencies', 'optionalDependencies'];

const { importers, packages, snapshots } = parse(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'));

/**
 * The packages of others that the given workspace folders need, dependencies of dependencies included, also those of
 * our own packages among them.
 * @param kinds fields of package.json to start from
 * @returns by key `name@version`: name, version, engines, integrity, whether only optional dependencies lead there, and keys
 * of its own dependencies
 */
export function lockedPackages(folders = published, kinds = RUNTIME) {
  const found = new Map();
  const open = withOurs(folders).flatMap((folder) =>
    (folders.includes(folder) ? kinds : RUNTIME).flatMap((kind) => directOf(folder, kind)),
  );
  for (let next = open.pop(); next; next = open.pop()) {
    const known = found.get(next.key);
    if (known && (next.optional || !known.optional)) continue;
    const { engines = {}, resolution } = packages[next.key];
    const own = RUNTIME.flatMap((kind, i) =>
      keysOf(snapshots[next.snapshot][kind], next.optional || i === 1),
    );
    const at = next.key.lastIndexOf('@');
    found.set(next.key, {
      name: next.key.slice(0, at),
      version: next.key.slice(at + 1),
      engines,
      integrity: resolution.integrity,
      optional: next.optional,
      dependencies: own.map(({ key }) => key),
    });
    open.push(...own);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a workspace folder depends on itself: keys of packages of others, and folders of ours. */
export const directDependencies = (folder) => ({
  keys: RUNTIME.flatMap((kind) => directOf(folder, kind).map(({ key }) => key)),
  folders: linksOf(folder),
});

const directOf = (folder, kind) =>
  keysOf(
    Object.fromEntries(
      Object.entries(importers[folder]?.[kind] ?? {}).map(([name, { version }]) => [name, version]),
    ),
    kind === RUNTIME[1],
  );

/** Folders of ours that a workspace folder needs at run time. */
const linksOf = (folder) =>
  Object.values(importers[folder]?.dependencies ?? {}).flatMap(({ version }) =>
    version.startsWith('link:') ? [posix.join(folder, version.slice('link:'.length))] : [],
  );

function withOurs(folders) {
  const all = new Set(folders);
  for (const folder of all) for (const link of linksOf(folder)) all.add(link); // a set yields what is added meanwhile
  return [...all];
}

/** Keys of `packages` and of `snapshots`, which names the peers too; workspace packages left out. */
function keysOf(versions = {}, optional = false) {
  return Object.entries(versions)
    .filter(([, version]) => !version.startsWith('link:'))
    .map(([name, version]) => {
      const snapshot = /^(@?[^@(]+)@/.test(version) ? version : `${name}@${version}`; // an alias names its package
      return { snapshot, key: snapshot.replace(/\(.*$/, ''), optional };
    });
}
