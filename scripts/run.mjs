import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Runs a program in the root; quiet programs show their output only when they fail.
 * Ends this process with the program's exit code when that is not 0.
 */
export function run(program, args, { quiet = false, env = {} } = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
  });
  if (result.error) {
    console.error(`${program}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    if (!result.signal) console.error(`failed: ${program} ${args.join(' ')}`);
    process.exit(result.status ?? 130);
  }
}

/** Runs the pnpm of scripts/pnpm, which npm installs where it is missing: the lock there has its version and checksum. */
export function pnpm(args, options) {
  const folder = join(root, 'scripts/pnpm');
  const jsonOf = (...path) => {
    const file = join(folder, ...path);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  };
  const wanted = jsonOf('package.json').dependencies.pnpm;
  if (jsonOf('node_modules/pnpm/package.json').version !== wanted) {
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    run('npm', ['ci', '--prefix', folder, ...quietly], { quiet: true });
  }
  const path = `${join(folder, 'node_modules/.bin')}${delimiter}${process.env.PATH}`; // turbo calls pnpm
  const program = join(folder, 'node_modules/pnpm/bin/pnpm.cjs');
  run(process.execPath, [program, ...args], { ...options, env: { ...options?.env, PATH: path } });
}

/** Runs a program of node_modules/.bin. */
export const bin = (name, args, options) => run(process.execPath, [binPath(name), ...args], options);

/** The script behind a program of node_modules/.bin. */
export function binPath(name) {
  const paths = {
    vitest: 'node_modules/vitest/vitest.mjs',
    biome: 'node_modules/@biomejs/biome/bin/biome',
    tsc: 'node_modules/typescript/bin/tsc',
    knip: 'node_modules/knip/bin/knip.js',
    publint: 'node_modules/publint/src/cli.js',
    attw: 'node_modules/@arethetypeswrong/cli/dist/index.js',
    changeset: 'node_modules/@changesets/cli/bin.js',
  };
  return `${root}${paths[name]}`;
}
