import type { AgentEpisode, Random, RegionMasks } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Chosen } from './lesson';
import type { View } from './view';

/** One sampled visit of the adaptive agent. */
export class AdaptiveEpisode implements AgentEpisode {
  constructor(
    readonly regions: RegionMasks,
    readonly view: View,
    readonly choices: Chosen,
    /** For practice. */
    readonly random: Random,
  ) {
    for (const tensor of this.tensors) tf.keep(tensor);
  }

  dispose(): void {
    tf.dispose(this.tensors);
  }

  private get tensors(): tf.Tensor[] {
    return [this.regions.masks, this.regions.probabilities, this.view.input];
  }
}
