import { z } from 'zod';
import type { RunConfig } from '../../config';
import { isFields } from '../../fields';
import { overlay } from '../../overlay';

/** One row of an ablation: a name and the whole config it stands for. */
export interface GridRow {
  readonly name: string;
  readonly config: RunConfig;
}

/** What is compared. */
export interface Grid {
  readonly rows: readonly GridRow[];
  /** Name of the row that the others are tested against. */
  readonly baseline: string;
  /** Data set folder, as written in the file. */
  readonly data?: string;
}

const fields = z.record(z.string(), z.unknown());

/** Grid files of `raca ablate`. */
export const gridSchema = z.strictObject({
  base: z
    .union([z.string().min(1), fields])
    .default('small')
    .describe('What the rows start from: the name of a preset, the path of a config file, or a config.'),
  common: fields.default({}).describe('What all rows change in the base.'),
  data: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Data set folder, relative to the grid file; `--data` comes first. Absent: `--data` must be given.',
    ),
  baseline: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the row that the others are tested against; absent: the first row.'),
  rows: z
    .record(z.string().min(1), fields.nullable())
    .optional()
    .describe(
      'By name, what each row changes in the base; empty or null: nothing. Absent: the rows of the paper (baseline, ' +
        '+agent, +alignment, +BCA, full), and with a finding head: +findings, full+findings.',
    ),
});

/**
 * The paper's table: each idea alone on top of nothing, then all three. Masks that nobody reads change nothing, so the
 * agent alone comes with the simplest reader, `mean`, which has no weights. BCA without an agent gets every patch for
 * every region, so it attends from the whole to the whole; alignment without an agent keeps its global loss. None of these has a
 * finding head. Two rows more have one: alone, where it reads no regions, and on top of all three.
 *
 * @param head the finding head's `use`
 */
const paper = (head: string): Readonly<Record<string, Record<string, unknown>>> => ({
  baseline: { model: { agent: null, alignment: null, fusion: null, findings: null } },
  '+agent': { model: { alignment: null, fusion: { use: 'mean' }, findings: null } },
  '+alignment': { model: { agent: null, fusion: null, findings: null } },
  '+BCA': { model: { agent: null, alignment: null, findings: null } },
  '+findings': {
    model: {
      agent: null,
      alignment: null,
      fusion: null,
      findings: { use: head, ...(head === FINDING_HEAD && { config: { pool: ['mean', 'attention'] } }) },
    },
  },
  full: { model: { findings: null } },
  'full+findings': { model: { findings: { use: head } } },
});

const FINDING_HEAD = 'finding-head';

/**
 * The grid that a file's value describes: `{ base, common, data, baseline, rows }`, or a config alone (`model` or `training`, a
 * `base` of its own), which is taken as base of {@link paper}.
 * @param configOf makes the config of `base`: a preset's name, a path or fields
 * @param source named in errors
 * @throws Error in one line: field, expected, found
 */
export function parseGrid(value: unknown, configOf: (base: unknown) => RunConfig, source = 'grid'): Grid {
  const config = isFields(value) && ('model' in value || 'training' in value) && !('rows' in value);
  const whole = config ? { base: value } : value;
  const parsed = gridSchema.safeParse(whole);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new Error(`${source}: ${path.join('.') || 'the grid'}: ${message}`);
  }
  const { base, common, data, rows: named } = parsed.data;
  const start = overlay(configOf(base), common, `${source}: common`);
  if (!named) requireParts(start, source);
  const rows = Object.entries(named ?? paper(start.model.findings?.use ?? FINDING_HEAD)).map(
    ([name, changes]) => ({
      name,
      config: overlay(start, changes ?? {}, `${source}: rows.${name}`),
    }),
  );
  const baseline = parsed.data.baseline ?? rows[0]?.name;
  if (!rows.some(({ name }) => name === baseline)) {
    const names = rows.map(({ name }) => name).join(', ') || 'no rows';
    throw new Error(`${source}: baseline: expected the name of a row, found "${baseline}" beside ${names}`);
  }
  return { rows, baseline, ...(data && { data }) };
}

/** The paper's rows take parts away, so the base must have them. */
function requireParts({ model }: RunConfig, source: string): void {
  for (const slot of ['agent', 'alignment', 'fusion'] as const) {
    if (model[slot] === null)
      throw new Error(
        `${source}: base: model.${slot}: expected a module for the rows of the paper, found null`,
      );
  }
}
