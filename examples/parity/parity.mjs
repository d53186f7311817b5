import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from '@raca/backend/node';
import { listFolder, WrongUse } from './folder.mjs';
import { r2gen } from './kinds/r2gen.mjs';
import { r2gencmn } from './kinds/r2gencmn.mjs';
import { raca } from './kinds/raca.mjs';
import { resnets } from './kinds/resnet.mjs';

/**
 * Layouts that can be compared. `fits` decides by the files alone, `reads` tells which safetensors
 * files are compared, and `compare` passes each result to `emit`.
 *
 * @typedef {import('./comparison.mjs').Line} Line
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
const KINDS = [raca, r2gen, r2gencmn, resnets];

const BACKENDS = ['cpu', 'wasm', 'native', 'webgpu'];
const USAGE = 'usage: npm run --silent parity -- DIR [--backend cpu|wasm|native|webgpu]';

/**
 * Compares a folder of reference values with what our modules compute.
 *
 * @param {string[]} args of the command line
 * @param {{ cwd: string, line: (json: string) => void, complain: (text: string) => void }} io
 * @returns {Promise<0 | 1 | 2>} 0 all agree, 1 something is off or cannot be read, 2 wrong use
 */
export async function parity(args, { cwd, line, complain }) {
  try {
    const { folder, backend } = parse(args, cwd);
    const files = listFolder(folder);
    const kind = KINDS.find(({ fits }) => fits(folder));
    if (!kind) {
      const known = KINDS.map(({ name }) => name).join(', ');
      throw new WrongUse(`${folder}: unknown layout, expected one of: ${known}`);
    }
    await useBackend({ prefer: [backend ?? kind.backend(folder)] });
    let [compared, off] = [0, 0];
    const emit = (/** @type {Line} */ result) => {
      compared++;
      if (!result.ok) off++;
      line(JSON.stringify(result));
    };
    await kind.compare(folder, emit, complain);
    for (const file of files.filter((name) => name.endsWith('.safetensors') && !kind.reads.test(name))) {
      emit({ tensor: file, maxAbs: null, tolerance: 0, ok: false, reason: 'nothing compares this file' });
    }
    if (off > 0) complain(`${off} of ${compared} tensors are off`);
    return off > 0 || compared === 0 ? 1 : 0;
  } catch (error) {
    complain(String(error instanceof Error ? error.message : error).split('\n')[0]);
    return error instanceof WrongUse ? 2 : 1;
  }
}

/** @param {string[]} args @param {string} cwd */
function parse(args, cwd) {
  /** @type {{ values: { backend?: string }, positionals: string[] }} */
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { backend: { type: 'string' } } });
  } catch (error) {
    throw new WrongUse(`${/** @type {Error} */ (error).message.split('\n')[0]} (${USAGE})`);
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
    backend: /** @type {'cpu' | 'wasm' | 'native' | 'webgpu' | undefined} */ (backend),
  };
}
