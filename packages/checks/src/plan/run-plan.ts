import type { Plan, PlanStep } from './plan';
import { diameterOf, distanceOf, heightOf, liesIn, type Scene, type Thing, widthOf } from './scene';

/** What a step gives: things; whether there are any; mm; width and height in mm. Null: there is nothing to measure. */
export type PlanValue = readonly Thing[] | boolean | number | readonly [width: number, height: number] | null;

/**
 * Answers a plan. Sizes are those of the largest thing (by its box), distances the shortest between any two.
 * @throws Error where a plan outlines things and the scene cannot
 */
export function runPlan({ steps, result }: Plan, scene: Scene): PlanValue {
  const values = new Map<string, PlanValue>();
  const things = (name: string): readonly Thing[] => values.get(name) as readonly Thing[];
  for (const step of steps) values.set(step.as, answerOf(step, scene, things));
  return values.get(result)!;
}

function answerOf(step: PlanStep, scene: Scene, things: (name: string) => readonly Thing[]): PlanValue {
  const { spacing } = scene;
  switch (step.verb) {
    case 'find':
      return scene.find(step.name);
    case 'segment':
      if (!scene.segment)
        throw new Error(`runPlan: expected a scene that outlines "${step.name}", found none`);
      return scene.segment(step.name);
    case 'within':
      return things(step.of).filter((thing) => things(step.in).some((other) => liesIn(thing, other)));
    case 'filter': {
      const { by, min = 0, max = Number.POSITIVE_INFINITY } = step;
      return things(step.of).filter((thing) => {
        const size = MEASURES[by](thing, spacing);
        return size >= min && size <= max;
      });
    }
    case 'exists':
      return things(step.of).length > 0;
    case 'distance': {
      const all = things(step.from).flatMap((a) => things(step.to).map((b) => distanceOf(a, b, spacing)));
      return all.length > 0 ? Math.min(...all) : null;
    }
    case 'dimensions': {
      const thing = largest(things(step.of));
      return thing && [widthOf(thing, spacing), heightOf(thing, spacing)];
    }
    default: {
      const thing = largest(things(step.of));
      return thing && MEASURES[step.verb](thing, spacing);
    }
  }
}

const MEASURES = { width: widthOf, height: heightOf, diameter: diameterOf };

const area = ({ box }: Thing): number => (box.right - box.left) * (box.bottom - box.top);

const largest = (things: readonly Thing[]): Thing | null =>
  things.reduce<Thing | null>((best, thing) => (best && area(best) >= area(thing) ? best : thing), null);
