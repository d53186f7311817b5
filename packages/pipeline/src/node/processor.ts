import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';

/** The machine, as far as speed and rounding depend on it. */
export const describeMachine = () => ({
  platform: platform(),
  arch: arch(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  flags: vectorFlags(cpuinfo()),
  memoryGB: Math.round(totalmem() / 2 ** 30),
});

/** Extensions that products of matrices are made with, on x86 and ARM. */
const VECTOR = /^(sse4_[12]|f16c|fma|avx\w*|amx\w*|asimd\w*|sve\w*|i8mm|bf16|fphp)$/;

/** Vector extensions of the first processor in Linux's `/proc/cpuinfo`; null where it does not tell. */
export function vectorFlags(text: string | null): string[] | null {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text ?? '');
  return line ? line[1].split(/\s+/).filter((flag) => VECTOR.test(flag)) : null;
}

function cpuinfo(): string | null {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return null;
  }
}
