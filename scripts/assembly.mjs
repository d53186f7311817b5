// Compiles the AssemblyScript of our packages to TypeScript files with the bytes. Run after any change of it:
//   node scripts/assembly.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.mjs';

const COMPILER = 'assemblyscript@0.28.20';
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];

/** Package, file made, prefix of its constants. The sources are `assembly/*.ts`; `index.ts` holds the exports. */
const modules = [
  ['backend', 'src/wasm/kernels.bytes.ts', 'KERNELS'],
  ['core', 'src/optimizer/adam.bytes.ts', 'ADAM'],
];

const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
for (const [name, file, prefix] of modules) {
  const sources = join(root, 'packages', name, 'assembly');
  const wasm = join(folder, `${name}.wasm`);
  execFileSync('npx', ['-y', '-p', COMPILER, 'asc', join(sources, 'index.ts'), '-o', wasm, ...FLAGS], {
    stdio: 'inherit',
  });
  const hash = createHash('sha256');
  for (const source of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, source)));
  const text = [
    '// Made by scripts/assembly.mjs from assembly/*.ts; do not edit.',
    '',
    '/** SHA-256 of the sources, one after the other in order of their names. */',
    `export const ${prefix}_SOURCE_SHA256 = '${hash.digest('hex')}';`,
    '',
    '/** The WebAssembly module, base64. */',
    '// biome-ignore format: one line',
    `export const ${prefix}_BASE64 = '${readFileSync(wasm).toString('base64')}';`,
    '',
  ].join('\n');
  writeFileSync(join(root, 'packages', name, file), text);
}
rmSync(folder, { recursive: true });
