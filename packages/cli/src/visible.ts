/**
 * A text as it may go to a terminal: control characters, which could move the cursor, and marks that turn the direction
 * of writing are shown as `\u001b`. Line breaks and tabs stay. In JSON the result means the same as before.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (mark) =>
    mark === '\n' || mark === '\t' ? mark : `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
