import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { readJsonLists } from './json-lists';

const dir = mkdtempSync(join(tmpdir(), 'raca-lists-'));
const file = join(dir, 'a.json');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function read(text: string, chunk?: number): Record<string, unknown> {
  writeFileSync(file, text);
  const out: Record<string, unknown> = {};
  const lists = (name: string) => {
    out[name] = [];
  };
  for (const { list, index, value } of readJsonLists(file, { lists, chunk })) {
    if (index === undefined) out[list] = value;
    else (out[list] as unknown[])[index] = value;
  }
  return out;
}

it('reads what JSON.parse reads, whatever the size of its chunks', () => {
  const name = fc.string().filter((key) => key !== '__proto__');
  const content = fc.dictionary(name, fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(
      content,
      fc.integer({ min: 3, max: 40 }),
      fc.constantFrom(undefined, 1),
      (value, chunk, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(read(text, chunk)).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 200 },
  );
});

it('tells of JSON that is not', () => {
  const faults: [string, string][] = [
    ['', 'expected JSON, found an empty file'],
    ['[]', 'the top level: expected JSON with "{", found "["'],
    ['{"train": [{"a": 1}, {"b": ', 'train[1]: expected JSON, found '],
    ['{"train": [1 2]}', 'train[0]: expected JSON, found '],
    ['{"train": [1,]}', 'train[1]: expected JSON, found '],
    ['{"train": [1]', 'the top level: expected JSON with "," or "}", found the end of the file'],
    ['{"train": [1}', 'train[1]: expected JSON with "," or "]", found "}"'],
    ['{"train" [1]}', 'the top level: expected JSON, found '],
    ['{"a": 1, "a": 2}', 'a: expected it once, found it twice'],
    ['{"a": []} x', 'the top level: expected JSON with the end of the file, found "x"'],
    ['{1: []}', 'the top level: expected JSON with a field name'],
  ];
  for (const [text, message] of faults) {
    expect(() => read(text), text).toThrow(message);
    expect(() => read(text), text).toThrow(/^[^\n]+$/);
  }
  rmSync(file);
  expect(() => [...readJsonLists(file)]).toThrow('expected a readable JSON file, found nothing');
});
