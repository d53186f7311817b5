import { nativeGraphCompiler } from '@raca/backend/node';
import type { VisionBackbone } from '@raca/core';
import { compileBackbone, hasGraph } from '@raca/vision/node';
import { MODULES, type ModuleTable } from '../modules';

/** The frozen backbone as one onnxruntime graph on the native backend, itself anywhere else. */
export function compiledWhereFrozen(backbone: VisionBackbone): VisionBackbone {
  const compile = nativeGraphCompiler();
  return compile && backbone.frozen && hasGraph(backbone) ? compileBackbone(backbone, compile) : backbone;
}

/** The same modules, frozen backbones compiled where the machine can. */
export function withCompiledBackbones(modules: ModuleTable): ModuleTable {
  const backbone = Object.fromEntries(
    Object.entries(modules.backbone).map(([name, factory]): [string, typeof factory] => [
      name,
      (...args) => {
        const made = factory(...args);
        return typeof made?.frozen === 'boolean' ? compiledWhereFrozen(made) : made;
      },
    ]),
  );
  return { ...modules, backbone };
}

/** The same modules, RACA's own backbones frozen whatever the config says: for models that are trained already. */
export function withFrozenBackbones(modules: ModuleTable): ModuleTable {
  const backbone = Object.fromEntries(
    Object.entries(modules.backbone).map(([name, factory]): [string, typeof factory] => [
      name,
      factory === MODULES.backbone[name]
        ? (config, ...rest) => factory({ ...config, frozen: true }, ...rest)
        : factory,
    ]),
  );
  return { ...modules, backbone };
}
