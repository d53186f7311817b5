import { existsSync, readFileSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a user's module must share with us: two copies do not know each other's classes and registrations. */
const SHARED = /^@(raca|tensorflow)\//;

type Next = (specifier: string, context: Context) => { url: string };
interface Context {
  readonly parentURL?: string;
}
type Hooks = { resolve(specifier: string, context: Context, next: Next): { url: string } };

const ours = nodeModule.createRequire(import.meta.url);

/** Places from which our packages are found, also where node_modules is strict. */
const parents = (): string[] => [import.meta.url, pathToFileURL(ours.resolve('@raca/backend')).href];

/**
 * Makes a file, and all that it imports or requires, resolve `@raca/*` and `@tensorflow/*` to the copies that this
 * package uses; packages that the file does not find itself (such as zod) come from us too.
 */
export function resolveToOurs(file: string): void {
  const path = existsSync(file) ? realpathSync(file) : file; // hooks are told real paths
  const url = pathToFileURL(path).href;
  const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: Hooks) => void };
  if (registerHooks) registerHooks({ resolve: resolver(new Set([url]), parents()) });
  else nodeModule.register(threadHooks, { data: { own: [url], parents: parents(), shared: SHARED.source } });
  requireOurs(new Set([path]));
}

/** What this file uses of Node's loader of CommonJS, which does not ask the hooks for `require` in an imported file. */
interface CommonJsLoader {
  _resolveFilename(request: string, parent?: { filename?: string | null }, ...rest: unknown[]): string;
}

function requireOurs(own: Set<string>): void {
  const loader = nodeModule.Module as unknown as CommonJsLoader;
  const usual = loader._resolveFilename;
  loader._resolveFilename = (request, parent, ...rest) => {
    const theirs = (): string => usual.call(loader, request, parent, ...rest);
    if (!own.has(parent?.filename ?? '')) return theirs();
    const found = (resolve: () => string): string | null => {
      try {
        return resolve();
      } catch {
        return null;
      }
    };
    const fromUs = (): string | null => {
      for (const place of parents()) {
        const path = found(() => nodeModule.createRequire(place).resolve(request));
        if (path !== null) return path;
      }
      return null;
    };
    const shared = SHARED.test(request) ? fromUs() : null;
    if (shared !== null) return shared;
    const path = found(theirs);
    if (path === null) return fromUs() ?? theirs();
    own.add(path);
    return path;
  };
}

/** For Node 22.15 and newer, whose hooks run in this thread and answer at once. */
function resolver(own: Set<string>, from: readonly string[]): Hooks['resolve'] {
  return (specifier, context, next) => {
    if (!own.has(context.parentURL ?? '')) return next(specifier, context);
    const tries = [context, ...from.map((parentURL) => ({ ...context, parentURL }))];
    if (SHARED.test(specifier)) tries.push(tries.shift()!); // ours first
    let failure: unknown;
    for (const attempt of tries) {
      try {
        const found = next(specifier, attempt);
        if (attempt === context) own.add(found.url);
        return found;
      } catch (error) {
        if (attempt === context) failure = error;
      }
    }
    throw failure;
  };
}

/** The same for Node 20, whose hooks run in a thread of their own: a module as text. */
const threadHooks = `data:text/javascript,${encodeURIComponent(`
let own, parents, shared;
export function initialize(data) {
  own = new Set(data.own);
  parents = data.parents;
  shared = new RegExp(data.shared);
}
export async function resolve(specifier, context, next) {
  if (!own.has(context.parentURL)) return next(specifier, context);
  const tries = [context, ...parents.map((parentURL) => ({ ...context, parentURL }))];
  if (shared.test(specifier)) tries.push(tries.shift());
  let failure;
  for (const attempt of tries) {
    try {
      const found = await next(specifier, attempt);
      if (attempt === context) own.add(found.url);
      return found;
    } catch (error) {
      if (attempt === context) failure = error;
    }
  }
  throw failure;
}`)}`;

/** A line for each package that a file would find beside itself in another copy than ours. */
export function otherCopy(file: string): string[] {
  const theirs = nodeModule.createRequire(file);
  return ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@raca/core'].flatMap((name) => {
    const [own, other] = [manifestOf(ours, name), manifestOf(theirs, name)];
    if (!own || !other || own.path === other.path) return [];
    return [
      `${file}: uses our ${name} ${own.version}, not its own copy ${other.version} (${dirname(other.path)})`,
    ];
  });
}

function manifestOf(from: NodeRequire, name: string): { path: string; version: string } | null {
  for (const folder of from.resolve.paths(name) ?? []) {
    try {
      const path = realpathSync(join(folder, name, 'package.json'));
      return { path, version: String(JSON.parse(readFileSync(path, 'utf8')).version) };
    } catch {
      // not in this folder
    }
  }
  return null;
}
