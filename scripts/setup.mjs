// Installs and builds what is missing or out of date: the first step of every root command.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root } from './run.mjs';

const quiet = process.argv.includes('--quiet');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`RACA needs Node 20.19 or newer, found ${process.versions.node}`);
  process.exit(1);
}

const stampFile = join(root, 'node_modules', '.raca-setup.json');
const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};

const installed = hash([join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...manifests()]);
if (stamp.installed !== installed) {
  if (quiet) console.error('installing packages …');
  pnpm(['install', '--frozen-lockfile'], { quiet });
}
const built = hash([
  ...sources(join(root, 'packages')),
  join(root, 'tsup.base.ts'),
  join(root, 'tsconfig.base.json'),
]);
if (stamp.installed !== installed || stamp.built !== built || !everyDist()) {
  if (quiet) console.error('building packages …');
  pnpm(['run', 'build'], { quiet });
}
writeFileSync(stampFile, JSON.stringify({ installed, built }));

function manifests() {
  return ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(root, folder, name, 'package.json'))
      .filter(existsSync),
  );
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (['node_modules', 'dist', '.turbo'].includes(entry.name)) return [];
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|json|mjs|wat)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

function everyDist() {
  return readdirSync(join(root, 'packages')).every((name) =>
    existsSync(join(root, 'packages', name, 'dist', 'index.mjs')),
  );
}

function hash(files) {
  const sum = createHash('sha256');
  for (const file of files.sort())
    if (statSync(file).isFile()) sum.update(file.slice(root.length)).update(readFileSync(file));
  return sum.digest('hex');
}
