import { parseRunConfig, type RunConfig, type Slot } from './config';
import { isFields, laidOver } from './fields';
import { MODULE_OPTIONS, type ModuleOptions, type ModuleOptionsTable } from './module-options';
import { firstIssue, type ModelSizes } from './modules';

type Fields = Readonly<Record<string, unknown>>;

/** The vocabulary comes from the data; what stands here is never shown. */
const ANY_VOCABULARY = 1_000_000;

/**
 * The config with every default filled in: its own, and those of the schemas of its modules. What the model passes on to its
 * modules (widths, grid, vocabulary, …) is left out unless the config says it, so that changing it in one place is
 * enough. The result stands for the same model and training as the config. Options of modules that are
 * not in the table, such as a user's own, stay as they are.
 *
 * @throws Error in one line that names the slot and the field: options that a module refuses
 */
export function resolveConfig(config: RunConfig, table: ModuleOptionsTable = MODULE_OPTIONS): RunConfig {
  const { model, training } = config;
  const { regions, ...known } = model;
  const sizes: ModelSizes = {
    ...known,
    ...(typeof regions === 'object' && { regions }), // a file's are read later; no default depends on them
    vocabularySize: ANY_VOCABULARY,
    contextVocabularySize: ANY_VOCABULARY,
  };
  const resolved = <S extends Slot | null>(kind: keyof ModuleOptionsTable, slot: S): S => {
    if (slot === null || !Object.hasOwn(table[kind], slot.use)) return slot;
    const options = table[kind][slot.use];
    const passedOn = options.filledIn(sizes);
    // the width of a backbone is known only when it is made
    const more = kind === 'vision' && model.backbone !== null ? { inputWidth: undefined } : {};
    return { ...slot, config: resolveOptions(kind, slot, options, { ...passedOn, ...more }) };
  };
  const { learningRates, augmentation } = training;
  return parseRunConfig({
    model: {
      ...model,
      vision: resolved('vision', model.vision),
      backbone: resolved('backbone', model.backbone),
      context: resolved('context', model.context),
      agent: resolved('agent', model.agent),
      alignment: resolved('alignment', model.alignment),
      fusion: resolved('fusion', model.fusion),
      findings: resolved('findings', model.findings),
      decoder: resolved('decoder', model.decoder),
    },
    training: {
      ...training,
      learningRates: { ...learningRates, vision: learningRates.vision ?? learningRates.rest },
      augmentation: { ...augmentation, shortSide: augmentation.shortSide ?? model.imageSize },
    },
  });
}

function resolveOptions(kind: string, { use, config }: Slot, { schema }: ModuleOptions, passedOn: Fields) {
  const parsed = schema.safeParse(laidOver(passedOn, config));
  if (!parsed.success) throw new Error(`model.${kind} (${use}): ${firstIssue(parsed.error)}`);
  return without(parsed.data as Fields, passedOn, config);
}

/** Fields without those that were passed on and not written. */
function without(fields: Fields, passedOn: Fields, written: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (!Object.hasOwn(passedOn, name)) return [[name, value]];
      const [inner, own] = [passedOn[name], written[name]];
      if (!isFields(inner) || !isFields(value)) return own === undefined ? [] : [[name, value]];
      const rest = without(value, inner, isFields(own) ? own : {});
      return Object.keys(rest).length > 0 ? [[name, rest]] : [];
    }),
  );
}
