import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const shared = `${root}../shared/field/`;

/** The test files that name the cases of each folder. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  text: [
    'packages/metrics/src/labels/field.test.ts',
    'packages/cli/src/score-cases.test.ts',
    'packages/cli/src/label-cases.test.ts',
  ],
  image: [
    'packages/data/src/node/field-images.test.ts',
    'packages/data/src/node/import/found-forms.test.ts',
    'packages/data/src/node/import/sources/csv.test.ts',
    'packages/cli/src/image-cases.test.ts',
  ],
};

it.skipIf(!existsSync(shared)).each(Object.entries(TESTS))(
  'every case of field/%s is named by a test (needs ../shared/field)',
  (folder, files) => {
    const tests = files.map((file) => readFileSync(`${root}${file}`, 'utf8')).join('\n');
    const cases = readFileSync(`${shared}${folder}/cases.jsonl`, 'utf8').trim().split('\n');
    const ids = cases.map((line) => JSON.parse(line).id as string);
    expect(ids.length).toBeGreaterThan(30);
    expect(ids.filter((id) => !new RegExp(`['"\`]${id}\\b`).test(tests))).toEqual([]);
  },
);
