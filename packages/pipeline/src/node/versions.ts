import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { dependencies, name as ownName, version as ownVersion } from '../../package.json';

interface Manifest {
  /** Folder of the package. */
  readonly dir: string;
  readonly version: string;
}

/** Packages that compute, by tfjs's name of the backend; they are dependencies of `@raca/backend`, or of the user. */
const COMPUTE: Readonly<Record<string, string>> = {
  native: 'onnxruntime-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  webgpu: '@tensorflow/tfjs-backend-webgpu',
  cpu: '@tensorflow/tfjs-backend-cpu',
  tensorflow: '@tensorflow/tfjs-node',
};

/**
 * Versions of everything that numbers depend on: all packages of RACA, tfjs, the package that computes, the one that decodes
 * images, and Node. What cannot be found, as in a bundle, is left out.
 */
export function installedVersions(): Record<string, string> {
  const here = dirname(typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url));
  const program = process.argv[1] ?? here;
  const ours = Object.keys(dependencies).filter((name) => name.startsWith('@raca/'));
  const found = new Map(ours.map((name) => [name, find(name, here)]));
  const inside = (owner: string): string => found.get(owner)?.dir ?? here;
  const compute = COMPUTE[tf.getBackend()];
  const versions: [string, string | undefined][] = [
    [ownName, ownVersion],
    ...[...found].map(([name, manifest]): [string, string | undefined] => [name, manifest?.version]),
    ['@raca/text', find('@raca/text', inside('@raca/metrics'))?.version],
    ['@raca/cli', (find('@raca/cli', dirname(real(program))) ?? around(program, '@raca/cli'))?.version],
    ['@tensorflow/tfjs-core', tf.version_core],
    ['@tensorflow/tfjs-layers', find('@tensorflow/tfjs-layers', here)?.version],
    ...(compute ? [[compute, find(compute, inside('@raca/backend'))?.version] as [string, undefined]] : []),
    ['sharp', find('sharp', inside('@raca/data'))?.version],
  ];
  const known = versions.filter((entry): entry is [string, string] => entry[1] !== undefined);
  known.sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...Object.fromEntries(known), node: process.versions.node };
}

/** The package that a module in the folder `from` gets by this name. */
function find(name: string, from: string): Manifest | null {
  for (let dir = from; ; dir = dirname(dir)) {
    const manifest = read(join(dir, 'node_modules', name, 'package.json'), name);
    if (manifest || dirname(dir) === dir) return manifest;
  }
}

/** The package that a file is part of, if it has this name. */
function around(file: string, name: string): Manifest | null {
  for (let dir = dirname(real(file)); ; dir = dirname(dir)) {
    const manifest = read(join(dir, 'package.json'), name);
    if (manifest || dirname(dir) === dir) return manifest;
  }
}

function read(path: string, name: string): Manifest | null {
  if (!existsSync(path)) return null;
  try {
    const { name: own, version } = JSON.parse(readFileSync(path, 'utf8'));
    return own === name && typeof version === 'string' ? { dir: dirname(real(path)), version } : null;
  } catch {
    return null;
  }
}

const real = (path: string): string => (existsSync(path) ? realpathSync(path) : path);
