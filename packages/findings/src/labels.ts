import { FINDING_STATES, type FindingLabels } from '@raca/core';

/**
 * States of the findings asked for, `[b, c]` row by row, whatever the labels' order.
 * @throws Error in one line for a finding without a label, RangeError for rows that are not `b`
 */
export function statesByName(labels: FindingLabels, findings: readonly string[], b: number): Uint8Array {
  const { names, states } = labels;
  const places = findings.map((name) => {
    const place = names.indexOf(name);
    if (place >= 0) return place;
    throw new Error(
      `findings: expected a label of "${name}", found labels of ${names.join(', ') || 'nothing'}`,
    );
  });
  if (states.length !== b * names.length) {
    throw new RangeError(
      `findings: expected ${b} × ${names.length} states, got ${states.length} of ${names.length} findings`,
    );
  }
  const wrong = states.find((state) => state >= FINDING_STATES.length);
  if (wrong !== undefined) {
    throw new RangeError(`findings: states must be below ${FINDING_STATES.length}, got ${wrong}`);
  }
  const out = new Uint8Array(b * findings.length);
  for (let i = 0; i < b; i++) {
    places.forEach((place, k) => {
      out[i * findings.length + k] = states[i * names.length + place];
    });
  }
  return out;
}

/** 1 at each state, `[n · s]`. */
export function oneHotStates(states: Uint8Array): Float32Array {
  const out = new Float32Array(states.length * FINDING_STATES.length);
  states.forEach((state, i) => {
    out[i * FINDING_STATES.length + state] = 1;
  });
  return out;
}
