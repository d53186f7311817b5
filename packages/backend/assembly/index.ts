export { conv2d, conv2dFilterGradient, conv2dInputGradient, convShape } from './conv';
export { gemm, gemmScratchBytes } from './gemm';
export { addBiasRelu, segmentSum } from './rows';
