import { basename } from 'node:path';

/** What stands in the place of a secret. */
const HIDDEN = '***';

/** Names whose value is a secret: `--api-key`, `RACA_TOKEN`, `password`. */
const SECRET_NAME =
  /(^|[-_])(api-?key|key|token|secret|password|passwd|pwd|auth|authorization|credentials?)$/i;
/** Values that are a secret whatever their name: keys of well-known services, and bearer tokens. */
const SECRET_VALUE =
  /^((sk|pk|rk|hf|ghp|gho|ghs|github_pat|glpat|xox[abp])[-_]\S{8,}|(bearer|basic)\s+\S+)$/i;

/**
 * A command line as it was typed, without what must not be kept: values of options such as `--api-key`, keys by their shape,
 * and passwords and keys within addresses. Of the program only the name is kept, not its place on the machine.
 * @param argv as in `process.argv`: the interpreter, the program, its arguments
 */
export function commandLine([, program = '', ...rest]: readonly string[]): string[] {
  const shown = rest.map((argument, i) => {
    const [name, value] = nameAndValue(argument);
    if (value !== null && SECRET_NAME.test(name)) return `${name}${separator(argument)}${HIDDEN}`;
    const before = rest[i - 1] ?? '';
    const isValue = /^--?[^=]+$/.test(before) && SECRET_NAME.test(before) && !argument.startsWith('--');
    return isValue ? HIDDEN : withoutSecrets(argument);
  });
  return [basename(program), ...shown];
}

/** Variables of the environment that RACA reads, such as `RACA_BACKEND`; no secret ones. */
export const racaEnvironment = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env)
      .filter((entry): entry is [string, string] => entry[0].startsWith('RACA_') && entry[1] !== undefined)
      .filter(([name]) => name !== 'RACA_CHILD' && !SECRET_NAME.test(name))
      .map(([name, value]) => [name, withoutSecrets(value)]),
  );

/** `--name=value`, or `Name: value` as in headers; null for the value of anything else. */
function nameAndValue(argument: string): [name: string, value: string | null] {
  const match = /^(--?[\w-]+)=([\s\S]*)$/.exec(argument) ?? /^([\w-]+):\s+([\s\S]*)$/.exec(argument);
  return match ? [match[1], match[2]] : [argument, null];
}

const separator = (argument: string): string => (/^--?[\w-]+=/.test(argument) ? '=' : ': ');

const withoutSecrets = (text: string): string =>
  SECRET_VALUE.test(text)
    ? HIDDEN
    : text
        .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${HIDDEN}@`)
        .replace(/([?&])([\w-]+)=([^&\s]*)/g, (whole, sign, name) =>
          SECRET_NAME.test(name) ? `${sign}${name}=${HIDDEN}` : whole,
        );
