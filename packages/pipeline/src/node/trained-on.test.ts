import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RunFolder } from './run-folder';
import { trainedOn } from './trained-on';

const dir = mkdtempSync(join(tmpdir(), 'raca-trained-on-'));
afterAll(() => rmSync(dir, { recursive: true }));

it.each([
  [undefined, null, false],
  ['no JSON', null, false],
  ['null', null, false],
  ['{"data":{"source":3}}', null, false],
  ['{"data":{"source":"iu-xray (Open-i)"}}', 'iu-xray (Open-i)', false],
  ['{"data":{"source":"phantom"}}', 'phantom', true],
  [
    '{"data":{"source":"phantom: images drawn for real reports of IU"}}',
    'phantom: images drawn for real reports of IU',
    true,
  ],
  ['{"data":{"source":"iu-xray"},"init":{"source":"phantom"}}', 'iu-xray', true],
  ['{"data":{"source":null},"pretrained":{"source":"phantom"}}', 'phantom', true],
] as const)('of %j is %j, drawn: %s', (content, source, drawn) => {
  if (content !== undefined) writeFileSync(join(dir, 'run.json'), content);
  expect(trainedOn(new RunFolder(dir))).toEqual({ source, drawn });
});
