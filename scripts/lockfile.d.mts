export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node?: string };
  readonly integrity: string;
  readonly optional: boolean;
  readonly dependencies: readonly string[];
}
export const published: string[];
export function lockedPackages(folders?: string[], kinds?: string[]): Map<string, LockedPackage>;
export function directDependencies(folder: string): { keys: string[]; folders: string[] };
