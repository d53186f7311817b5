import { Random } from '@raca/core/random';
import { REGIONS, type RegionName } from '@raca/core/regions';
import { buildThorax, type Tube } from './anatomy';
import { expose } from './film';
import { Footprint } from './footprint';
import { IntervalSet } from './intervals';
import { hardware, lungSigns, vessels } from './lesions';
import { type ViewName, viewOf } from './pose';
import type { PhantomStudy } from './study';
import { type Capsule, type Ellipsoid, toView, type View } from './view';

/** Linear attenuation, 1/cm, at some 70 keV effective; bone, metal and calcium as what they add to water. */
export const MU = { water: 0.19, lung: 0.055, spine: 0.085, rib: 0.2, bone: 0.2, clavicle: 0.26 } as const;

/** cm of air on a ray from which a pixel counts as lung field. */
const LUNG_AIR = 3;

/** One rendered view. */
export interface RenderedView {
  readonly size: number;
  /** 8-bit gray, row by row, `size × size`. */
  readonly image: Uint8Array;
  /** Bit k of a pixel is set where region k of `REGIONS` casts its shadow. */
  readonly regions: Uint16Array;
}

const bit = (name: RegionName): number => 1 << REGIONS.indexOf(name);
const BIT = {
  lung: bit('Lung fields'),
  airways: bit('Airways'),
  heart: bit('Heart'),
  vessels: bit('Pulmonary vasculature'),
  mediastinum: bit('Mediastinum'),
  spine: bit('Spine'),
  abdomen: bit('Abdomen'),
  diaphragm: bit('Diaphragm'),
  shoulders: bit('Shoulders'),
  ribs: bit('Ribs'),
  clavicles: bit('Clavicles'),
  angles: bit('Costophrenic angles'),
};

/** Buffers of one image size, reused from view to view. */
interface Workspace {
  readonly print: Footprint;
  readonly body: IntervalSet;
  readonly lungs: readonly [IntervalSet, IntervalSet];
  readonly rim: IntervalSet;
  readonly depth: Float32Array;
  readonly flags: Uint8Array;
  readonly scratch: Uint16Array;
}
const workspaces = new Map<number, Workspace>();

function workspace(size: number): Workspace {
  let found = workspaces.get(size);
  if (!found) {
    if (!Number.isInteger(size) || size < 16 || size > 2048) {
      throw new RangeError(`renderView: size must be an integer from 16 to 2048, got ${size}`);
    }
    found = {
      print: new Footprint(size),
      body: new IntervalSet(size),
      lungs: [new IntervalSet(size), new IntervalSet(size)],
      rim: new IntervalSet(size),
      depth: new Float32Array(size * size),
      flags: new Uint8Array(size * size),
      scratch: new Uint16Array(size * size),
    };
    workspaces.set(size, found);
  }
  return found;
}

/**
 * Projects a study. Chords are exact (parallel beam, convex solids, set operations along each ray) and summed
 * by Beer–Lambert; the film's answer follows ({@link expose}). A test bed, not for clinical use.
 */
export function renderView(study: PhantomStudy, name: ViewName, size: number): RenderedView {
  const regions = new Uint16Array(size * size);
  const depth = project(study, name, size, regions);
  const random = new Random(study.grain ?? study.detail).split(`noise ${name}`);
  return {
    size,
    image: expose(depth, size, study.exposure, random, regions, BIT.lung),
    regions,
  };
}

/** Optical depth of each pixel (a reused buffer) and the regions' shadows. */
export function project(
  study: PhantomStudy,
  name: ViewName,
  size: number,
  regions: Uint16Array,
): Float32Array {
  const { print, body, lungs, rim, depth, flags, scratch } = workspace(size);
  const view = viewOf(study, name, size);
  const thorax = buildThorax(study, name === 'frontal');
  const frontal = name === 'frontal';
  const shape = (solid: Ellipsoid): Footprint => print.ellipsoid(view, solid);
  const rod = (solid: Capsule): Footprint => print.capsule(view, solid);
  const height = heightOf(view);
  depth.fill(0);

  body.clear();
  for (const solid of thorax.body) body.add(shape(solid));
  for (let y = 0; y < size; y++) {
    if (height(0, y) >= thorax.floor && height(size - 1, y) >= thorax.floor) continue; // all above
    for (let x = 0, i = y * size; x < size; x++, i++) {
      if (body.count[i] > 0 && height(x, y) < thorax.floor) regions[i] |= BIT.abdomen;
    }
  }
  for (const solid of thorax.shoulders) body.add(rod(solid));
  body.add(rod(thorax.neck));
  if (frontal) for (const solid of thorax.arms) body.add(rod(solid));
  body.addTo(depth, MU.water);

  lungs.forEach((lung, k) => {
    lung.clear();
    for (const solid of thorax.halves[k].lung) lung.add(shape(solid));
  });
  const displace = (solid: Footprint, mark: number): void => {
    for (const lung of lungs) lung.subtract(solid);
    if (mark) solid.mark(regions, mark);
  };
  for (const solid of thorax.heart) displace(shape(solid), BIT.heart | BIT.mediastinum);
  for (const solid of thorax.mediastinum) displace(shape(solid), BIT.mediastinum);
  for (const { dome } of thorax.halves) displace(shape(dome), BIT.abdomen);
  for (const solid of thorax.vertebrae) displace(shape(solid), BIT.spine);
  for (const piece of pieces(thorax.aorta)) displace(rod(piece), BIT.mediastinum);
  for (let i = 0; i < depth.length; i++) {
    if (lungs[0].count[i] + lungs[1].count[i] === 0) continue;
    if (lungs[0].length(i) + lungs[1].length(i) >= LUNG_AIR) regions[i] |= BIT.lung;
  }

  findingsInLungs();
  for (const lung of lungs) lung.addTo(depth, MU.lung - MU.water);
  markBorders();
  bones();
  air();
  devices();
  return depth;

  /** Fluid, clouds, lesions, veils, collapse, vessels: all act on the air of one lung. */
  function findingsInLungs(): void {
    const gain = MU.water - MU.lung;
    const edema = study.findings.find((f) => f.kind === 'edema');
    for (const k of [0, 1] as const) {
      const lung = lungs[k];
      const signs = lungSigns(thorax, k, study.findings, study.detail);
      if (signs.fluid) {
        const { level, rest } = signs.fluid;
        flags.fill(0);
        for (let y = 0, i = 0; y < size; y++)
          for (let x = 0; x < size; x++, i++) if (height(x, y) > level) flags[i] = 1;
        lung.clip(shape(rest), flags);
      }
      if (signs.collapsed) {
        const { outer, inner, share } = signs.collapsed;
        lung.addOverlap(depth, shape(outer), 0.55); // the pleural line: a thin shell
        lung.addOverlap(depth, shape(inner), share * gain - 0.55);
        rim.copyFrom(lung);
        rim.subtract(shape(outer));
        rim.addTo(depth, -0.85 * MU.lung);
      }
      for (const solid of signs.solid) lung.subtract(shape(solid));
      for (const { solid, mu } of signs.dense) shape(solid).addTo(depth, mu);
      for (const { balls, share } of signs.clouds) {
        lung.addTo(depth, -gain * (1 - share));
        for (const solid of balls) lung.subtract(shape(solid));
        lung.addTo(depth, gain * (1 - share));
      }
      for (const { solid, share } of signs.veils) lung.addOverlap(depth, shape(solid), gain * share);
      const thick = edema ? 1.1 + 0.15 * edema.degree : 1;
      for (const vessel of vessels(thorax, k, study.detail, thick)) {
        if (signs.collapsed && !inside(vessel.to, signs.collapsed.outer)) continue;
        lung.addOverlap(depth, rod(vessel), gain);
        print.mark(regions, BIT.vessels);
      }
      lung.addOverlap(depth, shape(thorax.halves[k].hilum), 0.75 * gain);
      print.mark(regions, BIT.vessels);
    }
  }

  /** Diaphragm and angles; what lies below is never outside the body. */
  function markBorders(): void {
    for (const { dome, domeEdge, angles } of thorax.halves) {
      scratch.fill(0);
      const { y0, y1 } = shape(domeEdge.outer);
      print.mark(scratch, 1);
      shape(domeEdge.inner).unmark(scratch, 1);
      const lowest = dome.centre[2] + 0.4 * dome.axes[8];
      for (let y = y0; y < y1; y++) {
        if (height(0, y) <= lowest && height(size - 1, y) <= lowest) continue;
        for (let x = 0, i = y * size; x < size; x++, i++)
          if (scratch[i] === 1 && height(x, y) > lowest) regions[i] |= BIT.diaphragm;
      }
      shape(frontal ? angles.frontal : angles.lateral).mark(regions, BIT.angles);
    }
    const below = ~(BIT.abdomen | BIT.diaphragm | BIT.angles);
    for (let i = 0; i < regions.length; i++) if (body.count[i] === 0) regions[i] &= below;
  }

  function bones(): void {
    for (const solid of thorax.vertebrae) {
      shape(solid).addTo(depth, MU.spine);
    }
    for (const solid of thorax.spurs) shape(solid).addTo(depth, 0.35);
    tube(thorax.canal, 0.09, BIT.spine);
    rod(thorax.sternum).addTo(depth, 0.1);
    for (const { ribs, clavicle, scapula, humerus } of thorax.halves) {
      for (const rib of ribs) tube(rib, MU.rib, BIT.ribs);
      tube(clavicle, MU.clavicle, BIT.clavicles);
      for (const solid of scapula) {
        shape(solid).addTo(depth, 0.16);
        print.mark(regions, BIT.shoulders);
      }
      shape(humerus.head).addTo(depth, 0.11);
      print.mark(regions, BIT.shoulders);
      if (frontal) rod(humerus.shaft).addTo(depth, 0.13);
    }
  }

  function air(): void {
    tube(thorax.trachea, -MU.water, BIT.airways);
    for (const bronchus of thorax.bronchi) tube(bronchus, -0.8 * MU.water, BIT.airways);
    if (thorax.stomachAir) shape(thorax.stomachAir).addTo(depth, -0.95 * MU.water);
  }

  function devices(): void {
    for (const finding of study.findings) {
      if (finding.kind !== 'device') continue;
      const { tubes, plates } = hardware(finding);
      for (const solid of tubes) tube(solid, solid.mu, 0);
      for (const { solid, mu } of plates) shape(solid).addTo(depth, mu);
    }
  }

  /** Pieces end to end; the ball at every joint lies in two of them and is taken off once. */
  function tube(solid: Tube, mu: number, mark: number): void {
    pieces(solid).forEach((piece, k) => {
      rod(piece).addTo(depth, mu);
      if (mark) print.mark(regions, mark);
      if (k > 0) print.ball(view, piece.from, piece.radius).addTo(depth, -mu);
    });
  }
}

/** Pieces end to end. (A plain loop: over what `map` returns, V8 compiled {@link project} anew again and again.) */
function pieces({ points, radius }: Tube): Capsule[] {
  const out: Capsule[] = [];
  for (let k = 1; k < points.length; k++) out.push({ from: points[k - 1], to: points[k], radius });
  return out;
}

/** Height z in the standard body of a pixel: all rays are level in the patient, so one number a ray. */
function heightOf(view: View): (x: number, y: number) => number {
  const up = toView(view, [0, 0, 1]);
  const norm = up[0] * up[0] + up[1] * up[1];
  const [a, b] = [up[0] / norm / view.pixelsPerCm, up[1] / norm / view.pixelsPerCm];
  const [ox, oy] = [view.origin[0] - 0.5, view.origin[1] - 0.5];
  return (x, y) => a * (x - ox) + b * (y - oy);
}

function inside([x, y, z]: readonly [number, number, number], { centre, axes }: Ellipsoid): boolean {
  return (
    ((x - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[4]) ** 2 + ((z - centre[2]) / axes[8]) ** 2 < 1
  );
}
