import {
  applyLinear,
  applyTransformerEncoder,
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
  orthogonal,
  Parameters,
  type Pass,
  type PatchFeatures,
  type PatchGrid,
  prefixed,
  type Random,
  TrainedProgram,
  type TransformerEncoder,
  transformerEncoder,
  type VisionBackbone,
  type VisionEncoder,
  type VisionInput,
  WeightedProgram,
} from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { version } from '../package.json';
import { tidyPatches } from './images';

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

/** The encoder with a look inside. */
export interface VisualTransformerEncoder extends VisionEncoder {
  /** What the Transformer reads, without positions: `[b, p, d]`; for analysis and parity checks. */
  embedPatches(input: VisionInput, pass: Pass): PatchFeatures;
}

class VisualTransformer implements VisualTransformerEncoder {
  readonly width: number;
  readonly info: ModuleInfo;
  readonly parameters: NamedParameters;
  private readonly own: NamedParameters;
  private readonly embed: Linear;
  private readonly positions: Positions | null;
  /** By grid: {@link encoded} for inference, and without dropout for training. */
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

  encode(input: VisionInput, pass: Pass): PatchFeatures {
    const seen = 'images' in input ? { images: input.images } : {};
    return tidyPatches(() => {
      const { patches, grid } = this.features(input, pass);
      return { patches: this.run(patches, grid, pass), grid, ...seen };
    });
  }

  embedPatches(input: VisionInput, pass: Pass): PatchFeatures {
    return tidyPatches(() => {
      const { patches, grid } = this.features(input, pass);
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

  /** Backbone features `[b, p, d_v]` → encoded patches. */
  private encoded(patches: tf.Tensor3D, grid: PatchGrid, pass: Pass): tf.Tensor3D {
    let x = this.embedded(patches, pass);
    if (this.positions) x = tf.add(x, this.placed(this.positions, grid));
    return this.encoder ? applyTransformerEncoder(this.encoder, x, null, pass) : x;
  }

  /** {@link encoded}, as a program where the pass allows. */
  private run(patches: tf.Tensor3D, grid: PatchGrid, pass: Pass): tf.Tensor3D {
    const { dropout, patchDropout } = this.config;
    if (pass.training && dropout + patchDropout > 0) return this.encoded(patches, grid, pass);
    const [inference, training] = this.programsOf(grid);
    if (isInference(pass)) return inference.run(patches.shape[0], [patches])[0] as tf.Tensor3D;
    const stored = this.backbone === null; // features that nobody wants a gradient of
    return (stored ? training.run([], [patches]) : training.run([patches])) as tf.Tensor3D;
  }

  private programsOf(grid: PatchGrid): readonly [WeightedProgram, TrainedProgram] {
    const key = show(grid);
    const known = this.programs.get(key);
    if (known) return known;
    const encoded = (x: tf.Tensor, pass: Pass) => this.encoded(x as tf.Tensor3D, grid, pass);
    const made = [
      new WeightedProgram(this.own, ([x]) => [encoded(x, INFERENCE)]),
      new TrainedProgram(this.own, ([x]) => encoded(x, EVALUATION)),
    ] as const;
    this.programs.set(key, made);
    return made;
  }

  private features(input: VisionInput, pass: Pass): PatchFeatures {
    if ('images' in input) {
      if (!this.backbone) throw new Error('visualTransformer: images need a backbone, this model has none');
      return this.backbone.extract(input.images, pass);
    }
    const { patches, grid } = input.features;
    const p = grid.views * grid.rows * grid.cols;
    if (patches.rank !== 3 || patches.shape[1] !== p || patches.shape[2] !== this.config.inputWidth) {
      throw new RangeError(
        `visualTransformer: features of the grid ${show(grid)} must have shape ` +
          `[b, ${p}, ${this.config.inputWidth}], got [${patches.shape}]`,
      );
    }
    return input.features;
  }

  /** Vectors of every patch of the grid, `[p, d]`. */
  private placed({ place, view }: Positions, grid: PatchGrid): tf.Tensor2D {
    const most = this.config.grid;
    if (grid.rows !== most.rows || grid.cols !== most.cols || grid.views > most.views) {
      throw new RangeError(
        `visualTransformer: positions were made for the grid ${show(most)}, got ${show(grid)}`,
      );
    }
    const d = this.width;
    const views = tf.slice(view, [0, 0], [grid.views, d]);
    return tf.reshape(tf.add(place, tf.reshape(views, [grid.views, 1, d])), [-1, d]);
  }
}

/**
 * Patch embedding (linear, ReLU, dropout) and a pre-norm Transformer over all patches of all views.
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
