import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseCase } from '../../folder.mjs';
import { crimson } from './crimson.mjs';
import { iconConsistency } from './icon-consistency.mjs';
import { kiut } from './kiut.mjs';
import { metransformer } from './metransformer.mjs';
import { mlrgContrast } from './mlrg-contrast.mjs';
import { policyObjectives } from './policy-objectives.mjs';
import { preferenceLosses } from './preference-losses.mjs';
import { promptmrg } from './promptmrg.mjs';
import { radfactBoxes } from './radfact-boxes.mjs';
import { rexrank } from './rexrank.mjs';
import { seiWordLoss } from './sei-word-loss.mjs';
import { SystemCase } from './system-case.mjs';
import { TableCase } from './table-case.mjs';
import { temporalF1Case } from './temporal-f1.mjs';

/** Systems with tensors, by the `case` of their `case.json`. @type {Record<string, (given: SystemCase) => void>} */
const TENSORS = {
  kiut,
  metransformer,
  'mlrg-contrast': mlrgContrast,
  'policy-objectives': policyObjectives,
  'preference-losses': preferenceLosses,
  promptmrg,
  'sei-word-loss': seiWordLoss,
};
/** Systems that are tables. @type {Record<string, (given: TableCase) => void>} */
const TABLES = {
  crimson,
  'icon-consistency': iconConsistency,
  'radfact-boxes': radfactBoxes,
  rexrank,
  'temporal-f1': temporalF1Case,
};

const named = z.looseObject({ case: z.string().optional() });

/** @param {string} folder */
const nameOf = (folder) =>
  (existsSync(join(folder, 'case.json')) ? parseCase(folder, named).case : undefined) ?? '';

/**
 * Modules that are written from equations: a loss, a layer or a score of another system.
 * @type {import('../../parity.mjs').Kind}
 */
export const systems = {
  name: `a system (${[...Object.keys(TENSORS), ...Object.keys(TABLES)].sort().join(', ')})`,
  reads: /^(weights|io)\.safetensors$/,
  backend: () => 'cpu',
  fits: (folder) => Object.hasOwn({ ...TENSORS, ...TABLES }, nameOf(folder)),
  async compare(folder, emit, complain) {
    const name = nameOf(folder);
    if (Object.hasOwn(TABLES, name)) return TABLES[name](new TableCase(folder, emit));
    const given = new SystemCase(folder, emit);
    tf.tidy(() => TENSORS[name](given));
    given.finish();
    if (given.hidden.length > 0)
      complain(`${name}: inside a module, not compared: ${given.hidden.join(', ')}`);
  },
};
