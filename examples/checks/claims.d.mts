import type { Place } from '@raca/checks';
import type { Random } from '@raca/core/random';

export interface KnownClaim {
  readonly test: 'place' | 'absent';
  readonly finding: string;
  readonly place: Place;
  readonly truth: number;
}
export const KINDS: Readonly<Record<string, { readonly region: string; readonly lobes: boolean }>>;
export function claimsOf(findings: readonly object[], random: Random): KnownClaim[];
