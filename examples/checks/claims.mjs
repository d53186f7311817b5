// Exact claims of drawn patients: where a finding is, and where it is not.
import { REGIONS } from '@raca/core/regions';

const SIDES = ['left', 'right'];
const LOBES = ['upper', 'middle', 'lower'];

/** Findings with a side: the region that a report puts them in, and whether it names a lobe. */
export const KINDS = {
  consolidation: { region: 'Lung fields', lobes: true },
  opacity: { region: 'Lung fields', lobes: true },
  nodule: { region: 'Lung fields', lobes: true },
  mass: { region: 'Lung fields', lobes: true },
  effusion: { region: 'Costophrenic angles', lobes: false },
  pneumothorax: { region: 'Lung fields', lobes: false },
  atelectasis: { region: 'Lung fields', lobes: false },
  'pleural thickening': { region: 'Lung fields', lobes: false },
  fracture: { region: 'Ribs', lobes: false },
};

/** The place of a finding of this kind as the checker knows it. */
export function placeOf(kind, side, lobe) {
  const { region, lobes } = KINDS[kind];
  return { region: REGIONS.indexOf(region), side, ...(lobes && { zone: lobe }) };
}

const key = ({ side, zone }) => `${side} ${zone ?? ''}`;

/** All places that a report could name for a kind. */
const placesOf = (kind) =>
  SIDES.flatMap((side) => (KINDS[kind].lobes ? LOBES : [undefined]).map((lobe) => placeOf(kind, side, lobe)));

/**
 * Claims of one study, each with its truth. `place`: a finding of the study at its own place (true) and at one, drawn by lot,
 * where no finding of its kind is (false). `absent`: a finding that the study does not have, anywhere (false).
 */
export function claimsOf(findings, random) {
  const placed = findings.filter(({ kind, side }) => Object.hasOwn(KINDS, kind) && side !== undefined);
  const claims = placed.flatMap(({ kind, side, lobe }) => {
    const own = placed.filter((other) => other.kind === kind);
    const taken = own.map((other) => key(placeOf(kind, other.side, other.lobe)));
    const free = placesOf(kind).filter((place) => !taken.includes(key(place)));
    const claim = (place, truth) => ({ test: 'place', finding: kind, place, truth });
    return [
      claim(placeOf(kind, side, lobe), 1),
      ...(free.length > 0 ? [claim(random.pick(free), 0)] : []), // on both sides: nowhere else
    ];
  });
  const missing = Object.keys(KINDS).filter((kind) => !placed.some((other) => other.kind === kind));
  const kind = random.pick(missing);
  return [...claims, { test: 'absent', finding: kind, place: random.pick(placesOf(kind)), truth: 0 }];
}
