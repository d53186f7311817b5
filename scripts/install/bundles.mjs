// Bundles of the packed packages, run in Chromium.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser, judge, visit } from '../chromium.mjs';
import { root } from '../run.mjs';
import { lastLine } from './project.mjs';

/** What to install beside the packages. */
export const BUNDLERS = [
  '@tensorflow/tfjs-backend-webgpu@^4.22.0',
  ...['vite@^8', 'webpack@^5', 'esbuild@^0.27'],
];

/**
 * Bundles the page of browser-check.mjs with each bundler and opens it. What a bundler makes must reach wasm unasked; without the
 * files that esbuild does not copy, the page must say in one line what to serve.
 * @returns a line each: what was reached, what is wrong; null for the latter if nothing is
 */
export async function bundleRows(folder) {
  const browser = findBrowser();
  if (!browser) return [{ what: 'bundles', skipped: 'no chromium or google-chrome on this machine' }];
  for (const [from, to] of [
    ['scripts/browser-program.mjs', 'page.mjs'],
    ['scripts/install/bundle.mjs', 'bundle.mjs'],
  ])
    copyFileSync(join(root, from), join(folder, to));
  const rows = [];
  for (const name of ['vite', 'webpack', 'esbuild']) {
    const out = join(folder, `bundle-${name}`);
    mkdirSync(out);
    const { status, stderr } = spawnSync(process.execPath, ['bundle.mjs', name, out], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) {
      rows.push({ what: name, error: lastLine(stderr) });
      continue;
    }
    if (name === 'esbuild') {
      rows.push(row('esbuild, no files served', await visit(browser, out), missing));
      const files = join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
      for (const file of readdirSync(files).filter((f) => f.endsWith('.wasm')))
        copyFileSync(join(files, file), join(out, file));
    }
    rows.push(row(name, await visit(browser, out), reached));
  }
  return rows;
}

function row(what, results, problemOf) {
  const { backend, notice, error } = results.find(({ asked }) => asked === null);
  const problem = problemOf({ backend, notice, error }, results);
  return { what, backend, ...(problem && { error: problem }) };
}

const reached = ({ backend, error }, results) => {
  if (backend !== 'wasm') return `expected wasm unasked, found ${backend ?? error}`;
  const lines = [];
  return judge(results, (line) => lines.push(line)) ? null : lines.join('; ');
};

const missing = ({ backend, notice = '' }) =>
  backend === 'cpu' && /serve the \.wasm files/.test(notice) && !notice.includes('\n')
    ? null
    : `expected a line that says what to serve, found ${notice || 'none'}`;
