import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { EVALUATION, type Module, type Pass } from '../contracts/module';
import { Random } from '../random';
import { configText, readConfigText } from './config-text';

/** What makes a {@link ModuleLayer} of a module. C: its config with defaults filled in. */
export interface Shell<C, M extends Module> {
  /** Fills in defaults. @throws Error for a config that does not fit */
  readonly schema: { parse(config: unknown): C };
  make(config: C, random: Random): M;
  /** Inputs in their order; any batch. */
  inputs(config: C): readonly tfl.InputSpec[];
  /** How many of them, from the first, have to be there. */
  readonly required: number;
  /** Shapes of the outputs by those of the inputs; null: a length that is not known yet. */
  outputShape(shapes: readonly tfl.Shape[], config: C): tfl.Shape | tfl.Shape[];
  /** Runs in a tidy scope of its own. */
  run(module: M, inputs: readonly tf.Tensor[], pass: Pass, config: C): tf.Tensor | tf.Tensor[];
}

/** What every layer may be told besides its module's config. */
export interface OwnOptions {
  /** Name within the model. */
  readonly name?: string;
  /** Whether training changes its weights; true by default. */
  readonly trainable?: boolean;
  /** Of one study, for the first layer of `tf.sequential`. */
  readonly inputShape?: tfl.Shape;
  /** Of first weights and dropout, both drawn by seed and name, so that no two layers of a model are alike; 1 by default. */
  readonly seed?: number;
}

/** What only a stored layer is told. */
interface Stored {
  readonly batchInputShape?: tfl.Shape;
  readonly dtype?: tf.DataType;
}

/** Options of a layer: its module's config and {@link OwnOptions}. */
export type LayerOptions<Config> = Config & OwnOptions;

/**
 * A module as a `tf.layers.Layer`: the same function of the same weights. The weights are the layer's own: `fit` trains
 * them, `save` keeps them, `dispose` frees them. A subclass has a `static className`, and `tf.serialization.registerClass`
 * makes it known to models that are loaded.
 *
 * Layers that read ids or presence from their inputs read them at once (`dataSync`), which WebGPU does not offer.
 */
export abstract class ModuleLayer<M extends Module> extends tfl.layers.Layer {
  private readonly config: unknown;
  private readonly seed: number;
  /** Of dropout and samples, in training. */
  private readonly random: Random;
  private made: M | null = null;
  /** Whether weights will be loaded, so that none have to be drawn. */
  private weightsFollow = false;

  /** @throws Error for options that do not fit */
  constructor(
    {
      name,
      trainable,
      inputShape,
      batchInputShape,
      dtype,
      seed = 1,
      ...config
    }: LayerOptions<object> & Stored,
    private readonly shell: Shell<unknown, M>,
  ) {
    super({ name, trainable, inputShape, batchInputShape, dtype });
    this.config = shell.schema.parse(config);
    this.seed = seed;
    this.random = this.stream('pass');
  }

  /** The module, once the layer is built: for what a layer cannot do, such as writing reports. @throws Error before */
  get module(): M {
    if (!this.made)
      throw new Error(`layer ${this.name}: apply it to its inputs first, it has no weights yet`);
    return this.made;
  }

  /** Makes the module's weights. @throws Error for inputs of other number, rank or width */
  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shapes = listOf(inputShape);
    this.expect(shapes.length);
    this.made = this.shell.make(this.config, this.stream('weights'));
    for (const [name, variable] of this.made.parameters) this.own(name, variable);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    const pass: Pass = kwargs.training ? { training: true, random: this.random } : EVALUATION;
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const all = Array.isArray(inputs) ? inputs : [inputs];
      return this.shell.run(this.module, all, pass, this.config);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return this.shell.outputShape(listOf(inputShape), this.config);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.seed, config: configText(this.config) };
  }

  /** The layer that `getConfig` describes. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    { config, name, trainable, batchInputShape, dtype, seed }: tf.serialization.ConfigDict,
  ): T {
    const own = { name, trainable, batchInputShape, dtype, seed };
    return new cls({ ...readConfigText(`layer ${name}`, config), ...own } as tf.serialization.ConfigDict);
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.weightsFollow = value;
  }

  protected override disposeWeights(): number {
    this.module.dispose();
    return this.weights.length;
  }

  /** Makes a variable of the module a weight of the layer. */
  private own(name: string, variable: tf.Variable): void {
    const { zeros } = tfl.initializers;
    const weight = this.addWeight(name, variable.shape, 'float32', zeros(), undefined, variable.trainable);
    weight.dispose(); // tfjs has made a variable of its own; the module's takes its place
    Object.assign(weight, { val: variable });
  }

  /** Has tfjs check inputs from now on. */
  private expect(found: number): void {
    const specs = this.shell.inputs(this.config);
    const { required } = this.shell;
    if (found < required || found > specs.length) {
      const range = required === specs.length ? required : `${required} to ${specs.length}`;
      throw new RangeError(`layer ${this.name}: expected ${range} inputs, got ${found}`);
    }
    this.inputSpec = specs.slice(0, found);
  }

  private stream(label: string): Random {
    return new Random(this.seed, this.weightsFollow ? new Set() : null).split(this.name).split(label);
  }
}

/** One shape or several, as a list. */
function listOf(shape: tfl.Shape | tfl.Shape[]): tfl.Shape[] {
  return Array.isArray(shape[0]) ? (shape as tfl.Shape[]) : [shape as tfl.Shape];
}
