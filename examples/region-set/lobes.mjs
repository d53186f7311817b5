// Five lobes, the patient's right on the left of the picture; a fissure is not a straight line, and this is no atlas.
const right = { ellipse: [0.28, 0.45, 0.19, 0.34] };
const left = { ellipse: [0.72, 0.45, 0.19, 0.34] };
const above = (y) => ({ box: [0, 0, 1, y], cut: true });
const below = (y) => ({ box: [0, y, 1, 1], cut: true });
/** Dome of the diaphragm. */
const abdomen = { below: { base: 0.72, bend: 1.2, middle: 0.22, mirrored: true }, cut: true };

/** @type {import('@raca/core').RegionSet} */
const LOBES = {
  name: 'lobes-5',
  names: ['Right upper lobe', 'Right middle lobe', 'Right lower lobe', 'Left upper lobe', 'Left lower lobe'],
  drawings: {
    frontal: {
      'Right upper lobe': [right, below(0.42)],
      'Right middle lobe': [right, above(0.42), below(0.62)],
      'Right lower lobe': [right, above(0.55), abdomen],
      'Left upper lobe': [left, below(0.55)],
      'Left lower lobe': [left, above(0.5), abdomen],
    },
  },
  words: {
    'Right upper lobe': ['right upper lobe*', 'rul', 'right apex', 'right lung', 'both lungs', 'bilateral*'],
    'Right middle lobe': ['right middle lobe*', 'rml', 'right lung', 'both lungs', 'bilateral*'],
    'Right lower lobe': ['right lower lobe*', 'rll', 'right base', 'right lung', 'both lungs', 'bilateral*'],
    'Left upper lobe': [
      'left upper lobe*',
      'lul',
      'lingula*',
      'left apex',
      'left lung',
      'both lungs',
      'bilateral*',
    ],
    'Left lower lobe': ['left lower lobe*', 'lll', 'left base', 'left lung', 'both lungs', 'bilateral*'],
  },
};

export default LOBES;
