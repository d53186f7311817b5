export function problemsOf(folder: string): string[];
