import {
  applyLinear,
  applyTransformerEncoder,
  checkViews,
  disposeParameters,
  dropout,
  EVALUATION,
  glorotUniform,
  INFERENCE,
  isInference,
  LARGEST,
  type Linear,
  linear,
  type ModuleInfo,
  type NamedParameters,
  normal,
  onlyPresent,
  orthogonal,
  Parameters,
  type Pass,
  type PatchFeatures,
  type PatchGrid,
  type PatchMap,
  prefixed,
  presenceBias,
  presentPatches,
  type Random,
  sizeOfViews,
  TrainedProgram,
  type TransformerEncoder,
  transformerEncoder,
  unknownViews,
  type Views,
  type VisionBackbone,
  type VisionEncoder,
  type VisionInput,
  WeightedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { tidyPatches } from './images';
import { extractPictures, putSlots, slotsInUse, takeSlots } from './views';

const natural = z.int().min(1);
const rate = z.number().min(0).lt(1);

/** Options of {@link visualTransformer}; the defaults are the paper's sizes. */
export const visualTransformerSchema = z
  .strictObject({
    variant: z
      .enum(['raca', 'published'])
      .default('raca')
      .describe('`published` knows no positions and starts from orthogonal matrices.'),
    width: natural.max(LARGEST.width).default(512).describe('d, width of the encoded patches.'),
    heads: natural.max(LARGEST.heads).default(8).describe('Attention heads; must divide `width`.'),
    feedForward: natural.max(LARGEST.feedForward).default(512).describe('Width of the feed-forward layers.'),
    layers: z
      .int()
      .min(0)
      .max(LARGEST.layers)
      .default(3)
      .describe(
        'Layers of the Transformer. 0: patches are embedded and given positions only, for a decoder that encodes them itself.',
      ),
    dropout: rate.default(0.1).describe('Dropout of all layers in training.'),
    patchDropout: rate.default(0.5).describe('Dropout after the patch embedding, in training.'),
    inputWidth: natural
      .max(LARGEST.width)
      .default(2048)
      .describe(
        'd_v, width of the backbone’s or the stored features; with a backbone its own width is filled in.',
      ),
    positions: z
      .enum(['none', 'learned'])
      .optional()
      .describe(
        'A learned vector for each place of the grid and for each view. Absent: `learned` in `raca`, `none` in `published`, ' +
          'which has no others.',
      ),
    grid: z
      .strictObject({
        views: natural.max(LARGEST.views).describe('Most views of a study.'),
        rows: natural.max(LARGEST.gridSide).describe('Rows of patches per view.'),
        cols: natural.max(LARGEST.gridSide).describe('Columns of patches per view.'),
      })
      .default({ views: 2, rows: 7, cols: 7 })
      .describe('Largest grid that learned positions know: rows and columns must agree, views may be fewer.'),
  })
  .refine((c) => c.variant === 'raca' || c.positions !== 'learned', {
    path: ['positions'],
    message: "the variant 'published' has no positions",
  })
  .transform((c) => ({
    ...c,
    positions: c.positions ?? (c.variant === 'published' ? ('none' as const) : ('learned' as const)),
  }));
export type VisualTransformerConfig = z.input<typeof visualTransformerSchema>;

/** Standard deviation of new position and view vectors; embedded patches are of order 1. */
const POSITION_SD = 0.1;

/** Learned vectors added to embedded patches. */
interface Positions {
  /** `[rows · cols, d]` */
  readonly place: tf.Variable;
  /** `[views, d]` */
  readonly view: tf.Variable;
}

/** Where the patches of a batch lie. */
interface Layout {
  readonly grid: PatchGrid;
  /** Which slot each of the grid's views is in, so that it gets that slot's vector. */
  readonly slots: readonly number[];
}

/** The encoder with a look inside. */
export interface VisualTransformerEncoder extends VisionEncoder {
  /** What the Transformer reads, without positions: `[b, p, d]`; for analysis and parity checks. */
  embedPatches(input: VisionInput, pass: Pass): PatchMap;
}

class VisualTransformer implements VisualTransformerEncoder {
  readonly width: number;
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly own: NamedParameters;
  private readonly embed: Linear;
  private readonly positions: Positions | null;
  /** By {@link Layout} and presence: {@link encoded} for inference, and without dropout for training. */
  private readonly programs = new Map<string, readonly [WeightedProgram, TrainedProgram]>();
  private readonly encoder: TransformerEncoder | null;

  constructor(
    private readonly config: z.output<typeof visualTransformerSchema>,
    random: Random,
    readonly backbone: VisionBackbone | null,
  ) {
    const { width: d, grid } = config;
    if (backbone && backbone.width !== config.inputWidth) {
      throw new RangeError(
        `visualTransformer: inputWidth must be the backbone's width ${backbone.width}, got ${config.inputWidth}`,
      );
    }
    const p = Parameters.create(random);
    const init = config.variant === 'published' ? orthogonal : glorotUniform;
    this.embed = linear(p.scope('embed'), config.inputWidth, d, init);
    this.positions =
      config.positions === 'none'
        ? null
        : {
            place: p.add('positions.place', [grid.rows * grid.cols, d], normal(POSITION_SD)),
            view: p.add('positions.view', [grid.views, d], normal(POSITION_SD)),
          };
    this.encoder = config.layers > 0 ? transformerEncoder(p.scope('encoder'), config, init) : null;
    this.width = d;
    this.info = { package: '@raca/vision', version, name: 'visualTransformer', config };
    this.own = p.all;
    this.parameters = backbone ? new Map([...p.all, ...prefixed('backbone', backbone.parameters)]) : p.all;
  }

  encode(views: Views, pass: Pass): PatchFeatures {
    this.check(views.input);
    checkViews('visualTransformer', views);
    const slots = slotsInUse(views.kinds);
    const map = tidyPatches(() => {
      const used = takeSlots(views, slots);
      const { patches, grid } = this.features(used, pass);
      const present = presentPatches(used.kinds, grid);
      const encoded = onlyPresent(this.run(patches, present, { grid, slots }, pass), present, 1);
      return putSlots({ patches: encoded, grid }, slots, views.kinds[0].length);
    });
    return { ...map, kinds: views.kinds, present: presentPatches(views.kinds, map.grid) };
  }

  embedPatches(input: VisionInput, pass: Pass): PatchMap {
    this.check(input);
    return tidyPatches(() => {
      const { patches, grid } = this.features({ input, kinds: unknownViews(...sizeOfViews(input)) }, pass);
      return { patches: this.embedded(patches, pass), grid };
    });
  }

  dispose(): void {
    for (const program of [...this.programs.values()].flat()) program.dispose();
    this.programs.clear();
    disposeParameters(this.own);
    this.backbone?.dispose();
  }

  private embedded(patches: tf.Tensor3D, pass: Pass): tf.Tensor3D {
    return dropout(tf.relu(applyLinear(this.embed, patches)), this.config.patchDropout, pass);
  }

  /** Backbone features `[b, p, d_v]` → encoded patches; nobody attends to those that are not there. */
  private encoded(
    patches: tf.Tensor3D,
    present: tf.Tensor2D | null,
    layout: Layout,
    pass: Pass,
  ): tf.Tensor3D {
    let x = this.embedded(patches, pass);
    if (this.positions) x = tf.add(x, this.placed(this.positions, layout));
    return this.encoder ? applyTransformerEncoder(this.encoder, x, presenceBias(present), pass) : x;
  }

  /** {@link encoded}, as a program where the pass allows. */
  private run(patches: tf.Tensor3D, present: tf.Tensor2D | null, layout: Layout, pass: Pass): tf.Tensor3D {
    const { dropout, patchDropout } = this.config;
    if (pass.training && dropout + patchDropout > 0) return this.encoded(patches, present, layout, pass);
    const [inference, training] = this.programsOf(layout, present !== null);
    const facts = present ? [present] : [];
    if (isInference(pass)) return inference.run(patches.shape[0], [patches, ...facts])[0] as tf.Tensor3D;
    const stored = this.backbone === null; // features that nobody wants a gradient of
    const encoded = stored ? training.run([], [patches, ...facts]) : training.run([patches], facts);
    return encoded as tf.Tensor3D;
  }

  private programsOf(layout: Layout, partial: boolean): readonly [WeightedProgram, TrainedProgram] {
    const key = `${show(layout.grid)} in ${layout.slots}${partial ? ', partial' : ''}`;
    const known = this.programs.get(key);
    if (known) return known;
    const encoded = ([x, present = null]: readonly (tf.Tensor | null)[], pass: Pass) =>
      this.encoded(x as tf.Tensor3D, present as tf.Tensor2D | null, layout, pass);
    const made = [
      new WeightedProgram(this.own, (tensors) => [encoded(tensors, INFERENCE)]),
      new TrainedProgram(this.own, (tensors) => encoded(tensors, EVALUATION)),
    ] as const;
    this.programs.set(key, made);
    return made;
  }

  private features({ input, kinds }: Views, pass: Pass): PatchMap {
    return 'images' in input ? extractPictures(this.backbone!, input.images, kinds, pass) : input.features;
  }

  private check(input: VisionInput): void {
    if ('images' in input) {
      if (!this.backbone) throw new Error('visualTransformer: images need a backbone, this model has none');
      return;
    }
    const { patches, grid } = input.features;
    const p = grid.views * grid.rows * grid.cols;
    if (patches.rank !== 3 || patches.shape[1] !== p || patches.shape[2] !== this.config.inputWidth) {
      throw new RangeError(
        `visualTransformer: features of the grid ${show(grid)} must have shape ` +
          `[b, ${p}, ${this.config.inputWidth}], got [${patches.shape}]`,
      );
    }
  }

  /** Vectors of every patch of the grid, `[p, d]`. */
  private placed({ place, view }: Positions, { grid, slots }: Layout): tf.Tensor2D {
    const most = this.config.grid;
    const views = slots[slots.length - 1] + 1;
    if (grid.rows !== most.rows || grid.cols !== most.cols || views > most.views) {
      throw new RangeError(
        `visualTransformer: positions were made for the grid ${show(most)}, got ${show({ ...grid, views })}`,
      );
    }
    const d = this.width;
    const ofSlots =
      views === slots.length
        ? tf.slice(view, [0, 0], [views, d])
        : tf.concat(slots.map((slot) => tf.slice(view, [slot, 0], [1, d])));
    return tf.reshape(tf.add(place, tf.reshape(ofSlots, [slots.length, 1, d])), [-1, d]);
  }
}

/**
 * Patch embedding (linear, ReLU, dropout) and a pre-norm Transformer over all patches of all views.
 * Empty slots cost nothing where they are empty in every study, and their patches are 0 and unseen by others elsewhere.
 * Weights: `embed`, `positions.{place,view}`, `encoder`, and the backbone's under `backbone`.
 *
 * @param backbone null: the model reads stored features only
 * @throws RangeError if the widths of backbone and config differ
 */
export function visualTransformer(
  config: VisualTransformerConfig,
  random: Random,
  backbone: VisionBackbone | null = null,
): VisualTransformerEncoder {
  const inputWidth = config.inputWidth ?? backbone?.width;
  return new VisualTransformer(visualTransformerSchema.parse({ ...config, inputWidth }), random, backbone);
}

const show = ({ views, rows, cols }: PatchGrid): string => `${views} × ${rows} × ${cols}`;
