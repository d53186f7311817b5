import type { KernelTable } from './kernel';
import { elementwise } from './kernels/elementwise';
import { products } from './kernels/products';
import { reductions } from './kernels/reductions';

/** Every kernel that this backend computes itself; all others are the CPU backend's. */
export const nativeKernels: KernelTable = { ...products, ...elementwise, ...reductions };
