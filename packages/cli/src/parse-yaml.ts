import { CST, isScalar, Parser, parseDocument, visit } from 'yaml';

/** Lists and fields inside one another; a config of ours has six. */
const DEEPEST = 100;

/**
 * The value of a JSON or YAML text. Keys are compared in linear time, unlike by the library, whose check takes seconds for
 * some ten thousand keys; depth is limited, since the library exhausts the stack, which can end the process.
 * @throws Error in one line: no YAML, a key twice, aliases that multiply or name what they stand in, too many levels
 */
export function parseYaml(text: string): unknown {
  checkDepth(text);
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw new Error(error.message.split('\n')[0].replace(/:$/, ''));
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : key;
        if (seen.has(name)) throw new Error(`the key ${JSON.stringify(name)} twice`);
        seen.add(name);
      }
    },
  });
  return plainValue(() => document.toJS());
}

function plainValue(read: () => unknown): unknown {
  try {
    const value = read();
    JSON.stringify(value); // throws where an alias stands inside what it names
    return value;
  } catch (error) {
    const { message } = error as Error;
    if (/Excessive alias count/.test(message))
      throw new Error('aliases that multiply into more values than can be held');
    throw new Error(message.split('\n')[0]);
  }
}

/** Walks the syntax without recursion. */
function checkDepth(text: string): void {
  const open = [...new Parser().parse(text)].map((token): [CST.Token | null | undefined, number] => [
    token,
    0,
  ]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [token, depth] = next;
    if (!token) continue;
    if (token.type === 'document') open.push([token.value, depth]);
    if (!CST.isCollection(token)) continue;
    if (depth >= DEEPEST) throw new Error(`more than ${DEEPEST} levels inside one another`);
    for (const item of token.items) open.push([item.key, depth + 1], [item.value, depth + 1]);
  }
}
