import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core's kernels

export * from './batch-program';
export * from './blocks';
export * from './contracts';
export { ATTENTION, hasKernel, runKernel } from './fused-kernels';
export * from './initializers';
export { LARGEST } from './largest';
export * from './optimizer/adam';
export * from './optimizer/value-and-gradients';
export * from './parameters';
export { fnv1a, Random } from './random';
export * from './regions';
export * from './safetensors';
export { targetsOf } from './targets';
export * from './tidy-read';
export { TrainedProgram } from './trained-program';
export * from './weights';
