import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseJson, toJson } from './json';
import { parseRexrank, readRexrankEntry, rexrankEntry, rexrankOf } from './rexrank';

const shared = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const golden = `${shared}golden/systems/rexrank/`;
const read = (name: string) => readFileSync(`${golden}${name}`, 'utf8');

describe.skipIf(!existsSync(golden))('the form of golden/systems/rexrank (needs ../shared/golden)', () => {
  it.each(['iu', 'chexpert_plus'])('%s: output of input and answers, byte for byte', (set) => {
    const output = read(`${set}_output.json`);
    const answers = [...parseRexrank(output)].map(([id, entry]): [string, string] => [
      id,
      entry.get('model_prediction') as string,
    ]);
    expect(rexrankOf(parseRexrank(read(`${set}_input.json`)), new Map(answers))).toBe(output);
    // answers of an earlier run are replaced, not doubled
    expect(rexrankOf(parseRexrank(output), new Map(answers))).toBe(output);
  });

  it('reads sections, context and key image as the case states', () => {
    const { expected } = JSON.parse(read('case.json')) as {
      expected: Record<string, string | number | boolean | null>[];
    };
    expect(expected).toHaveLength(3);
    for (const { file, study, ...said } of expected) {
      const entry = parseRexrank(read(`${file}_input.json`)).get(study as string)!;
      const { findings, impression, indication, comparison, images } = readRexrankEntry(entry);
      expect({
        scored_against: `Findings: ${findings ?? 'None'} Impression: ${impression ?? 'None'}`,
        findings_missing: findings === undefined,
        impression_missing: impression === undefined,
        indication: indication ?? null,
        comparison,
        key_image_index: images.indexOf(entry.get('key_image_path') as string),
      }).toEqual(said);
    }
  });

  it('takes no view from a list that does not match the images but the key image', () => {
    const entries = parseRexrank(read('iu_input.json'));
    expect(readRexrankEntry(entries.get('CXR90001_IM-0001')!).kinds).toEqual(['frontal', 'lateral']);
    const differing = readRexrankEntry(entries.get('CXR90002_IM-0002-1001')!); // three views, two images
    expect(differing).toMatchObject({ viewsDiffer: true, kinds: ['unknown', 'frontal'] });
  });
});

const real = `${shared}data/iu_xray/rexrank_context_views.json`;
it.skipIf(!existsSync(real))('reads the public IU studies, by split (needs ../shared/data)', () => {
  const studies = [...parseRexrank(readFileSync(real, 'utf8')).values()].map(readRexrankEntry);
  // counted by another program: 786 studies, 59 lists of views that differ, 10 contexts without an indication
  expect(studies).toHaveLength(786);
  expect(studies.filter(({ viewsDiffer }) => viewsDiffer)).toHaveLength(59);
  expect(studies.filter(({ indication }) => indication === undefined)).toHaveLength(10);
  expect(studies.filter(({ comparison }) => comparison === undefined)).toHaveLength(0);
});

describe('rexrankOf', () => {
  it('writes as Python does', () => {
    // python3 -c 'import json; print(json.dumps({"a": {"image_path": ["\u00e9/\x7f.png"], "n": float("nan"), "x": 1.50, "l": [], "model_prediction": "\"2\u20133\"\n\ud83d\ude00"}}, indent=4))', but 1.50 for 1.5
    const input =
      '{"a": {"image_path": ["é/\x7f.png"], "n": NaN, "x": 1.50, "l": []}, "b": {"image_path": "b.png"}}';
    expect(rexrankOf(parseRexrank(input), new Map([['a', '"2–3"\n😀']]))).toBe(
      `{
    "a": {
        "image_path": [
            "\\u00e9/\\u007f.png"
        ],
        "n": NaN,
        "x": 1.50,
        "l": [],
        "model_prediction": "\\"2\\u20133\\"\\n\\ud83d\\ude00"
    }
}`,
    );
    expect(rexrankOf(parseRexrank(input), new Map())).toBe('{}');
  });

  it('makes the fields of a study of any data set', () => {
    const study = {
      ...{ id: 'a', report: 'Clear.', image_path: ['a/0.png', 'a/1.png'], split: 'test' as const },
      ...{ views: ['LATERAL', 'PA'], indication: 'Cough.', comparison: null },
    };
    expect(JSON.parse(toJson(rexrankEntry(study)).replace('NaN', 'null'))).toEqual({
      key_image_path: 'a/1.png',
      image_path: ['a/0.png', 'a/1.png'],
      report: 'Findings: Clear. Impression: None.',
      section_findings: 'Clear.',
      section_impression: null,
      split: 'test',
      frontal_lateral: ['Lateral', 'Frontal'],
      context: 'Indication: Cough.',
    });
    expect(readRexrankEntry(rexrankEntry(study))).toMatchObject({ indication: 'Cough.', findings: 'Clear.' });
  });
});

it.each([
  ['[]', 'expected an object of studies, found none'],
  ['{', 'expected JSON, found the end in line 1'],
  ['{"a": {"image_path": 3}}', 'a: image_path: expected a list of paths, found none'],
  ['{"a": 1}', 'a: image_path: expected a list of paths, found none'],
  [
    '{"val": {"a": {"image_path": ["x"]}}, "test": {"a": {"image_path": ["x"]}}}',
    'a: expected ids used once, found two',
  ],
])('refuses %s in one line', (text, message) => {
  expect(() => parseRexrank(text, 'in.json')).toThrow(`in.json: ${message}`);
});

it('keeps NaN as a word where asked to, else as nothing', () => {
  expect(parseJson('[NaN]')).toEqual([null]);
  expect(toJson(parseJson('[NaN, -Infinity, null]', undefined, { words: true }))).toBe(
    '[NaN, -Infinity, null]',
  );
});
