#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
/**
 * tfjs-core's own operator tests, which come in its npm package, against a backend of this package:
 *   node bench/conformance.mjs                         cpu as the reference, then native and wasm
 *   node bench/conformance.mjs native [--crossover 0]  one of them
 * Prints the names of failed tests and one JSON line a backend with the counts. Tests that `EXCEPTIONS` names with its
 * reason are counted apart; exit code 1 if another one failed.
 * Needs the development dependencies esbuild and jasmine-core. Tests and kernels must share one copy of tfjs-core, so
 * everything is bundled from its sources into a temporary file.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const packageOf = (name) => dirname(require.resolve(`${name}/package.json`));
const core = join(packageOf('@tensorflow/tfjs-core'), 'dist');
const cpu = join(packageOf('@tensorflow/tfjs-backend-cpu'), 'dist/index.js');
const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
const [backend, ...flags] = process.argv.slice(2);
const crossover = flags[0] === '--crossover' ? Number(flags[1]) : undefined;
if (backend === undefined) {
  const self = fileURLToPath(import.meta.url);
  const run = (name) => spawnSync(process.execPath, [self, name], { stdio: 'inherit' }).status;
  process.exit(['cpu', 'native', 'wasm'].map(run).some((code) => code !== 0) ? 1 : 0);
}

/** Tests that pass on the cpu backend and not here, by what they fail with, and why that stays so. */
const EXCEPTIONS = {
  wasm: {
    complex64: {
      message: "Kernel '(Complex|ComplexAbs|FFT|IFFT|Imag|Real)' not registered for backend 'wasm'",
      reason: 'the WebAssembly backend stores no complex numbers; no model of ours uses them',
    },
  },
};
const exceptions = Object.entries(EXCEPTIONS[backend] ?? {});

const listed = readFileSync(join(core, 'tests.js'), 'utf8');
const tests = [...listed.matchAll(/import '\.\/((?:ops|gradients|tape|tensor|variable|buffer)[^']*_test)'/g)];

const entry = `
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';
import '${core}/index.js';
import '${core}/register_all_gradients.js';
import '${core}/public/chained_ops/register_all_chained_ops.js';
import { setTestEnvs } from '${core}/jasmine_util.js';
import '${cpu}';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { engine, setBackend } from '@tensorflow/tfjs-core';
import { completeWasm } from '${join(here, '../src/wasm/complete.ts')}';
import { startWasm } from '${join(here, '../src/wasm/start.ts')}';
import { registerNative } from '${join(here, '../src/native/index.ts')}';
const jasmine = jasmineRequire.core(jasmineRequire);
const env = jasmine.getEnv();
Object.assign(globalThis, { jasmine }, jasmineRequire.interface(jasmine, env));
if (${JSON.stringify(backend)} === 'wasm') {
  setWasmPaths(${JSON.stringify(wasm + '/')});
  const info = await startWasm({});
  if (!info.simd) throw new Error('wasm runs without vector instructions');
}
if (${JSON.stringify(backend)} === 'native') {
  const info = await registerNative(${JSON.stringify({ threads: 2, crossover })});
  if ('unavailable' in info) throw new Error(info.unavailable);
}
setTestEnvs([{ name: ${JSON.stringify(backend)}, backendName: ${JSON.stringify(backend)}, isDataSync: true, flags: {} }]);
if (${JSON.stringify(backend)} === 'wasm') {
  // Each suite starts its backends anew.
  let completed;
  beforeEach(async () => {
    await setBackend('wasm');
    if (engine().backendInstance === completed) return;
    completed = engine().backendInstance;
    await completeWasm();
  });
}
env.configure({ random: false });
const exceptions = ${JSON.stringify(exceptions)};
const counts = { passed: 0, failed: 0, excepted: Object.fromEntries(exceptions.map(([name]) => [name, 0])) };
env.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    const messages = failedExpectations.map(({ message }) => message);
    const except = exceptions.find(([, { message }]) => messages.some((m) => new RegExp(message).test(m)));
    if (status === 'failed' && except) {
      counts.excepted[except[0]]++;
      return;
    }
    if (status === 'passed' || status === 'failed') counts[status]++;
    if (status === 'failed') console.log(fullName, messages[0]);
  },
});
await import('tests');
await env.execute();
console.log(JSON.stringify({ backend: ${JSON.stringify(backend)}, ...counts }));
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
`;

const bundle = join(here, `.conformance-${process.pid}.mjs`);
try {
  await build({
    stdin: { contents: entry, resolveDir: here },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    ignoreAnnotations: true, // tfjs-core declares its tests free of side effects
    external: ['onnxruntime-node/*'],
    logLevel: 'error',
    banner: {
      js:
        "import { createRequire as _cr } from 'node:module'; import _path from 'node:path';" +
        "import { fileURLToPath as _url } from 'node:url'; const require = _cr(import.meta.url);" +
        'const __filename = _url(import.meta.url), __dirname = _path.dirname(__filename);',
    },
    plugins: [
      {
        name: 'one copy of tfjs-core',
        setup(b) {
          b.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: join(core, 'index.js') }));
          b.onResolve({ filter: /^@tensorflow\/tfjs-backend-cpu$/ }, () => ({ path: cpu }));
          b.onResolve({ filter: /^@tensorflow\/tfjs-backend-wasm$/ }, () => ({
            path: join(wasm, 'index.js'),
          }));
          b.onResolve({ filter: /^jasmine-core/ }, ({ path }) => ({ path: require.resolve(path) }));
          b.onResolve({ filter: /^tests$/ }, () => ({ path: 'tests', namespace: 'tests' }));
          b.onLoad({ filter: /.*/, namespace: 'tests' }, () => ({
            contents: tests.map(([, file]) => `import '${core}/${file}.js';`).join('\n'),
            resolveDir: here,
          }));
        },
      },
    ],
  });
  await import(bundle);
} finally {
  rmSync(bundle, { force: true });
}
