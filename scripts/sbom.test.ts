import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { billOfMaterials } from './sbom.mjs';

it('lists ours and theirs as CycloneDX has it, and what needs what', () => {
  const bill = billOfMaterials();
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  expect(bill.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const byRef = new Map(bill.components.map((c) => [c['bom-ref'], c]));
  expect(byRef.size).toBe(bill.components.length);
  expect(byRef.get('pkg:npm/%40tensorflow/tfjs-core@4.22.0')).toMatchObject({
    group: '@tensorflow',
    name: 'tfjs-core',
    licenses: [{ license: { id: 'Apache-2.0' } }],
    hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
  });
  for (const { ref, dependsOn } of bill.dependencies)
    for (const other of [ref, ...dependsOn]) expect(byRef.has(other), other).toBe(true);
  const cli = bill.dependencies.find(({ ref }) => ref.startsWith('pkg:npm/%40raca/cli@'))!;
  expect(cli.dependsOn.some((ref) => ref.startsWith('pkg:npm/%40raca/pipeline@'))).toBe(true);
  expect(cli.dependsOn.some((ref) => ref.startsWith('pkg:npm/commander@'))).toBe(true);
});

it('writes the same bytes again', () => {
  expect(billOfMaterials()).toEqual(billOfMaterials());
});

it('knows every licence', () => {
  const script = fileURLToPath(new URL('./sbom.mjs', import.meta.url));
  const table = execFileSync(process.execPath, [script, '--licences'], { encoding: 'utf8' }); // throws on exit code 1
  expect(table).toMatch(/^MIT\tcommander\t/m);
});
