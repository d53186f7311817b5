import { printable } from './visible-line';

/** Prints a result on standard output. What came out of files and would act on a terminal is shown instead. */
export const print = (text: string): void => console.log(printable(text));

/** Tells people something on standard error, as {@link print}. */
export const say = (text: string): void => console.error(printable(text));
