import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSafetensors } from '@raca/core';
import { z } from 'zod';

/** The command was called in a way that cannot work: exit code 2. */
export class WrongUse extends Error {}

/** Names of what lies in a folder, sorted. @param {string} folder */
export function listFolder(folder) {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const what = code === 'ENOENT' ? 'no such folder' : code === 'ENOTDIR' ? 'not a folder' : code;
    throw new WrongUse(`${folder}: ${what}`);
  }
}

/** A safetensors file, parsed. @param {string} folder @param {string} name */
export function readTensors(folder, name) {
  const path = join(folder, name);
  return parseSafetensors(new Uint8Array(readFileSync(path)), path);
}

const natural = z.int().positive();

const caseSchema = z.looseObject({
  config: z.looseObject({
    patches: natural,
    d_model: natural,
    d_ff: natural,
    heads: natural,
    layers: natural,
    tlayers: natural,
    d_att: natural,
    d_dubi: natural,
    d_vf: natural,
    vocab: natural,
    max_len: natural,
    hidden: natural,
    beam: natural.default(3),
    /** Heads of the text encoder; 8, as published, where the case does not say. */
    theads: natural.optional(),
    /** Id of the "." token; found from `n_sentences` where the case does not say. */
    separator: natural.optional(),
  }),
  n_sentences: z.array(z.int().nonnegative()),
  sentence_labels: z.array(z.record(z.string(), z.array(z.string()))),
  organs: z.array(z.string()),
});

/** Sizes of R2Gen and R2GenCMN; each reads its own. */
const ancestorSchema = z.looseObject({
  config: z.looseObject({
    patches: natural,
    d_model: natural,
    d_ff: natural,
    heads: natural,
    layers: natural,
    d_vf: natural,
    vocab: natural,
    max_len: natural,
    beam: natural.default(3),
    /** R2Gen: rows of the relational memory and heads of its attention. */
    slots: natural.optional(),
    rm_heads: natural.optional(),
    /** R2GenCMN: rows that answer and rows of the memory matrix. */
    topk: natural.optional(),
    cmm_size: natural.optional(),
  }),
});

/** RACA's `case.json`: sizes, sentences of each report, their labels, region order. @param {string} folder */
export const readCase = (folder) => parseCase(folder, caseSchema);

/** Sizes in an ancestor's `case.json`. @param {string} folder */
export const readAncestorCase = (folder) => parseCase(folder, ancestorSchema).config;

/**
 * @template {z.ZodType} S
 * @param {string} folder
 * @param {S} schema
 * @returns {z.output<S>}
 */
export function parseCase(folder, schema) {
  const path = join(folder, 'case.json');
  let json;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path: field, message }] = parsed.error.issues;
  throw new Error(`${path}: ${field.join('.')}: ${message}`);
}
