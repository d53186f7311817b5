import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { NotInstalled } from './not-installed';

/** How optional packages are loaded; replaced in tests. */
export type Load = (name: string) => Promise<unknown>;

// Names stay variables: bundlers must leave these imports to Node.
const fromNode: Load = async (name) => {
  try {
    return await import(/* @vite-ignore */ name);
  } catch (error) {
    if (!isAbsent(error, name)) throw error;
    return import(/* @vite-ignore */ pathToFileURL(fromProject(name)).href);
  }
};

/** Strict layouts of node_modules hide the user's packages from ours, so the user's own folder is asked too. */
const fromProject = (name: string): string =>
  createRequire(join(process.cwd(), 'package.json')).resolve(name);

/**
 * Imports a package that may be absent.
 * @throws NotInstalled if it is; otherwise what the package throws
 */
export async function importOptional<M>(name: string, load: Load = fromNode): Promise<M> {
  let module: { default?: object };
  try {
    module = (await load(name)) as { default?: object };
  } catch (error) {
    if (isAbsent(error, name)) throw new NotInstalled(`${name} is not installed`);
    throw error;
  }
  return { ...module.default, ...module } as M;
}

function isAbsent(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const absent = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return absent && message.includes(`'${name}'`);
}
