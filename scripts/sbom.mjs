// Prints what a release brings along, from pnpm-lock.yaml: a software bill of materials (CycloneDX 1.6, JSON), the same bytes for
// the same lockfile. With --licences a table of licences instead; exit code 1 if one is unknown or not in the list below.
//   node scripts/sbom.mjs [--licences] [--out FILE]
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { directDependencies, lockedPackages, published } from './lockfile.mjs';
import { root } from './run.mjs';

/** Licences that a package under Apache-2.0 can depend on; libvips (LGPL) is a shared library that sharp loads. */
const FINE = new Set([
  ...['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'Apache-2.0 AND MIT', 'Unlicense'],
  ...['(MIT OR CC0-1.0)', 'LGPL-3.0-or-later', 'Apache-2.0 AND LGPL-3.0-or-later'],
]);

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const store = join(root, 'node_modules/.pnpm');
const installed = readdirSync(store);

/** The licence that a package declares; null where it is not installed, such as a build for another platform. */
export function licenceOf({ name, version }) {
  const entry = `${name.replace('/', '+')}@${version}`;
  const folder = installed.find((other) => other === entry || other.startsWith(`${entry}_`));
  if (!folder) return null;
  const { license, licenses } = manifestOf(join(store, folder, 'node_modules', name));
  return license?.type ?? license ?? licenses?.[0]?.type ?? null;
}

/** The bill of materials as a value. */
export function billOfMaterials() {
  const locked = lockedPackages();
  const ours = new Map(published.map((folder) => [folder, manifestOf(join(root, folder))]));
  const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const components = [
    ...[...ours.values()].map(({ name, version, description, license }) => ({
      ...component(name, version, purl(name, version)),
      description,
      licenses: [{ license: { id: license } }],
    })),
    ...[...locked.values()].map((entry) => {
      const licence = licenceOf(entry);
      return {
        ...component(entry.name, entry.version, purl(entry.name, entry.version)),
        scope: entry.optional ? 'optional' : 'required',
        hashes: [hashOf(entry.integrity)],
        ...(licence && {
          licenses: /\s/.test(licence) ? [{ expression: licence }] : [{ license: { id: licence } }],
        }),
      };
    }),
  ];
  const refOf = (key) => purl(locked.get(key).name, locked.get(key).version);
  const dependencies = [
    ...[...ours].map(([folder, { name, version }]) => {
      const { keys, folders } = directDependencies(folder);
      const own = folders.map((other) => purl(ours.get(other).name, ours.get(other).version));
      return { ref: purl(name, version), dependsOn: unique([...own, ...keys.map(refOf)]) };
    }),
    ...[...locked].map(([key, entry]) => ({
      ref: refOf(key),
      dependsOn: unique(entry.dependencies.map(refOf)),
    })),
  ];
  const body = {
    metadata: { component: { type: 'application', 'bom-ref': 'raca', name: 'raca' } },
    components,
  };
  const digest = createHash('sha256')
    .update(JSON.stringify([body, dependencies]))
    .digest('hex');
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid(digest)}`,
    version: 1,
    ...body,
    dependencies,
  };
}

const unique = (refs) => [...new Set(refs)].sort();

function component(name, version, purl) {
  const [group, own] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return { type: 'library', 'bom-ref': purl, ...(group && { group }), name: own, version, purl };
}

/** `sha512-…` of the lockfile as CycloneDX writes it. */
function hashOf(integrity) {
  const dash = integrity.indexOf('-');
  const content = Buffer.from(integrity.slice(dash + 1), 'base64').toString('hex');
  return { alg: integrity.slice(0, dash).replace('sha', 'SHA-'), content };
}

/** A version 8 UUID (RFC 9562: bits of one's own) from a digest in hexadecimal. */
function uuid(hex) {
  const [a, b, c, d, e] = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(13, 16),
    hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { licences: { type: 'boolean' }, out: { type: 'string' } } });
  const text = values.licences ? licences() : `${JSON.stringify(billOfMaterials(), null, 1)}\n`;
  if (values.out) writeFileSync(values.out, text);
  else process.stdout.write(text);
}

/** A line a package: licence, name, version. */
function licences() {
  const rows = [...lockedPackages().values()].map((entry) => ({ ...entry, licence: licenceOf(entry) }));
  const odd = rows.filter(({ licence, optional }) => !(FINE.has(licence) || (licence === null && optional)));
  for (const { name, version, licence } of odd)
    console.error(
      `${name}@${version}: expected a licence that scripts/sbom.mjs knows, found ${licence ?? 'none'}`,
    );
  if (odd.length) process.exitCode = 1;
  const line = ({ licence, name, version }) => `${licence ?? 'not installed here'}\t${name}\t${version}\n`;
  return rows.map(line).sort().join('');
}
