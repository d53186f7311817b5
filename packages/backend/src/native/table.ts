import type { KernelTable } from './kernel';
import { convolutions } from './kernels/convolutions';
import { elementwise } from './kernels/elementwise';
import { moves } from './kernels/moves';
import { pooling } from './kernels/pooling';
import { products } from './kernels/products';
import { reductions } from './kernels/reductions';

/** Every kernel that this backend computes itself; all others are the CPU backend's. */
export const nativeKernels: KernelTable = {
  ...products,
  ...convolutions,
  ...elementwise,
  ...reductions,
  ...moves,
  ...pooling,
};
