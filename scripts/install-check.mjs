// Packs every package, installs the packed @raca/pipeline into an empty folder with npm, and runs a small program there:
// plainly, without CUDA files, and without optional dependencies, on this Node and on the newest one that npm's `node` package offers.
// Prints a line an installation; exit code 1 if one does not work. Options: --current (this Node only), --json,
// --keep (the folders stay).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pnpm, root } from './run.mjs';

/**
 * Ways to install, and the backends that may come of it. The post-install of onnxruntime-node asks the network for CUDA
 * files; where it cannot, npm leaves the optional package out, unless the variable tells it not to ask.
 */
const VARIANTS = {
  plain: { args: [], env: {}, backends: ['native', 'wasm'] },
  'without CUDA': { args: [], env: { ONNXRUNTIME_NODE_INSTALL: 'skip' }, backends: ['native'] },
  'without optional': { args: ['--omit=optional'], env: {}, backends: ['wasm'] },
};

const flags = new Set(process.argv.slice(2));
const work = mkdtempSync(join(tmpdir(), 'raca-install-'));
const problems = [];
const rows = [];
try {
  const tarballs = pack(join(work, 'packed'));
  const nodes = [process.execPath, ...(flags.has('--current') ? [] : [newestNode()])].filter(
    (n) => n !== null,
  );
  for (const node of nodes) {
    for (const variant of Object.keys(VARIANTS)) rows.push(check(node, variant, tarballs));
  }
} finally {
  if (!flags.has('--keep')) rmSync(work, { recursive: true, force: true });
  else console.error(work);
}
for (const row of rows) console.log(flags.has('--json') ? JSON.stringify(row) : line(row));
for (const problem of problems) console.error(problem);
process.exitCode = rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;

/** Tarballs of everything that @raca/pipeline needs, itself included. */
function pack(folder) {
  mkdirSync(folder);
  for (const name of readdirSync(join(root, 'packages')).filter((name) => name !== 'cli')) {
    pnpm(['--dir', join('packages', name), 'pack', '--pack-destination', folder], { quiet: true });
  }
  return readdirSync(folder).map((name) => join(folder, name));
}

/** The program of the newest release that npm knows; null, with a word why, where it cannot be had. */
function newestNode() {
  const folder = join(work, 'node');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const installed = npm(process.execPath, folder, ['install', 'node@latest']);
  const program = join(
    folder,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  const started = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (installed.status === 0 && started.status === 0) return program;
  problems.push(
    `newest Node: ${(installed.status === 0 ? started.error?.message : lastLine(installed.stderr)) ?? '?'}`,
  );
  return null;
}

function check(node, variant, tarballs) {
  const { args, env, backends } = VARIANTS[variant];
  const folder = mkdtempSync(join(work, 'empty-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(folder, 'program.mjs'), readFileSync(join(root, 'scripts', 'install-program.mjs')));
  const peers = ['@tensorflow/tfjs-core@^4.22.0', '@tensorflow/tfjs-layers@^4.22.0'];
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const row = { node: version, variant, ok: false };
  const started = Date.now();
  const installed = npm(node, folder, ['install', ...args, ...tarballs, ...peers], env);
  if (installed.status !== 0) return { ...row, error: `npm install: ${lastLine(installed.stderr)}` };
  const seconds = Math.round((Date.now() - started) / 1000);
  const run = spawnSync(node, ['program.mjs'], { cwd: folder, encoding: 'utf8', env: withoutChoice() });
  if (run.status !== 0) return { ...row, seconds, error: lastLine(run.stderr) };
  const result = JSON.parse(run.stdout.trim().split('\n').at(-1));
  const ok = backends.includes(result.backend);
  return { ...row, ok, seconds, ...result, ...(ok ? {} : { error: `expected ${backends.join(' or ')}` }) };
}

/** npm as that Node runs it. */
function npm(node, folder, args, env = {}) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  return spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...withoutChoice(), ...env, PATH: path },
    shell: process.platform === 'win32',
  });
}

/** The environment without what npm run and a user's choice of backend put into it. */
function withoutChoice() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(RACA_BACKEND$|npm_(?!config_(registry|cache)))/i.test(name),
    ),
  );
}

function line({ node, variant, ok, backend, loss, words, notice, seconds, error }) {
  const what = `${node}, npm install ${variant}`;
  if (!ok && backend === undefined) return `${what}: FAILED (${error})`;
  const notices = notice ? `, notice: ${notice}` : '';
  return `${what}: ${ok ? 'ok' : `FAILED (${error})`}, installed in ${seconds} s, ${backend}, loss ${loss}, ${words} words written${notices}`;
}

/** The line of an error's output that says most. */
function lastLine(text) {
  const lines = (text ?? '').trim().split('\n');
  return lines.find((l) => /error|cannot|not found/i.test(l)) ?? lines.at(-1);
}
