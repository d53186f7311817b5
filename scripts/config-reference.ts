import { THORAX_12 } from '@raca/core';
import {
  type ConfigOption,
  configOptions,
  MODULE_OPTIONS,
  type ModuleOptions,
  modelConfigSchema,
  PRESETS,
  trainingConfigSchema,
} from '@raca/pipeline';
import { gridSchema } from '@raca/pipeline/node';

/** A heading of docs/configuration.md and the options below it. */
export interface OptionTable {
  readonly heading: string;
  readonly options: readonly ConfigOption[];
  /** Names that the model fills in. */
  readonly passedOn: readonly string[];
}

/** Sizes of no model in particular, to learn which options are passed on. */
const SIZES = {
  regions: THORAX_12,
  width: 1,
  imageSize: 1,
  views: 1,
  grid: { rows: 1, cols: 1 },
  vocabularySize: 2,
  maxLength: 1,
  contextVocabularySize: 2,
  contextLength: 1,
};

const named = (heading: string, options: readonly ConfigOption[]): OptionTable => ({
  heading,
  options,
  passedOn: [],
});

/** The options of `model`; those of a slot once for all slots. */
const modelOptions = (): ConfigOption[] => {
  const all = configOptions(modelConfigSchema);
  const inSlot = (path: string): boolean => /\.(use|config)$/.test(path);
  const once = all.filter(({ path }) => /^vision\./.test(path));
  const ofSlots = once.map((option) => ({ ...option, path: option.path.replace('vision', '<slot>') }));
  return [...all.filter(({ path }) => !inSlot(path)), ...ofSlots];
};

/** Every option of every config. */
export function optionTables(): OptionTable[] {
  const modules = Object.entries(MODULE_OPTIONS).flatMap(([slot, entries]) =>
    Object.entries<ModuleOptions>(entries).map(([use, { schema, filledIn }]) => ({
      heading: `\`${slot}\`: \`${use}\``,
      options: configOptions(schema),
      passedOn: pathsOf(filledIn(SIZES)),
    })),
  );
  return [
    named('`model`', modelOptions()),
    ...modules,
    named('`training`', configOptions(trainingConfigSchema)),
    named('Grid files of `raca ablate`', configOptions(gridSchema)),
  ];
}

/** docs/configuration.md. */
export const configReference = (): string =>
  [INTRODUCTION, ...optionTables().map(section)]
    .map((part) => part.trimEnd())
    .join('\n\n')
    .concat('\n');

const INTRODUCTION = `<!-- Made from the schemas by \`npm run config-reference\`; do not edit. -->

# Configuration

A config says what is trained (\`model\`) and how (\`training\`). \`--config\` takes a name
(${Object.keys(PRESETS)
  .map((name) => `\`${name}\``)
  .join(', ')}) or a JSON or YAML file:

\`\`\`yaml
base: small # a name, the path of another file, or a whole config
model:
  fusion: { use: gated-sum }
training:
  epochs: 20
\`\`\`

A file with \`base\` holds only what it changes; without one it is a whole config. A slot that names another module in \`use\`
starts from that module's own defaults, and \`null\` leaves the slot out. \`raca config list\` lists the names,
\`raca config show NAME\` prints a config with every default filled in, ready to be saved and edited, and
\`raca compare RUN RUN\` tells how the configs of two runs differ.

An unknown option is an error. "The model's" in the column of defaults: the model passes its own value on (width, grid, views,
image size, vocabulary, length), so that it is said in one place. The lists below are made from the schemas that check
configs.`;

function section({ heading, options, passedOn }: OptionTable): string {
  if (options.length === 0) return `## ${heading}\n\nNo options.`;
  const rows = options.map((option) => {
    const value = passedOn.includes(option.path) ? 'the model’s' : defaultOf(option, options);
    return `| \`${option.path}\` | ${option.type} | ${value} | ${option.description} |`;
  });
  return [`## ${heading}`, '', '| option | value | default | meaning |', '| --- | --- | --- | --- |', ...rows]
    .map((line) => line.replaceAll('<slot>', 'SLOT'))
    .join('\n');
}

function defaultOf({ path, required, ...option }: ConfigOption, all: readonly ConfigOption[]): string {
  if (option.default === null) return required ? 'required' : '';
  if (option.default === '{}' && all.some((other) => other.path.startsWith(`${path}.`))) return 'those below';
  return `\`${option.default.replace(/^"(.*)"$/, '$1')}\``;
}

function pathsOf(fields: object, prefix = ''): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    name === 'eyes' ? pathsOf(value, 'eyes.') : [`${prefix}${name}`],
  );
}
