import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRexrank, readRexrankEntry, rexrankOf } from '@raca/data';
import { z } from 'zod';

const shape = {
  fields: z.record(z.string(), z.array(z.string())),
  expected: z.array(z.looseObject({ file: z.string(), study: z.string() })),
};

/** The leaderboard's files: what is read of the input, and the output byte for byte. @param {import('./table-case.mjs').TableCase} given */
export function rexrank(given) {
  const { fields, expected } = given.read(shape);
  const read = (/** @type {string} */ name) => readFileSync(join(given.folder, `${name}.json`), 'utf8');
  for (const [file, names] of Object.entries(fields)) {
    const input = parseRexrank(read(`${file}_input`), `${file}_input.json`);
    const text = read(`${file}_output`);
    const output = parseRexrank(text, `${file}_output.json`);
    const reports = new Map([...output].map(([id, entry]) => [id, String(entry.get('model_prediction'))]));
    given.check(file, { output: rexrankOf(input, reports) }, { output: text });
    given.check(
      file,
      { fields: [...input.values()].map((entry) => [...entry.keys()])[0] },
      { fields: names },
    );
  }
  for (const { file, study, ...said } of expected) {
    const entry = parseRexrank(read(`${file}_input`)).get(study);
    if (!entry) throw new Error(`${file}_input.json: expected a study ${study}, found none`);
    const { findings, impression, indication, comparison, images } = readRexrankEntry(entry);
    const found = {
      scored_against: `Findings: ${findings ?? 'None'} Impression: ${impression ?? 'None'}`,
      findings_missing: findings === undefined,
      impression_missing: impression === undefined,
      indication,
      comparison,
      key_image_index: images.indexOf(/** @type {string} */ (entry.get('key_image_path'))),
    };
    given.check(`${file}/${study}`, found, said);
  }
}
