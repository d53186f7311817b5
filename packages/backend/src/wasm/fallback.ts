import type * as tf from '@tensorflow/tfjs-core';
import { cpuFallback as fallback } from '../cpu-fallback';

/** A WASM kernel computed on the CPU backend. */
export const cpuFallback = (kernelName: string): tf.KernelConfig => fallback(kernelName, 'wasm');
