import {
  type ContextEncoder,
  type ContextInput,
  joinMemories,
  type Memory,
  type ModuleInfo,
  type NamedParameters,
  type Pass,
  prefixed,
} from '@raca/core';
import { version } from '../package.json';
import { tidyMemory } from './memories';

/**
 * Several context modules as one: their places one after another. It owns the modules.
 *
 * @throws RangeError where two read the same, or have the same name
 */
export function joinedContexts(encoders: readonly ContextEncoder[]): ContextEncoder {
  const reads = encoders.flatMap((encoder) => encoder.reads);
  const names = encoders.map(({ info }) => info.name);
  for (const list of [reads, names]) {
    const twice = list.find((x, i) => list.indexOf(x as never) !== i);
    if (twice !== undefined) throw new RangeError(`joinedContexts: two modules have ${twice}`);
  }
  const info: ModuleInfo = {
    package: '@raca/context',
    version,
    name: 'joinedContexts',
    config: encoders.map((encoder) => encoder.info),
  };
  const parameters: NamedParameters = new Map(
    encoders.flatMap((encoder) => [...prefixed(encoder.info.name, encoder.parameters)]),
  );
  return {
    info,
    parameters,
    reads,
    encode: (input: ContextInput, pass: Pass): Memory =>
      tidyMemory(() => joinMemories(encoders.map((encoder) => encoder.encode(input, pass)))),
    dispose: () => {
      for (const encoder of encoders) encoder.dispose();
    },
  };
}
