import * as tfl from '@tensorflow/tfjs-layers';

/** An input of so many axes, some of known length: `axes(3, { 2: width })` is `[any, any, width]`. */
export const axes = (ndim: number, known: Readonly<Record<number, number>> = {}): tfl.InputSpec =>
  new tfl.InputSpec({ ndim, axes: { ...known } });
