import { z } from 'zod';

/** One option of a config, as its schema has it. */
export interface ConfigOption {
  /** Names from the outermost field inwards, joined by dots: `generation.beam`. */
  readonly path: string;
  /** In words, with range: `whole number, at least 1`. */
  readonly type: string;
  /** As in JSON; null where there is none. */
  readonly default: string | null;
  readonly required: boolean;
  /** Empty where the schema says nothing. */
  readonly description: string;
}

/** What is read of a JSON Schema. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** Every option of an object schema, in its order: fields inside fields follow the field that holds them. */
export const configOptions = (schema: z.ZodType): ConfigOption[] =>
  fieldsOf(z.toJSONSchema(schema, { io: 'input', override: keepDefault }) as JsonSchema, '');

/** zod leaves out defaults of schemas that transform. */
const keepDefault: NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'] = ({
  zodSchema,
  jsonSchema,
}) => {
  if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue as never;
};

function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): ConfigOption[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const { default: value } = field;
    const one: ConfigOption = {
      path,
      type: typeOf(field),
      default: value === undefined ? null : JSON.stringify(value),
      required: required.includes(name),
      description: field.description ?? '',
    };
    const inner = objectsIn(field).flatMap((object) => fieldsOf(object, `${path}.`));
    return [
      one,
      ...inner.filter((option, i) => inner.findIndex((other) => other.path === option.path) === i),
    ];
  });
}

/** Objects with fields of their own among what a value may be. */
const objectsIn = (schema: JsonSchema): JsonSchema[] => [
  ...(schema.properties ? [schema] : []),
  ...[...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(objectsIn),
];

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  switch (schema.type) {
    case 'integer':
      return `whole number${range(schema, true)}`;
    case 'number':
      return `number${range(schema, false)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'string':
      return 'text';
    case 'null':
      return '`null`';
    case 'array':
      return `list${schema.items ? `, each ${typeOf(schema.items)}` : ''}`;
    default:
      return typeof schema.additionalProperties === 'object' &&
        Object.keys(schema.additionalProperties).length > 0
        ? `fields of any name, each ${typeOf(schema.additionalProperties)}`
        : 'fields';
  }
}

function range(schema: JsonSchema, whole: boolean): string {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const { exclusiveMinimum, exclusiveMaximum } = schema;
  const parts: string[] = [];
  if (exclusiveMinimum !== undefined)
    parts.push(whole ? `at least ${exclusiveMinimum + 1}` : `above ${exclusiveMinimum}`);
  else if (minimum > Number.MIN_SAFE_INTEGER) parts.push(`at least ${minimum}`);
  if (exclusiveMaximum !== undefined) parts.push(`below ${exclusiveMaximum}`);
  else if (maximum < Number.MAX_SAFE_INTEGER) parts.push(`at most ${maximum}`);
  return parts.map((part) => `, ${part}`).join('');
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
