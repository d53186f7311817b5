/** Compares a folder of reference values with what our modules compute; the exit code of the command. */
export function parity(
  args: string[],
  io: { cwd: string; line: (json: string) => void; complain: (text: string) => void },
): Promise<0 | 1 | 2>;
