import type { VisionBackbone } from '@raca/core';
import type { NetworkGraph } from './network-graph';

/** A backbone that can write itself down as a graph, `[n, H, W, 3]` → `[n, rows, cols, d_v]`, evaluation mode. */
export interface GraphBackbone extends VisionBackbone {
  /** Holds copies of the weights. */
  toGraph(): NetworkGraph;
  /** Rows and columns of the feature map of images of `height` × `width` pixels. */
  gridOf(height: number, width: number): { readonly rows: number; readonly cols: number };
}

/** Whether a backbone, perhaps somebody's own, is a {@link GraphBackbone}. */
export function hasGraph(backbone: VisionBackbone): backbone is GraphBackbone {
  const { toGraph, gridOf } = backbone as Partial<GraphBackbone>;
  return typeof toGraph === 'function' && typeof gridOf === 'function';
}
