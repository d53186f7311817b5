// Packs every package, installs the packages into empty folders with npm, and uses them there as a stranger would:
// - a tiny model trains: plainly installed, without CUDA files, without install scripts, without optional dependencies; on this Node and on
//   the newest one that npm's `node` package offers; npm is strict about engines
// - import and require share their classes; strict TypeScript; the README examples
// - bundles of Vite, webpack and esbuild in Chromium
// Prints a line each; exit code 1 if one does not work. Options: --current (this Node only), --json, --keep (the folders stay),
// --only NAME (node, types, examples or bundles; several times).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUNDLERS, bundleRows } from './install/bundles.mjs';
import { runExamples } from './install/examples.mjs';
import {
  emptyProject,
  installProblem,
  lastLine,
  npm,
  PEERS,
  pack,
  withoutChoice,
} from './install/project.mjs';
import { typeProblems } from './install/types.mjs';
import { root } from './run.mjs';

/**
 * Ways to install, and the backends that may come of it. The post-install of onnxruntime-node asks the network for CUDA
 * files; where it cannot, npm leaves the optional package out, unless the variable tells it not to ask.
 */
const VARIANTS = {
  plain: { args: [], env: {}, backends: ['native', 'wasm'] },
  'without CUDA': { args: [], env: { ONNXRUNTIME_NODE_INSTALL: 'skip' }, backends: ['native'] },
  'without scripts': { args: ['--ignore-scripts'], env: {}, backends: ['native'] },
  'without optional': { args: ['--omit=optional'], env: {}, backends: ['wasm'] },
};

const { values: flags } = parseArgs({
  options: {
    current: { type: 'boolean' },
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
    only: { type: 'string', multiple: true, default: ['node', 'types', 'examples', 'bundles'] },
  },
});
const wanted = (name) => flags.only.includes(name);
const work = mkdtempSync(join(tmpdir(), 'raca-install-'));
let failed = 0;
try {
  const tarballs = pack(join(work, 'packed'));
  if (wanted('node')) {
    for (const node of [process.execPath, ...(flags.current ? [] : newestNode())])
      for (const variant of Object.keys(VARIANTS)) tell(installed(node, variant, tarballs));
  }
  if (['types', 'examples', 'bundles'].some(wanted)) await useAll(tarballs);
} finally {
  if (!flags.keep) rmSync(work, { recursive: true, force: true });
  else console.error(work);
}
process.exitCode = failed ? 1 : 0;

/** Prints a row: what was tried, and what came of it or what is wrong. */
function tell(row) {
  const { what, error, skipped, ...found } = row;
  if (error !== undefined) failed++;
  if (flags.json) return console.log(JSON.stringify(row));
  const facts = Object.entries(found).flatMap(([k, v]) => (v === undefined ? [] : [`${k} ${v}`]));
  const verdict = error !== undefined ? `FAILED (${error})` : skipped ? `skipped: ${skipped}` : 'ok';
  console.log(`${what}: ${[verdict, ...facts].join(', ')}`);
}

/** The program of the newest release that npm knows; none, with a word why, where it cannot be had. */
function newestNode() {
  const folder = emptyProject(work);
  const result = npm(process.execPath, folder, ['install', 'node@latest']);
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const program = join(folder, 'node_modules', 'node', 'bin', file);
  const started = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (result.status === 0 && started.status === 0) return [program];
  const why = result.status === 0 ? started.error?.message : lastLine(result.stderr);
  tell({ what: 'newest Node', skipped: why ?? 'it does not start' });
  return [];
}

/** Installs @raca/pipeline one way and trains there. */
function installed(node, variant, tarballs) {
  const { args, env, backends } = VARIANTS[variant];
  const folder = emptyProject(work);
  copyFileSync(join(root, 'scripts/install/program.mjs'), join(folder, 'program.mjs'));
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const what = `${version}, npm install ${variant}`;
  const start = Date.now();
  const problem = installProblem(npm(node, folder, ['install', ...args, ...tarballs, ...PEERS], env));
  if (problem) return { what, error: problem };
  const seconds = Math.round((Date.now() - start) / 1000);
  const run = spawnSync(node, ['program.mjs'], { cwd: folder, encoding: 'utf8', env: withoutChoice() });
  if (run.status !== 0) return { what, seconds, error: lastLine(run.stderr) };
  const { notice, ...result } = JSON.parse(run.stdout.trim().split('\n').at(-1));
  const row = { what, 'installed in s': seconds, ...result, notice };
  if (!backends.includes(result.backend)) return { ...row, error: `expected ${backends.join(' or ')}` };
  const lost = result.backend === 'wasm' && !/ONNXRUNTIME_NODE_INSTALL=skip npm install/.test(run.stderr);
  return lost ? { ...row, error: 'expected a line that says how to keep onnxruntime-node' } : row;
}

/** One project with everything: types, examples, bundles. */
async function useAll(tarballs) {
  const folder = emptyProject(work);
  const tools = ['typescript@5.9', '@types/node@20', ...(wanted('bundles') ? BUNDLERS : [])];
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const problem = installProblem(
    npm(process.execPath, folder, ['install', ...tarballs, ...PEERS, ...tools], env),
  );
  if (problem) return tell({ what: 'one project with everything', error: problem });
  if (wanted('types')) {
    const problems = typeProblems(folder);
    tell({ what: 'strict TypeScript', ...(problems.length && { error: problems.join('; ') }) });
  }
  if (wanted('examples')) {
    const { count, problems } = runExamples(folder);
    tell({
      what: 'README examples',
      examples: count,
      ...(problems.length && { error: problems.join('; ') }),
    });
  }
  if (wanted('bundles')) for (const row of await bundleRows(folder)) tell(row);
}
