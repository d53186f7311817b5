import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  type ModuleInfo,
  type NamedParameters,
  type PatchFeatures,
  type PatchGrid,
  type Random,
  REGIONS,
  type RegionMasks,
  type TrainableRegionAgent,
  tidyRead,
  type VisionBackbone,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../package.json';
import type { Body } from './adaptive/body';
import { type AdaptiveAgentConfig, type AdaptiveOptions, adaptiveAgentConfigSchema } from './adaptive/config';
import { EyesPolicy, type Sight } from './adaptive/eyes-policy';
import { bodiesOf, equalisedImages, graysOf, outlinesOf } from './adaptive/pictures';
import { PriorPlacement } from './adaptive/placed-prior';
import { practiceView, randomMove, type Window } from './adaptive/practice-view';
import { sharpened, spread } from './adaptive/sharpen';
import { checkFeatures, checkFeedback } from './checks';
import { likeliest, sampled } from './choices';
import { directLoss } from './direct-loss';
import { policyLoss } from './policy-loss';
import { standardised } from './ppo';
import { regionMasks } from './region-masks';

const R = REGIONS.length;
/** Differences of report quality this small are as good as none. */
const QUALITY_FLOOR = 0.01;

/** What the policy looks at, and the bodies it shows `[b · v]`, where they are asked for. */
interface View extends Sight {
  readonly bodies: readonly Body[] | null;
}

/** Choices made on one input, and what came of them. */
interface Lesson {
  readonly sight: Sight;
  /** `[b·p, r]`, each 0 or 1. */
  readonly actions: Float32Array;
  /** Log-probabilities at the time of sampling, `[b·p, r]`. */
  readonly old: Float32Array;
  /** `[b·p, r]` */
  readonly advantages: Float32Array;
  /** The placed prior, `[b·p, r]`. */
  readonly wanted: Float32Array;
  /** `[b·p]` */
  readonly counted: Float32Array;
}

class AdaptiveEpisode implements AgentEpisode {
  constructor(
    readonly regions: RegionMasks,
    readonly sight: View,
    readonly grid: PatchGrid,
    readonly choices: Choices,
    readonly random: Random,
  ) {
    for (const tensor of this.tensors) tf.keep(tensor);
  }

  dispose(): void {
    tf.dispose(this.tensors);
  }

  private get tensors(): tf.Tensor[] {
    return [this.regions.masks, this.regions.probabilities, this.sight.input];
  }
}

/** See {@link adaptiveAgent}. Axes: b batch, v views, r = 12 regions, p patches. */
export class AdaptiveAgent implements TrainableRegionAgent {
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly config: AdaptiveOptions;
  private readonly policy: EyesPolicy;
  private readonly placement: PriorPlacement;
  private readonly optimizer: Adam;
  private updates = 0;

  constructor(
    config: AdaptiveAgentConfig,
    random: Random,
    private readonly eyes: VisionBackbone | null,
  ) {
    this.config = adaptiveAgentConfigSchema.parse(config);
    const shown = eyes ? { ...this.config, eyes: eyes.info } : this.config;
    this.info = { package: '@raca/region-agent', version, name: 'adaptiveAgent', config: shown };
    this.policy = new EyesPolicy({ ...this.config, views: this.config.views.length }, random, eyes);
    this.placement = new PriorPlacement(this.config.views);
    this.parameters = this.policy.parameters;
    const { actorRate, rateHalfLife } = this.config;
    this.optimizer = new Adam([{ name: 'actor', parameters: this.parameters, learningRate: actorRate }], {
      schedule: (update) => (rateHalfLife === null ? 1 : 0.5 ** (update / rateHalfLife)),
    });
  }

  locate(features: PatchFeatures): RegionMasks {
    const chances = tidyRead(
      () => tf.sigmoid(this.policy.logits(this.view(features, false))).dataSync() as Float32Array,
    );
    const found = regionMasks(likeliest(chances), chances, features.patches.shape[0]);
    if (!this.eyes || !['masks', 'both'].includes(this.config.sharpen)) return found;
    const { masks, probabilities } = found;
    const fitted = this.fitted(features, probabilities.dataSync() as Float32Array);
    masks.dispose();
    return { masks: tf.tensor3d(fitted, probabilities.shape), probabilities };
  }

  act(features: PatchFeatures, random: Random): AgentEpisode {
    const sight = this.view(features, true);
    const choices = this.choose(sight, random);
    const regions = regionMasks(choices.actions, choices.chances, features.patches.shape[0]);
    return new AdaptiveEpisode(regions, sight, features.grid, choices, random.split('practice'));
  }

  learn(episode: AgentEpisode, feedback: AgentFeedback): Record<string, number> {
    if (!(episode instanceof AdaptiveEpisode))
      throw new TypeError('adaptiveAgent: learn needs an episode of its own act');
    const { sight, grid, choices } = episode;
    const b = sight.input.shape[0];
    checkFeedback('adaptiveAgent', 'quality', feedback.quality, b);
    if (feedback.baseline) checkFeedback('adaptiveAgent', 'baseline', feedback.baseline, b);
    const gains = feedback.quality.map((x, i) => x - (feedback.baseline?.[i] ?? 0));
    const logits = this.registering ? choices.logits : null;
    const grays = this.grays(sight.input, grid);
    const placed = this.placement.place(b, grid, null, logits, grays, null, this.outlines(sight));
    const own: Lesson = { sight, ...choices, ...placed, advantages: this.advantages(choices, placed, gains) };
    const practice =
      this.eyes && this.config.practice ? this.practiceLesson(sight, grid, episode.random) : null;
    const numbers = this.update(practice ? [own, practice] : [own]);
    practice?.sight.input.dispose();
    const meanGain = gains.reduce((sum, x) => sum + x, 0) / b;
    return { reward: meanReward(own), gain: meanGain, ...numbers };
  }

  /**
   * One update from images alone, without reports: moves them at random, chooses, and is paid by the prior moved
   * along.
   *
   * @param images `[b, v, H, W, 3]`
   * @throws Error for an agent without eyes, or without practice in its config
   */
  practise(images: tf.Tensor5D, grid: PatchGrid, random: Random): Record<string, number> {
    const { practice } = this.config;
    if (!this.eyes || !practice)
      throw new Error('adaptiveAgent: practice needs eyes and a config with practice');
    const view = this.seen(images, grid, true);
    const lesson = this.practiceLesson(view, grid, random);
    const numbers = this.update([lesson]);
    tf.dispose([view.input, lesson.sight.input]);
    return { reward: meanReward(lesson), ...numbers };
  }

  trainingState(): Map<string, Float32Array> {
    const state = this.optimizer.state();
    return state.set('updates', Float32Array.of(this.updates)).set('poses', this.placement.state());
  }

  loadTrainingState(state: ReadonlyMap<string, Float32Array>): void {
    const updates = state.get('updates');
    if (updates?.length !== 1) {
      throw new Error(
        `adaptiveAgent: training state "updates" must have 1 value, found ${updates?.length ?? 'none'}`,
      );
    }
    this.placement.loadState(state.get('poses'));
    this.optimizer.loadState(state);
    this.updates = updates[0];
  }

  dispose(): void {
    this.policy.dispose();
  }

  private get registering(): boolean {
    const { registerAfter } = this.config;
    return registerAfter !== null && this.updates >= registerAfter;
  }

  /** The caller disposes its input. */
  private view(features: PatchFeatures, learning: boolean): View {
    const { images, patches, grid } = features;
    checkFeatures('adaptiveAgent', features, this.eyes ? null : this.config.width);
    if (grid.views > this.config.views.length) {
      throw new RangeError(
        `adaptiveAgent: made for at most ${this.config.views.length} views, got ${grid.views}`,
      );
    }
    if (this.eyes && !images) {
      throw new Error('adaptiveAgent: has eyes of its own and needs images, found stored features only');
    }
    return this.seen(this.eyes ? images! : patches, grid, learning);
  }

  private seen(input: tf.Tensor, grid: PatchGrid, learning: boolean): View {
    const { equalise, outline } = this.config;
    const bodies = this.eyes && (equalise || (outline && learning)) ? bodiesOf(input as tf.Tensor5D) : null;
    return {
      input: bodies && equalise ? equalisedImages(bodies, (input as tf.Tensor5D).shape) : tf.clone(input),
      bodies,
      views: grid.views,
      patches: grid.rows * grid.cols,
    };
  }

  private outlines({ bodies, views }: View): ReturnType<typeof outlinesOf> | null {
    return bodies && this.config.outline ? outlinesOf(bodies, views, this.config.views) : null;
  }

  private choose(sight: Sight, random: Random): Choices {
    return tidyRead(() => {
      const found = this.policy.logits(sight);
      const [logits, chances] = [found, tf.sigmoid(found)].map((x) => x.dataSync() as Float32Array);
      return { ...sampled(logits, chances, random), chances, logits };
    });
  }

  /** Masks `[b, r, p]` fitted to the gray of each view, from the probabilities. */
  private fitted({ images, grid }: PatchFeatures, probabilities: Float32Array): Float32Array {
    const { views, rows, cols } = grid;
    const n = rows * cols;
    const out = new Float32Array(probabilities.length);
    graysOf(images!, grid).forEach((gray, k) => {
      const from = (r: number): number => ((Math.floor(k / views) * R + r) * views + (k % views)) * n;
      const chances = new Float32Array(R * n);
      for (let r = 0; r < R; r++) chances.set(probabilities.subarray(from(r), from(r) + n), r * n);
      const masks = sharpened(spread(chances, rows, cols), gray, rows, cols);
      for (let r = 0; r < R; r++) out.set(masks.subarray(r * n, (r + 1) * n), from(r));
    });
    return out;
  }

  /** Gray of each view's cells, where rewards are fitted to it. */
  private grays(images: tf.Tensor, grid: PatchGrid): Float32Array[] | null {
    const wanted = this.eyes && ['rewards', 'both'].includes(this.config.sharpen);
    return wanted ? graysOf(images as tf.Tensor5D, grid) : null;
  }

  /** Moves the images and chooses on them. */
  private practiceLesson(view: View, grid: PatchGrid, random: Random): Lesson {
    const { input, views, patches } = view;
    const [b, v, height, width, channels] = input.shape as [number, number, number, number, number];
    const values = input.dataSync() as Float32Array;
    const size = height * width * channels;
    const practice = this.config.practice!;
    const moved = new Float32Array(values.length);
    const windows: Window[] = [];
    const moves = Array.from({ length: b * v }, (_, k) => {
      const move = randomMove(practice, random);
      const picture = { height, width, channels, values: values.subarray(k * size, (k + 1) * size) };
      windows.push(practiceView(picture, move, practice, random, moved.subarray(k * size, (k + 1) * size)));
      return move;
    });
    const sight = { input: tf.tensor(moved, input.shape), views, patches };
    const choices = this.choose(sight, random);
    const logits = this.registering ? choices.logits : null;
    const grays = this.grays(sight.input, grid);
    const empty = practice.margins === 'empty' ? windows : null;
    const placed = this.placement.place(b, grid, moves, logits, grays, empty, this.outlines(view));
    return { sight, ...choices, ...placed, advantages: this.advantages(choices, placed, null) };
  }

  /**
   * Choosing a patch earns +1 inside the placed prior and −1 outside, leaving it out the opposite; each choice is
   * compared with what the policy earns there on average. The report's gain, standardised over the batch, is shared by
   * all choices of a sample.
   */
  private advantages(
    { actions, chances }: Choices,
    { wanted, counted }: { wanted: Float32Array; counted: Float32Array },
    gains: Float32Array | null,
  ): Float32Array {
    const { priorWeight, qualityWeight, learning } = this.config;
    const prior = learning === 'ppo' ? priorWeight : 0;
    const shared = gains && gains.length > 1 ? standardised(gains, QUALITY_FLOOR) : null;
    const perSample = actions.length / (gains?.length ?? 1);
    return actions.map((action, i) => {
      const better = counted[Math.floor(i / R)] * 2 * (2 * wanted[i] - 1); // of choosing over leaving out
      return (
        prior * better * (action - chances[i]) + qualityWeight * (shared?.[Math.floor(i / perSample)] ?? 0)
      );
    });
  }

  private update(lessons: readonly Lesson[]): Record<string, number> {
    const { epochs, learning, priorWeight } = this.config;
    const numbers = { actorLoss: 0, entropy: 0, clipped: 0 };
    this.optimizer.epoch = this.updates;
    for (let epoch = 0; epoch < (learning === 'ppo' ? epochs : 1); epoch++) {
      tf.tidy(() => {
        const { gradients } = valueAndGradients(() => {
          const losses = lessons.map((lesson) => {
            const logits = this.policy.logits(lesson.sight);
            const chosen = policyLoss(logits, { ...lesson, rowsPerDecision: 1 }, this.lossOptions, numbers);
            if (learning === 'ppo') return chosen;
            const direct = directLoss(logits, lesson.wanted, lesson.counted);
            return tf.add(chosen, tf.mul(direct, priorWeight)) as tf.Scalar;
          });
          return tf.addN(losses) as tf.Scalar;
        }, this.parameters);
        this.optimizer.step(gradients);
      });
    }
    this.updates++;
    return numbers;
  }

  /** Sampling needs entropy; the cross-entropy keeps choices open by itself. */
  private get lossOptions(): { clip: number; entropyWeight: number } {
    const { clip, entropyWeight, learning } = this.config;
    return { clip, entropyWeight: learning === 'ppo' ? entropyWeight : 0 };
  }
}

/** What was chosen, all `[b·p, r]`. */
interface Choices {
  readonly actions: Float32Array;
  readonly chances: Float32Array;
  readonly old: Float32Array;
  readonly logits: Float32Array;
}

/** Mean of +1 for each choice that agrees with the placed prior and −1 for each that does not. */
function meanReward({ actions, wanted, counted }: Lesson): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < actions.length; i++) {
    const weight = counted[Math.floor(i / R)];
    sum += weight * (actions[i] === wanted[i] ? 1 : -1);
    count += weight;
  }
  return sum / Math.max(count, 1);
}

/**
 * An agent that follows the patient, taught by the coarse prior alone. Three things make it:
 *
 * - It is never told where a patch lies, it has to see it ({@link EyesPolicy}); with `eyes` it looks at the images by a
 *   small network of its own, trained by its own rewards.
 * - Practice: images are moved at random and the prior moves along, a reward that is known without annotation.
 * - Registration: patients of the training set do not stand straight either, so the prior is laid on each of them in
 *   the pose that explains the agent's own choices best, less the mean pose of all. This sharpens what it learns.
 *
 * The rest is PPO: sampled choices, credit by patch, report quality minus that of the deterministic masks.
 *
 * @param eyes looks at images (`features.images`); null: the agent reads the patches, and does not practise
 * @throws ZodError if the config is not valid
 */
export const adaptiveAgent = (
  config: AdaptiveAgentConfig,
  random: Random,
  eyes: VisionBackbone | null = null,
): AdaptiveAgent => new AdaptiveAgent(config, random, eyes);
