import {
  Adam,
  type AgentEpisode,
  type AgentFeedback,
  type AgentInput,
  type ModuleInfo,
  type NamedParameters,
  type PatchGrid,
  presentPatches,
  type Random,
  type RegionMasks,
  type TrainableRegionAgent,
  tidyRead,
  type Views,
  type VisionBackbone,
  valueAndGradients,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { version } from '../../package.json';
import { checkFeatures, checkFeedback } from '../checks';
import { likeliest, sampled } from '../choices';
import { directLoss } from '../direct-loss';
import { policyLoss } from '../policy-loss';
import { countOf, presenceOf, whereThere } from '../presence';
import { kindsOf } from '../prior/kinds';
import { regionMasks } from '../region-masks';
import { checkDrawings, regionsOf } from '../region-set';
import { type AdaptiveAgentConfig, type AdaptiveOptions, adaptiveAgentConfigSchema } from './config';
import { AdaptiveEpisode } from './episode';
import { EyesPolicy, type Sight } from './eyes-policy';
import { fittedMasks } from './fitted-masks';
import { type Chosen, creditOf, type Lesson, meanReward } from './lesson';
import { PriorPlacement } from './placed-prior';
import { practised } from './practice';
import { shownBy, type View, viewOfImages, viewOfPatches } from './view';

const WHO = 'adaptiveAgent';

/** See {@link adaptiveAgent}. Axes: b batch, v views, r regions, p patches. */
export class AdaptiveAgent implements TrainableRegionAgent {
  readonly info: ModuleInfo;
  readonly reads: 'features' | 'images';
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
    this.reads = eyes ? 'images' : 'features';
    const shown = eyes ? { ...this.config, eyes: eyes.info } : this.config;
    this.info = { package: '@raca/region-agent', version, name: 'adaptiveAgent', config: shown };
    const set = regionsOf(this.config);
    checkDrawings(WHO, set);
    if (this.config.outline && this.config.regions)
      throw new Error(`${WHO}: outline draws lungs and heart of thorax-12, not regions of "${set.name}"`);
    const size = { regions: set.names.length, views: this.config.views.length };
    this.policy = new EyesPolicy({ ...this.config, ...size }, random, eyes);
    this.placement = new PriorPlacement(this.config.views, set);
    this.parameters = this.policy.parameters;
    const { actorRate, rateHalfLife } = this.config;
    this.optimizer = new Adam([{ name: 'actor', parameters: this.parameters, learningRate: actorRate }], {
      schedule: (update) => (rateHalfLife === null ? 1 : 0.5 ** (update / rateHalfLife)),
    });
  }

  locate(input: AgentInput): RegionMasks {
    const { view, chances } = tidyRead(() => {
      const view = this.view(input, false);
      const all = tf.sigmoid(this.policy.logits(view)).dataSync() as Float32Array;
      return { view, chances: whereThere(all, view.present) };
    });
    const found = regionMasks(likeliest(chances), chances, input.features.patches.shape);
    if (!this.eyes || !['masks', 'both'].includes(this.config.sharpen)) return found;
    const { masks, probabilities } = found;
    masks.dispose();
    const images = imagesOf(input.views);
    const fitted = fittedMasks(images, view.grid, view.kinds, probabilities.dataSync() as Float32Array);
    return { masks: tf.tensor3d(fitted, probabilities.shape), probabilities };
  }

  act(input: AgentInput, random: Random): AgentEpisode {
    const view = this.view(input, true);
    const choices = this.choose(view, view.present, random);
    const regions = regionMasks(choices.actions, choices.chances, input.features.patches.shape);
    return new AdaptiveEpisode(regions, view, choices, random.split('practice'));
  }

  learn(episode: AgentEpisode, feedback: AgentFeedback): Record<string, number> {
    if (!(episode instanceof AdaptiveEpisode))
      throw new TypeError(`${WHO}: learn needs an episode of its own act`);
    const { view, choices } = episode;
    const b = view.kinds.length;
    checkFeedback(WHO, 'quality', feedback.quality, b);
    if (feedback.baseline) checkFeedback(WHO, 'baseline', feedback.baseline, b);
    const gains = feedback.quality.map((x, i) => x - (feedback.baseline?.[i] ?? 0));
    const placed = this.placement.place(view, {
      logits: this.registering ? choices.logits : null,
      ...this.shown(view.input, view),
    });
    const advantages = creditOf(choices, placed, gains, this.config);
    const own: Lesson = { sight: view, present: view.present, ...choices, ...placed, advantages };
    const practice = this.eyes && this.config.practice ? this.practiceLesson(view, episode.random) : null;
    const numbers = this.update(practice ? [own, practice] : [own]);
    practice?.sight.input.dispose();
    const meanGain = gains.reduce((sum, x) => sum + x, 0) / b;
    return { reward: meanReward(own), gain: meanGain, ...numbers };
  }

  /**
   * One update from images alone, without reports: moves them at random, chooses, and is paid by the prior moved
   * along.
   *
   * @param views images `[b, v, H, W, 3]` with what they show
   * @throws Error for an agent without eyes, or without practice in its config
   */
  practise(views: Views, grid: PatchGrid, random: Random): Record<string, number> {
    if (!this.eyes || !this.config.practice)
      throw new Error(`${WHO}: practice needs eyes and a config with practice`);
    const images = imagesOf(views);
    const kinds = kindsOf(WHO, views.kinds, [images.shape[0], grid.views], this.config.views);
    const there = presentPatches(views.kinds, grid);
    const view = this.seen(images, { grid, kinds, present: presenceOf({ present: there }) }, true);
    there?.dispose();
    const lesson = this.practiceLesson(view, random);
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
        `${WHO}: training state "updates" must have 1 value, found ${updates?.length ?? 'none'}`,
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
  private view({ features, views }: AgentInput, learning: boolean): View {
    const { patches, grid } = features;
    checkFeatures(WHO, features, this.eyes ? null : this.config.width);
    if (grid.views > this.config.views.length) {
      throw new RangeError(`${WHO}: made for at most ${this.config.views.length} views, got ${grid.views}`);
    }
    const kinds = kindsOf(WHO, features.kinds, [patches.shape[0], grid.views], this.config.views);
    const shown = { grid, kinds, present: presenceOf(features) };
    return this.eyes ? this.seen(imagesOf(views), shown, learning) : viewOfPatches(patches, shown);
  }

  private seen(
    images: tf.Tensor5D,
    shown: Pick<View, 'grid' | 'kinds' | 'present'>,
    learning: boolean,
  ): View {
    return viewOfImages(images, shown, this.config, learning);
  }

  /** What images show by themselves: nothing that an agent without eyes could know. */
  private shown(input: tf.Tensor, view: View): Partial<ReturnType<typeof shownBy>> {
    return this.eyes ? shownBy(input as tf.Tensor5D, view, this.config) : {};
  }

  private choose(sight: Sight, present: Float32Array | null, random: Random): Chosen {
    return tidyRead(() => {
      const found = this.policy.logits(sight);
      const [logits, chances] = [found, tf.sigmoid(found)].map((x) => x.dataSync() as Float32Array);
      return {
        ...sampled(logits, chances, random, present),
        chances: whereThere(chances, present),
        logits,
      };
    });
  }

  /** Moves the images and chooses on them. */
  private practiceLesson(view: View, random: Random): Lesson {
    const options = this.config.practice!;
    const { images, moves, windows } = practised(view, options, random);
    const sight: Sight = { ...view, input: images };
    const choices = this.choose(sight, view.present, random);
    const placed = this.placement.place(view, {
      moves,
      logits: this.registering ? choices.logits : null,
      windows: options.margins === 'empty' ? windows : null,
      ...this.shown(images, view),
    });
    const advantages = creditOf(choices, placed, null, this.config);
    return { sight, present: view.present, ...choices, ...placed, advantages };
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
            const { wanted, counted, present } = lesson;
            const direct = directLoss(logits, wanted, counted, countOf(present, counted.length));
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

/** @throws Error where there are stored features only */
function imagesOf({ input }: Views): tf.Tensor5D {
  if ('images' in input) return input.images;
  throw new Error(`${WHO}: has eyes of its own and needs images, found stored features only`);
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
 * @param eyes looks at the images of the studies; null: the agent reads the patches, and does not practise
 * @throws ZodError if the config is not valid
 * @throws Error if nobody says where its regions lie
 */
export const adaptiveAgent = (
  config: AdaptiveAgentConfig,
  random: Random,
  eyes: VisionBackbone | null = null,
): AdaptiveAgent => new AdaptiveAgent(config, random, eyes);
