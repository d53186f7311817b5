// Bundles @raca/pipeline for the browser and runs it in a headless Chromium: a tiny model trains a step and writes a
// report on wasm, on webgpu and on cpu, and all must agree. WebGPU uses Chromium's software driver; where Chromium has
// none, that backend is reported as absent. Without Chromium the check is skipped, visibly, with exit code 0.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { findBrowser, judge, visit } from './chromium.mjs';
import { root } from './run.mjs';

const browser = findBrowser();
if (!browser) {
  console.log('browser check skipped: no chromium or google-chrome on this machine');
  process.exit(0);
}
const backendPackage = createRequire(join(root, 'packages/backend/package.json'));
const wasmFolder = dirname(backendPackage.resolve('@tensorflow/tfjs-backend-wasm'));
const folder = mkdtempSync(join(tmpdir(), 'raca-page-'));
try {
  await build({
    stdin: {
      contents: readFileSync(join(root, 'scripts/browser-program.mjs'), 'utf8'),
      resolveDir: join(root, 'packages/pipeline'),
    },
    nodePaths: [join(root, 'packages/backend/node_modules')],
    bundle: true,
    outfile: join(folder, 'page.js'),
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
  for (const name of readdirSync(wasmFolder).filter((name) => name.endsWith('.wasm')))
    copyFileSync(join(wasmFolder, name), join(folder, name));
  const results = await visit(browser, folder, { debug: process.argv.includes('--debug') });
  process.exitCode = judge(results) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
