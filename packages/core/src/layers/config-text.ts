/**
 * A config as JSON that `model.save` keeps as it is. tfjs rewrites all strings and keys of a layer's config to snake case
 * when it saves a model and back when it loads one, which not every string survives: capitals, underscores and letters
 * outside ASCII are written as `\uXXXX` here, which JSON reads as the same letter.
 */
export const configText = (config: unknown): string =>
  JSON.stringify(config).replace(/[^ -@[-^`-~]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** The config of {@link configText}. @throws Error if it is no JSON object */
export function readConfigText(who: string, text: unknown): Record<string, unknown> {
  try {
    const config: unknown = JSON.parse(text as string);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) {
      return config as Record<string, unknown>;
    }
  } catch {}
  throw new Error(`${who}: config must be the JSON text of an object, got ${String(text).slice(0, 60)}`);
}
