import { arch, cpus, platform, totalmem } from 'node:os';
import { type BackendName, type BackendState, listBackends } from '@raca/backend/node';
import * as tf from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import { version } from '../../package.json';
import { backendOption, startCompute } from '../compute';
import { print } from '../say';

/** Side of the matrices that are multiplied to measure the backend. */
const SIDE = 512;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('tell what this machine computes with, and how fast')
    .option(...backendOption)
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  raca doctor')
    .action(async (flags: { backend?: BackendName; json?: boolean }) => {
      const backend = await startCompute(flags.backend);
      const facts = {
        raca: version,
        node: process.versions.node,
        system: `${platform()} ${arch()}`,
        processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
        memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
        tfjs: tf.version_core,
        backend: backend.name,
        threads: backend.threads,
        simd: backend.simd,
        gigaflops: measure(),
      };
      const backends = await listBackends();
      if (flags.json) {
        print(JSON.stringify({ ...facts, backends }));
        return;
      }
      for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(10)} ${value}`);
      print('\nbackends, in the order in which they are tried (webgpu only when asked):');
      for (const state of backends) print(describe(state));
    });
}

function describe(state: BackendState): string {
  const name = `  ${state.name.padEnd(14)}`;
  if (!state.available) return `${name} no: ${state.reason}`;
  const { version, threads, notice } = state.info;
  const count = threads > 0 ? `, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : '';
  return `${name} yes: version ${version}${count}${notice ? ` (${notice})` : ''}`;
}

/** 10^9 operations a second of a plain matrix product, best of five. */
function measure(): number {
  const a = tf.randomUniform<tf.Rank.R2>([SIDE, SIDE]);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 6; i++) {
    const start = performance.now();
    const product = tf.matMul(a, a);
    product.dataSync();
    product.dispose();
    if (i > 0) best = Math.min(best, performance.now() - start);
  }
  a.dispose();
  return Math.round((2 * SIDE ** 3) / best / 1e5) / 10;
}
