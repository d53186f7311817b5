import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { EVALUATION, type Module, type Pass } from '../contracts/module';
import type { ModuleLayer } from '../layers/module-layer';
import { valueAndGradients } from '../optimizer/value-and-gradients';
import { Random } from '../random';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/** A layer, and what it must be equal to. */
export interface LayerCase<M extends Module> {
  /** Makes the layer; twice the same. Its config has no dropout. */
  make(): ModuleLayer<M>;
  /** Inputs of one batch. */
  readonly inputs: readonly tf.Tensor[];
  /** The module itself, of the same inputs. */
  run(module: M, inputs: readonly tf.Tensor[], pass: Pass): tf.Tensor | tf.Tensor[];
  /** Whether training draws samples, so that a step of it cannot be foretold. */
  readonly samples?: boolean;
}

const RATE = 0.1;

/**
 * Checks a {@link ModuleLayer}: equal to its module bit by bit, shapes with an unknown batch, a model that is saved and
 * loaded, `fit` taking the step that the module's own gradient says, an error, no tensor left.
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export async function checkLayer<M extends Module>({
  make,
  inputs,
  run,
  samples,
}: LayerCase<M>): Promise<string[]> {
  const before = tf.memory().numTensors;
  const layer = make();
  const model = modelOf(layer, inputs);
  const suite = new Suite('Layer', layer.module);
  const { parameters } = layer.module;
  const outputs = (pass: Pass = EVALUATION): tf.Tensor[] => listOf(run(layer.module, inputs, pass));

  const expected = tf.tidy(() => outputs().map((x) => ({ shape: x.shape, values: x.dataSync() })));
  const shapes = listOf(model.outputs).map(({ shape }) => `[${shape}]`);
  const known = expected.map(({ shape }) => `[${[null, ...shape.slice(1)]}]`);
  suite.check('shapes, batch not known', `${shapes}` === `${known}`, `expected ${known}, got ${shapes}`);
  const equals = (other: tfl.LayersModel): boolean =>
    tf.tidy(() =>
      listOf(other.predict(asked(inputs))).every((x, k) => sameBits(x.dataSync(), expected[k].values)),
    );
  suite.check('output = the module’s, bit by bit', equals(model));
  const named = layer.weights.map(({ originalName }) => originalName);
  const expectedNames = [...byTrainable(parameters)].map((name) => `${layer.name}/${name}`);
  suite.check('every weight is the layer’s', `${named}` === `${expectedNames}`, `${named}`);

  const loaded = await loadedCopy(model);
  suite.check('saved and loaded, the same output', equals(loaded));
  const [kept, made] = [loaded.getLayer(layer.name).getConfig(), layer.getConfig()];
  suite.check('the config survives saving', canonical(kept) === canonical(made), JSON.stringify(kept));
  loaded.dispose();

  if (layer.trainableWeights.length > 0) {
    const random = new Random(5);
    const targets = expected.map(({ shape }) => randomTensor(shape as [number], random));
    const start = valuesOf(parameters);
    const step = samples ? null : stepOf(() => loss(outputs(TRAINING), targets), parameters);
    await fitOnce(model, inputs, targets);
    const moved = [...parameters].filter(([name, v]) => !sameBits(v.dataSync(), start.get(name)!));
    suite.check(
      'fit moves weights',
      moved.some(([, { trainable }]) => trainable),
    );
    for (const [name, change] of step ?? []) {
      const [old, now] = [start.get(name)!, parameters.get(name)!.dataSync()];
      const off = (x: number, i: number) => Math.abs(now[i] - old[i] - x) / Math.max(1, Math.abs(x));
      const error = change.map(off).reduce((worst, x) => Math.max(worst, x), 0);
      suite.check(`fit takes the step of the module’s gradient, ${name}`, error < 1e-4, `off by ${error}`);
    }
    tf.dispose(targets);
  }

  const other = make();
  const tooMany = () => other.apply(symbols([...inputs, ...inputs, ...inputs]));
  suite.check('refuses more inputs, by name', throws(tooMany, `layer ${other.name}: expected `));
  model.dispose();
  suite.check(
    'dispose frees the weights',
    [...parameters.values()].every((v) => v.isDisposed),
  );
  const left = tf.memory().numTensors - before;
  suite.check('no tensor is left', left === 0, `${left} tensors`);
  return suite.passed;
}

const TRAINING: Pass = { training: true, random: new Random(1) };

const listOf = <T>(x: T | T[]): T[] => (Array.isArray(x) ? x : [x]);

/** What tfjs takes for one input: itself. */
const asked = (inputs: readonly tf.Tensor[]): tf.Tensor | tf.Tensor[] =>
  inputs.length === 1 ? inputs[0] : [...inputs];

/** Inputs of a model, of any batch. */
const symbols = (inputs: readonly tf.Tensor[]): tfl.SymbolicTensor[] =>
  inputs.map(({ shape, dtype }) => tfl.input({ shape: shape.slice(1), dtype }));

function modelOf(layer: tfl.layers.Layer, inputs: readonly tf.Tensor[]): tfl.LayersModel {
  const given = symbols(inputs);
  const outputs = layer.apply(given.length === 1 ? given[0] : given) as tfl.SymbolicTensor[];
  return tfl.model({ inputs: given, outputs });
}

/** The model after `save` and `loadLayersModel`, through JSON as in a file. */
async function loadedCopy(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let stored: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      stored = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const modelTopology = JSON.parse(JSON.stringify(stored!.modelTopology));
  return tfl.loadLayersModel(tf.io.fromMemory({ ...stored!, modelTopology }));
}

/** One step of gradient descent on the mean squares of all outputs. */
/** The config of a layer as text, whatever the order of its keys. */
const canonical = (config: object): string =>
  JSON.stringify(config, (key, value: unknown) => {
    const inner = key === 'config' && typeof value === 'string' ? JSON.parse(value) : value;
    const isFields = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isFields ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  });

async function fitOnce(
  model: tfl.LayersModel,
  inputs: readonly tf.Tensor[],
  targets: readonly tf.Tensor[],
): Promise<void> {
  const optimizer = tf.train.sgd(RATE);
  // a scalar for each output: tfjs adds rows of outputs of different ranks otherwise
  const loss = (y: tf.Tensor, x: tf.Tensor): tf.Scalar => tf.mean(tf.squaredDifference(y, x));
  model.compile({ optimizer, loss });
  await model.fit(asked(inputs), asked(targets), { epochs: 1, batchSize: inputs[0].shape[0], verbose: 0 });
  optimizer.dispose();
}

const loss = (outputs: readonly tf.Tensor[], targets: readonly tf.Tensor[]): tf.Scalar =>
  outputs
    .map((x, k) => tf.mean(tf.squaredDifference(targets[k], x)) as tf.Scalar)
    .reduce((sum, x) => tf.add(sum, x));

/** What that step adds to each weight. */
function stepOf(f: () => tf.Scalar, parameters: Module['parameters']): Map<string, Float32Array> {
  const { value, gradients } = valueAndGradients(f, parameters);
  value.dispose();
  const step = new Map(
    [...gradients].map(([name, g]) => [name, g.dataSync<'float32'>().map((x) => -RATE * x)]),
  );
  tf.dispose([...gradients.values()]);
  return step;
}

const valuesOf = (parameters: Module['parameters']): Map<string, Float32Array> =>
  new Map([...parameters].map(([name, v]) => [name, v.dataSync<'float32'>().slice()]));

/** tfjs lists weights that are trained before the others. */
const byTrainable = (parameters: Module['parameters']): string[] => {
  const all = [...parameters];
  const names = (trainable: boolean) =>
    all.filter(([, v]) => v.trainable === trainable).map(([name]) => name);
  return [...names(true), ...names(false)];
};

const sameBits = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (x: number, i: number) => Object.is(x, b[i]));

function throws(f: () => unknown, pattern: string): boolean {
  try {
    f();
    return false;
  } catch (error) {
    return String(error).includes(pattern);
  }
}
