import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend';
import { NotRecordable } from '../not-recordable';
import { type GradientCall, GradientProgram, type Programs } from './program';
import { difference, type Trace, trace } from './trace';

/** Forms of one function that are kept: about as many as there are lengths of reports. */
const MOST_FORMS = 64;

/** A function at one form of its tensors: compiled (with the trace until a second one confirms it), or a reason not to be. */
type State = { readonly program: GradientProgram; readonly seen?: Trace } | { readonly refused: string };

/** What is known of one function. */
interface Known {
  readonly forms: Map<string, State>;
  /** Whether two traces of one form have agreed. */
  confirmed: boolean;
}

/**
 * Functions and their gradients as programs. A function is traced at its first two calls, on the data of these calls; both
 * traces must agree in everything, constants included, since a constant made from data would go stale. Later it is traced
 * once for each further form. The program of a trace serves its own call already, so a run that is stopped and resumed
 * computes the same bits. A function that no graph can hold runs kernel by kernel.
 */
export class GradientPrograms {
  private readonly functions = new Map<GradientCall['f'], Known>();
  private readonly programs: Programs = new Map();

  constructor(private readonly backend: NativeBackend) {}

  /**
   * @param mayTrace whether a function that was not met before may be traced
   * @returns null where the caller has to run f itself
   */
  find(call: GradientCall, mayTrace: boolean): GradientProgram | null {
    if (this.backend.recorder) return null;
    const known = this.functions.get(call.f) ?? { forms: new Map(), confirmed: false };
    this.functions.set(call.f, known);
    const { forms } = known;
    const shapes = (tensors: readonly tf.Tensor[]): string => tensors.map(({ shape }) => shape).join(' ');
    const key = [call.inputs, call.given, call.weights].map(shapes).join('|');
    let state = forms.get(key);
    if (state === undefined && mayTrace) state = this.met(call);
    else if (state !== undefined && !known.confirmed) state = this.again(state, call, known);
    if (state === undefined) return null;
    if (known.confirmed && 'seen' in state) state = { program: state.program };
    forms.delete(key); // the form used last comes last
    forms.set(key, state);
    if (forms.size > MOST_FORMS) forms.delete(forms.keys().next().value!);
    return 'program' in state ? state.program : null;
  }

  /** Why functions run kernel by kernel. */
  get refusals(): readonly string[] {
    const states = [...this.functions.values()].flatMap(({ forms }) => [...forms.values()]);
    return states.flatMap((state) => ('refused' in state ? [state.refused] : []));
  }

  /** Forgets a function. */
  forget(f: GradientCall['f']): void {
    this.functions.delete(f);
  }

  dispose(): void {
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
    this.functions.clear();
  }

  private met(call: GradientCall): State {
    return orRefused(() => {
      const seen = trace(call, this.backend);
      return { program: new GradientProgram(seen, this.backend, this.programs), seen };
    });
  }

  /** Another call of a form, whose trace has to be the same. */
  private again(state: State, call: GradientCall, known: Known): State {
    if ('refused' in state || !state.seen) return state;
    const { program, seen } = state;
    return orRefused(() => {
      const differs = difference(seen, trace(call, this.backend));
      if (differs !== null) return { refused: differs };
      known.confirmed = true;
      return { program };
    });
  }
}

function orRefused(make: () => State): State {
  try {
    return make();
  } catch (error) {
    if (error instanceof NotRecordable) return { refused: error.message };
    throw error;
  }
}
