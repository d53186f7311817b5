export { conv2d, conv2dFilterGradient, conv2dInputGradient, convShape, maxPoolGradient } from './conv';
export { batchNorm, binary, exp, gather, repeat, sum } from './elementwise';
export { gemm, gemmScratchBytes } from './gemm';
export { addBiasRelu, segmentSum } from './rows';
