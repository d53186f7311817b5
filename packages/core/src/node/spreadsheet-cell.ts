/** What spreadsheets compute when a cell begins with it. */
const FORMULA = /^[=+\-@\t\r]/;
/** A negative number is a number to them and to us. */
const NUMBER = /^-\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/**
 * A text that a spreadsheet would compute gets an apostrophe before it, as people type it there; numbers and other texts stay
 * as they are. {@link withoutGuard} takes it off again.
 */
export const guardedCell = <T>(cell: T): T | string =>
  typeof cell === 'string' && FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;

/** The text that {@link guardedCell} was given. */
export const withoutGuard = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
