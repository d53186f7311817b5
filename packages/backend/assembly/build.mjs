// Compiles this folder's AssemblyScript to src/wasm/kernels.bytes.ts. Run after any change here:
//   node assembly/build.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'assemblyscript@0.28.20';
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
const wasm = join(folder, 'kernels.wasm');
const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];
execFileSync('npx', ['-y', '-p', COMPILER, 'asc', join(here, 'index.ts'), '-o', wasm, ...flags], {
  stdio: 'inherit',
});
const hash = createHash('sha256');
for (const file of readdirSync(here).sort())
  if (file.endsWith('.ts')) hash.update(readFileSync(join(here, file)));
const text = [
  '// Made by assembly/build.mjs from assembly/*.ts; do not edit.',
  '',
  '/** SHA-256 of the sources, one after the other in order of their names. */',
  `export const KERNELS_SOURCE_SHA256 =\n  '${hash.digest('hex')}';`,
  '',
  '/** The WebAssembly module, base64. */',
  '// biome-ignore format: one line',
  `export const KERNELS_BASE64 = '${readFileSync(wasm).toString('base64')}';`,
  '',
].join('\n');
writeFileSync(join(here, '../src/wasm/kernels.bytes.ts'), text);
rmSync(folder, { recursive: true });
