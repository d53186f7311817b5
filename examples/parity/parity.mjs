import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from '@raca/backend/node';
import { listFolder, WrongUse } from './folder.mjs';
import { r2gen } from './kinds/r2gen.mjs';
import { r2gencmn } from './kinds/r2gencmn.mjs';
import { raca } from './kinds/raca.mjs';
import { resnets } from './kinds/resnet.mjs';
import { systems } from './kinds/systems/index.mjs';

/**
 * Layouts that can be compared. `fits` decides by the files alone, `reads` tells which safetensors
 * files are compared, and `compare` passes each result to `emit`.
 *
 * @typedef {import('./comparison.mjs').Line} Line
 * @typedef {'cpu' | 'wasm' | 'native' | 'webgpu'} Backend
 * @typedef {{
 *   name: string,
 *   backend: (folder: string) => 'cpu' | 'wasm',
 *   fits: (folder: string) => boolean,
 *   reads: RegExp,
 *   compare: (
 *     folder: string,
 *     emit: (line: Line) => void,
 *     complain: (text: string) => void,
 *   ) => Promise<void>,
 * }} Kind
 * @type {readonly Kind[]}
 */
const KINDS = [raca, r2gen, r2gencmn, resnets, systems];

const BACKENDS = ['cpu', 'wasm', 'native', 'webgpu'];
const USAGE = 'usage: npm run --silent parity -- DIR [--backend cpu|wasm|native|webgpu]';

/**
 * Compares a folder of reference values, or the folders in it, with what our modules compute.
 *
 * @param {string[]} args of the command line
 * @param {{ cwd: string, line: (json: string) => void, complain: (text: string) => void }} io
 * @returns {Promise<0 | 1 | 2>} 0 all agree, 1 something is off or cannot be read, 2 wrong use
 */
export async function parity(args, { cwd, line, complain }) {
  try {
    const { folder, backend } = parse(args, cwd);
    const kind = kindOf(folder);
    const compare = (/** @type {string} */ path, /** @type {Kind} */ kind, prefix = '') =>
      compareFolder(path, kind, {
        backend,
        complain,
        emit: (result) => line(JSON.stringify({ ...result, tensor: prefix + result.tensor })),
      });
    if (kind) return exitCode([await compare(folder, kind)], complain);
    const sums = [];
    for (const { name, kind } of knownIn(folder, complain)) {
      const sum = await compare(join(folder, name), kind, `${name}/`);
      line(JSON.stringify({ folder: name, ...sum, ok: agrees(sum) }));
      sums.push(sum);
    }
    return exitCode(sums, complain);
  } catch (error) {
    complain(firstLine(error));
    return error instanceof WrongUse ? 2 : 1;
  }
}

/** What can be compared with this folder. @param {string} folder */
function kindOf(folder) {
  listFolder(folder);
  return KINDS.find(({ fits }) => fits(folder));
}

/**
 * Folders in this one that have a known layout; the others are named.
 * @param {string} folder
 * @param {(text: string) => void} complain
 */
function knownIn(folder, complain) {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = names.map(({ name }) => ({ name, kind: kindOf(join(folder, name)) }));
  const known = found.flatMap(({ name, kind }) => (kind ? [{ name, kind }] : []));
  const layouts = KINDS.map(({ name }) => name).join(', ');
  if (known.length === 0) throw new WrongUse(`${folder}: unknown layout, expected one of: ${layouts}`);
  const unknown = found.filter(({ kind }) => !kind).map(({ name }) => name);
  if (unknown.length > 0) complain(`unknown layout, not compared: ${unknown.join(', ')}`);
  return known.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * What came out of a folder. `maxAbs` is its largest error, null where one could not be measured.
 * @typedef {{ tensors: number, off: number, maxAbs: number | null }} Sum
 *
 * @param {string} folder
 * @param {Kind} kind
 * @param {{ backend?: Backend, emit: (line: Line) => void, complain: (text: string) => void }} io
 * @returns {Promise<Sum>}
 */
async function compareFolder(folder, kind, { backend, emit, complain }) {
  /** @type {Sum} */
  const sum = { tensors: 0, off: 0, maxAbs: 0 };
  const count = (/** @type {Line} */ result) => {
    sum.tensors++;
    if (!result.ok) sum.off++;
    sum.maxAbs = sum.maxAbs === null || result.maxAbs === null ? null : Math.max(sum.maxAbs, result.maxAbs);
    emit(result);
  };
  await useBackend({ prefer: [backend ?? kind.backend(folder)] });
  await kind.compare(folder, count, complain);
  for (const file of listFolder(folder)) {
    if (!file.endsWith('.safetensors') || kind.reads.test(file)) continue;
    count({ tensor: file, maxAbs: null, tolerance: 0, ok: false, reason: 'nothing compares this file' });
  }
  return sum;
}

/** @param {Sum} sum */
const agrees = ({ tensors, off }) => off === 0 && tensors > 0;

/** @param {Sum[]} sums @param {(text: string) => void} complain */
function exitCode(sums, complain) {
  const [off, tensors] = /** @type {const} */ (['off', 'tensors']).map((key) =>
    sums.reduce((all, sum) => all + sum[key], 0),
  );
  if (off > 0) complain(`${off} of ${tensors} tensors are off`);
  return sums.every(agrees) ? 0 : 1;
}

/** @param {unknown} error */
const firstLine = (error) => String(error instanceof Error ? error.message : error).split('\n')[0];

/** @param {string[]} args @param {string} cwd */
function parse(args, cwd) {
  /** @type {{ values: { backend?: string }, positionals: string[] }} */
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { backend: { type: 'string' } } });
  } catch (error) {
    throw new WrongUse(`${firstLine(error)} (${USAGE})`);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1)
    throw new WrongUse(`expected one folder, got ${positionals.length} (${USAGE})`);
  const { backend } = values;
  if (backend !== undefined && !BACKENDS.includes(backend)) {
    throw new WrongUse(`--backend: expected one of ${BACKENDS.join(', ')}, got ${backend}`);
  }
  return {
    folder: resolve(cwd, positionals[0]),
    backend: /** @type {Backend | undefined} */ (backend),
  };
}
