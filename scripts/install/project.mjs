// Packed packages, and empty folders to install them into.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pnpm, root } from '../run.mjs';

/** What the packages leave to the user to install. */
export const PEERS = ['@tensorflow/tfjs-core@^4.22.0', '@tensorflow/tfjs-layers@^4.22.0'];

/** Tarballs of all packages. @throws Error in one line if one was built without types */
export function pack(folder) {
  mkdirSync(folder);
  for (const name of readdirSync(join(root, 'packages'))) {
    const types = join(root, 'packages', name, 'dist', 'index.d.cts');
    if (!existsSync(types)) throw new Error(`${types}: expected types, found nothing; npm run build`);
    pnpm(['--dir', join('packages', name), 'pack', '--pack-destination', folder], { quiet: true });
  }
  return readdirSync(folder).map((name) => join(folder, name));
}

/** An empty project in a new folder below `work`. */
export function emptyProject(work) {
  const folder = mkdtempSync(join(work, 'empty-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  return folder;
}

/** Runs npm as a Node does, strict about the Nodes that packages are made for. */
export function npm(node, folder, args, env = {}) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const flags = ['--engine-strict', '--no-audit', '--no-fund', '--loglevel=warn'];
  return spawnSync('npm', [...args, ...flags], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...withoutChoice(), ...env, PATH: path },
    shell: process.platform === 'win32',
  });
}

/** What is wrong with an installation, in a line; null if npm neither failed nor warned of a Node that does not fit. */
export function installProblem({ status, stderr }) {
  const engine = stderr.split('\n').find((line) => /EBADENGINE|Unsupported engine/.test(line));
  if (status === 0 && !engine) return null;
  const required = stderr.split('\n').filter((line) => /compatible|Required|package:/.test(line));
  return `npm install: ${[engine ?? lastLine(stderr), ...(engine ? required : [])].join(' ')}`;
}

/** The environment without what npm run and a user's choice of backend put into it. */
export const withoutChoice = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(RACA_BACKEND$|npm_(?!config_(registry|cache)))/i.test(name),
    ),
  );

/** The line of an error's output that says most. */
export function lastLine(text) {
  const lines = (text ?? '').trim().split('\n');
  return lines.find((l) => /error|cannot|not found/i.test(l)) ?? lines.at(-1);
}
