/** A number as it is written, so that 1.0, 007 and 20 digits stay what they are. */
export class JsonNumber {
  constructor(readonly source: string) {}
}

/** JSON whose objects are maps: names such as `__proto__` are names like others. */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export const isObject = (value: JsonValue | undefined): value is JsonObject => value instanceof Map;
export const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** What may still be read: an object counts 4, a list 2, another value 1; so memory has a bound. */
export interface JsonBudget {
  left: number;
}
export const jsonBudget = (): JsonBudget => ({ left: 8_000_000 });

/** Deepest nesting that is read. */
const DEPTH = 100;

/**
 * Reads JSON as Python writes it: `NaN` and `Infinity` are missing values (null), numbers keep their digits.
 * @param options.words keep `NaN` and `Infinity` as numbers of that writing instead
 * @throws Error that says where it stops being JSON
 */
export function parseJson(
  text: string,
  budget: JsonBudget = jsonBudget(),
  { words = false }: { readonly words?: boolean } = {},
): JsonValue {
  const reader = new Reader(text, budget, words);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** The reverse of {@link parseJson}: one line, numbers as they were written. */
export function toJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.source;
  if (isList(value)) return `[${value.map(toJson).join(', ')}]`;
  if (isObject(value)) {
    return `{${[...value].map(([name, inner]) => `${JSON.stringify(name)}: ${toJson(inner)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** {@link toJson} as Python's `json.dump(value, file, indent=4)` writes it: ASCII, no newline at the end. */
export function toPythonJson(value: JsonValue, indent = ''): string {
  const inner = `${indent}    `;
  const lines = (open: string, parts: string[], close: string): string =>
    parts.length === 0 ? open + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
  if (isList(value))
    return lines(
      '[',
      value.map((item) => toPythonJson(item, inner)),
      ']',
    );
  if (isObject(value)) {
    const field = ([name, item]: [string, JsonValue]) => `${asAscii(name)}: ${toPythonJson(item, inner)}`;
    return lines('{', [...value].map(field), '}');
  }
  return typeof value === 'string' ? asAscii(value) : toJson(value);
}

const asAscii = (text: string): string =>
  JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const WORDS: readonly [word: string, value: null | boolean][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', null],
  ['Infinity', null],
  ['-Infinity', null],
];
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const BLANK = /[ \t\r\n]*/y;

class Reader {
  private at = 0;
  constructor(
    private readonly text: string,
    private readonly budget: JsonBudget,
    private readonly words: boolean,
  ) {}

  value(depth: number): JsonValue {
    if (depth > DEPTH) throw this.wrong(`nesting deeper than ${DEPTH}`);
    this.blanks();
    const mark = this.text[this.at];
    this.budget.left -= mark === '{' ? 4 : mark === '[' ? 2 : 1;
    if (this.budget.left < 0) throw this.wrong('more values than a table has');
    if (mark === '"') return this.string();
    if (mark === '[') return this.list(depth);
    if (mark === '{') return this.object(depth);
    const word = WORDS.find(([name]) => this.text.startsWith(name, this.at));
    if (word) {
      this.at += word[0].length;
      return this.words && /[NI]/.test(word[0]) ? new JsonNumber(word[0]) : word[1];
    }
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text);
    if (!number) throw this.wrong();
    this.at += number[0].length;
    return new JsonNumber(number[0]);
  }

  end(): void {
    this.blanks();
    if (this.at < this.text.length) throw this.wrong();
  }

  private list(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.at++;
    this.blanks();
    if (this.taken(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.more(']'));
    return items;
  }

  private object(depth: number): JsonObject {
    const fields = new Map<string, JsonValue>();
    this.at++;
    this.blanks();
    if (this.taken('}')) return fields;
    do {
      this.blanks();
      if (this.text[this.at] !== '"') throw this.wrong();
      const name = this.string();
      if (fields.has(name))
        throw this.wrong(`the name ${JSON.stringify(name.slice(0, 60))} twice in one object`);
      this.blanks();
      if (!this.taken(':')) throw this.wrong();
      fields.set(name, this.value(depth + 1));
    } while (this.more('}'));
    return fields;
  }

  private string(): string {
    const start = this.at;
    let end = this.text.indexOf('"', start + 1);
    while (end >= 0 && this.escaped(start, end)) end = this.text.indexOf('"', end + 1);
    if (end < 0) throw this.wrong('a text without end');
    this.at = end + 1;
    const inner = this.text.slice(start + 1, end);
    if (!inner.includes('\\')) return inner;
    try {
      return JSON.parse(
        `"${inner.replace(/[\n\r\t]/g, (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : '\\t'))}"`,
      );
    } catch {
      this.at = start;
      throw this.wrong('a text with a wrong escape');
    }
  }

  /** Whether an odd number of backslashes stands before `at`. */
  private escaped(start: number, at: number): boolean {
    let from = at;
    while (from - 1 > start && this.text[from - 1] === '\\') from--;
    return (at - from) % 2 === 1;
  }

  private more(close: string): boolean {
    this.blanks();
    if (this.taken(',')) return true;
    if (this.taken(close)) return false;
    throw this.wrong();
  }

  private taken(mark: string): boolean {
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private blanks(): void {
    BLANK.lastIndex = this.at;
    BLANK.exec(this.text);
    this.at = BLANK.lastIndex;
  }

  private wrong(what?: string): Error {
    const line = this.text.slice(0, this.at).split('\n').length;
    const rest = this.text.slice(this.at, this.at + 30).split('\n')[0]!;
    const found = what ?? (rest === '' ? 'the end' : `"${rest}"`);
    return new Error(`${found} in line ${line}`);
  }
}
