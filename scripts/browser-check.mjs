// Bundles @raca/pipeline for the browser and runs it in a headless Chromium: a tiny model trains a step and writes a
// report on wasm, on webgpu and on cpu, and all must agree. WebGPU uses Chromium's software driver; where Chromium has
// none, that backend is reported as absent. Without Chromium the check is skipped, visibly, with exit code 0.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './run.mjs';

const WAIT = 180_000; // ms
const TOLERANCE = 1e-3; // of the loss, relative

const browser = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
if (!browser) {
  console.log('browser check skipped: no chromium or google-chrome on this machine');
  process.exit(0);
}

const backendPackage = createRequire(join(root, 'packages/backend/package.json'));
const { build } = backendPackage('esbuild');
const wasmFolder = dirname(backendPackage.resolve('@tensorflow/tfjs-backend-wasm'));
const bundle = await build({
  stdin: {
    contents: readFileSync(join(root, 'scripts/browser-program.mjs'), 'utf8'),
    resolveDir: join(root, 'packages/pipeline'),
  },
  nodePaths: [join(root, 'packages/backend/node_modules')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  logLevel: 'error',
});

const profile = mkdtempSync(join(tmpdir(), 'raca-browser-'));
let child;
try {
  const results = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the page did not answer in time')), WAIT);
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let text = '';
        request.on('data', (chunk) => {
          text += chunk;
        });
        request.on('end', () => {
          response.end();
          clearTimeout(timer);
          server.close();
          resolve(JSON.parse(text));
        });
        return;
      }
      const [type, body] = file(request.url);
      response.writeHead(body === null ? 404 : 200, { 'content-type': type });
      response.end(body ?? '');
    }).listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}/`;
      const gpu = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-webgpu-adapter=swiftshader'];
      const canvas = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']; // results are read through one
      const flags = [
        '--headless=new',
        '--no-sandbox',
        '--disable-dev-shm-usage',
        `--user-data-dir=${profile}`,
      ];
      child = spawn(browser, [...flags, ...gpu, ...canvas, '--use-vulkan=swiftshader', url], {
        stdio: process.argv.includes('--debug') ? 'inherit' : 'ignore',
      });
      child.on('error', reject);
    });
  });
  process.exitCode = judge(results) ? 0 : 1;
} finally {
  child?.kill();
  await new Promise((resolve) => setTimeout(resolve, 500));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

function file(url) {
  if (url === '/') return ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'];
  if (url === '/page.js') return ['text/javascript', bundle.outputFiles[0].text];
  if (/^\/[\w-]+\.wasm$/.test(url)) return ['application/wasm', readFileSync(join(wasmFolder, url.slice(1)))];
  return ['text/plain', null];
}

function judge(results) {
  const reference = results.find(({ asked }) => asked === 'cpu');
  let fine = reference?.loss !== undefined;
  for (const { asked, backend, loss, reports, error } of results) {
    const absent = asked === 'webgpu' && /no backend starts/.test(error ?? '');
    const near = Math.abs(loss - reference?.loss) <= TOLERANCE * Math.abs(reference?.loss);
    const ok = backend === asked && near && JSON.stringify(reports) === JSON.stringify(reference.reports);
    if (!ok && !absent) fine = false;
    const found = error ?? `loss ${loss}, reports ${JSON.stringify(reports)}`;
    console.log(`${asked}: ${ok ? 'ok' : absent ? 'absent' : 'FAILED'}, ${found}`);
  }
  return fine;
}
