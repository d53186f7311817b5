// Opens pages in a headless Chromium; see browser-check.mjs and install-check.mjs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const WAIT = 180_000; // ms
const TOLERANCE = 1e-3; // of the loss, relative

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** The program of a Chromium or Chrome on this machine, or undefined. */
export const findBrowser = () =>
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );

/**
 * Serves a folder, opens its index.html and waits for what the page posts to /result. Paths that are no files get
 * index.html, as servers of single pages do. WebGPU uses Chromium's software driver.
 */
export async function visit(browser, folder, { debug = false } = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'raca-browser-'));
  let child;
  const server = createServer();
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the page did not answer in time')), WAIT);
      server.on('request', (request, response) => {
        if (request.method !== 'POST') return answer(folder, request.url, response);
        let text = '';
        request.on('data', (chunk) => {
          text += chunk;
        });
        request.on('end', () => {
          response.end();
          resolve(JSON.parse(text));
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const url = `http://127.0.0.1:${server.address().port}/`;
        child = spawn(browser, [...flags(profile), url], { stdio: debug ? 'inherit' : 'ignore' });
        child.on('error', reject);
      });
    });
  } finally {
    clearTimeout(timer);
    child?.kill();
    server.close();
    server.closeAllConnections();
    await new Promise((resolve) => setTimeout(resolve, 500));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Prints a line for each backend that the page tried; whether all agree with `cpu`. A WebGPU without driver is no failure.
 */
export function judge(results, print = console.log) {
  const reference = results.find(({ asked }) => asked === 'cpu');
  let fine = reference?.loss !== undefined;
  for (const { asked, backend, loss, reports, error } of results.filter(({ asked }) => asked !== null)) {
    const absent = asked === 'webgpu' && /no backend starts/.test(error ?? '');
    const near = Math.abs(loss - reference?.loss) <= TOLERANCE * Math.abs(reference?.loss);
    const ok = backend === asked && near && JSON.stringify(reports) === JSON.stringify(reference.reports);
    if (!ok && !absent) fine = false;
    const found = error ?? `loss ${loss}, reports ${JSON.stringify(reports)}`;
    print(`${asked}: ${ok ? 'ok' : absent ? 'absent' : 'FAILED'}, ${found}`);
  }
  return fine;
}

function answer(folder, url, response) {
  const asked = join(folder, new URL(url, 'http://x').pathname);
  const path = existsSync(asked) && statSync(asked).isFile() ? asked : join(folder, 'index.html');
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
  response.end(readFileSync(path));
}

function flags(profile) {
  const gpu = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-webgpu-adapter=swiftshader'];
  const canvas = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']; // results are read through one
  const quiet = ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', `--user-data-dir=${profile}`];
  return [...quiet, ...gpu, ...canvas, '--use-vulkan=swiftshader'];
}
