/** The ```ts blocks of a document, each with the line it begins at. */
export const examplesIn = (text) =>
  [...text.matchAll(/^```ts\r?\n([\s\S]*?)^```/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    source: match[1],
  }));
