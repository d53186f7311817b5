import * as tf from '@tensorflow/tfjs-core';
import type { AgentInput, RegionAgent } from '../contracts/region-agent';
import { unknownViews, type ViewKind, type Views } from '../contracts/study';
import { presentPatches } from '../contracts/views';
import type { PatchGrid } from '../contracts/vision';
import type { Random } from '../random';
import { randomTensor } from './numeric';

/** Side of the pictures that agents with eyes of their own are shown. */
const SIDE = 28;

/** Random patches `[b, p, d]` on a grid and random pictures `[b, v, H, W, 3]`, of which nobody says what they show. */
export function randomInput(b: number, d: number, grid: PatchGrid, random: Random): AgentInput {
  const p = grid.views * grid.rows * grid.cols;
  const kinds = unknownViews(b, grid.views);
  const images = randomTensor<tf.Rank.R5>([b, grid.views, SIDE, SIDE, 3], random);
  return {
    features: { patches: randomTensor<tf.Rank.R3>([b, p, d], random), grid, kinds, present: null },
    views: { input: { images }, kinds },
  };
}

/** Study i alone. */
export function oneStudy({ features, views }: AgentInput, i: number): AgentInput {
  const kinds = [features.kinds[i]];
  const { patches, grid, present } = features;
  return {
    features: {
      patches: tf.slice(patches, i, 1),
      grid,
      kinds,
      present: present && (tf.slice(present, i, 1) as tf.Tensor2D),
    },
    views: { input: { images: tf.slice(imagesOf(views), i, 1) }, kinds },
  };
}

/** The same studies without their last slot. */
export function withoutLastSlot({ features, views }: AgentInput): AgentInput {
  const { patches, grid } = features;
  const kinds = features.kinds.map((row) => row.slice(0, -1));
  const v = grid.views - 1;
  return {
    features: {
      patches: tf.slice(patches, [0, 0, 0], [-1, v * grid.rows * grid.cols, -1]),
      grid: { ...grid, views: v },
      kinds,
      present: presentPatches(kinds, grid),
    },
    views: { input: { images: tf.slice(imagesOf(views), [0, 0, 0, 0, 0], [-1, v, -1, -1, -1]) }, kinds },
  };
}

/**
 * The same studies with an empty last slot where told.
 * @param filler what stands in the places that are not there
 */
export function withEmptySlots(
  { features, views }: AgentInput,
  empty: readonly boolean[],
  filler: number,
): AgentInput {
  const { patches, grid } = features;
  const kinds: (ViewKind | null)[][] = features.kinds.map((row, i) =>
    row.map((kind, v) => (empty[i] && v === row.length - 1 ? null : kind)),
  );
  const present = presentPatches(kinds, grid);
  const full = tf.tensor2d(
    kinds.map((row) => row.map((kind) => Number(kind !== null))),
    [kinds.length, grid.views],
  );
  const filled = <T extends tf.Tensor>(x: T, there: tf.Tensor): T =>
    tf.add(tf.mul(x, there), tf.mul(tf.sub(1, there), filler)) as T;
  const [b] = patches.shape;
  return {
    features: {
      patches: present ? filled(patches, tf.reshape(present, [b, -1, 1])) : patches,
      grid,
      kinds,
      present,
    },
    views: {
      input: { images: filled(imagesOf(views), tf.reshape(full, [b, grid.views, 1, 1, 1])) },
      kinds,
    },
  };
}

export const disposeInput = ({ features, views }: AgentInput): void =>
  tf.dispose([features.patches, imagesOf(views)]);

/** As for an agent that cannot look at pictures, where it does not. */
export const shownTo = (agent: RegionAgent, input: AgentInput): AgentInput =>
  agent.reads === 'images'
    ? input
    : { ...input, views: { ...input.views, input: { features: input.features } } };

function imagesOf({ input }: Views): tf.Tensor5D {
  if ('images' in input) return input.images;
  throw new TypeError('agent inputs: expected images, found stored features');
}
