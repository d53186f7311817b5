/** What the pickle of a PyTorch checkpoint names but plain data cannot hold: `torch._utils._rebuild_tensor_v2`, … */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** The result of calling a global: nothing is called, the call is kept as data. */
export class PickleCall {
  constructor(
    readonly callee: unknown,
    readonly args: readonly unknown[],
  ) {}
}

/** A persistent id: PyTorch's way to point at a storage. */
export class PickleReference {
  constructor(readonly id: unknown) {}
}

const MARK = Symbol('mark');

/**
 * Reads one pickle as data: dictionaries become maps, tuples and lists arrays. Nothing is imported and nothing run, so a
 * file from anywhere is safe to read. Knows the opcodes that checkpoints of PyTorch consist of.
 *
 * @returns the object and where its pickle ends
 * @throws Error for other opcodes and for bytes that are no pickle
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function readPickle(bytes: Uint8Array, start = 0): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;
  const take = (n: number): number => {
    if (at + n > bytes.length) throw new Error('the pickle is cut off');
    at += n;
    return at - n;
  };
  const text = (n: number): string => new TextDecoder().decode(bytes.subarray(take(n), at));
  const line = (): string => {
    const from = at;
    while (bytes[take(1)] !== 10);
    return new TextDecoder().decode(bytes.subarray(from, at - 1));
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw new Error('the pickle is malformed');
    return stack.pop();
  };
  const marked = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error('the pickle is malformed');
    return stack.splice(mark).slice(1);
  };
  const popped = (n: number): unknown[] => Array.from({ length: n }, pop).reverse();
  const top = (): unknown => stack[stack.length - 1];
  const setItems = (items: unknown[]): void => {
    const map = top();
    if (!(map instanceof Map)) return; // items of an object that stays unknown
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
  };
  const append = (items: unknown[]): void => {
    const list = top();
    if (Array.isArray(list)) list.push(...items);
  };
  const call = (callee: unknown, args: unknown): unknown => {
    const made = callee instanceof PickleGlobal && /^collections OrderedDict$/.test(callee.name);
    return made ? new Map() : new PickleCall(callee, args as unknown[]);
  };
  const int = (n: number): number => {
    let value = 0n;
    for (let i = 0, from = take(n); i < n; i++) value |= BigInt(bytes[from + i]) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * n, value));
  };
  for (;;) {
    const code = String.fromCharCode(bytes[take(1)]);
    switch (code) {
      case '\x80': // PROTO
        take(1);
        break;
      case '.':
        return { value: pop(), end: at };
      case '(':
        stack.push(MARK);
        break;
      case '}':
        stack.push(new Map());
        break;
      case ']':
      case ')':
        stack.push([]);
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'J':
        stack.push(view.getInt32(take(4), true));
        break;
      case 'K':
        stack.push(bytes[take(1)]);
        break;
      case 'M':
        stack.push(view.getUint16(take(2), true));
        break;
      case '\x8a': // LONG1
        stack.push(int(bytes[take(1)]));
        break;
      case 'G':
        stack.push(view.getFloat64(take(8), false));
        break;
      case 'X':
        stack.push(text(view.getUint32(take(4), true)));
        break;
      case '\x8c': // SHORT_BINUNICODE
      case 'U':
        stack.push(text(bytes[take(1)]));
        break;
      case 'c':
        stack.push(new PickleGlobal(`${line()} ${line()}`));
        break;
      case 'q':
        memo.set(bytes[take(1)], top());
        break;
      case 'r':
        memo.set(view.getUint32(take(4), true), top());
        break;
      case 'h':
        stack.push(memo.get(bytes[take(1)]));
        break;
      case 'j':
        stack.push(memo.get(view.getUint32(take(4), true)));
        break;
      case 't':
        stack.push(marked());
        break;
      case '\x85':
        stack.push(popped(1));
        break;
      case '\x86':
        stack.push(popped(2));
        break;
      case '\x87':
        stack.push(popped(3));
        break;
      case 'Q':
        stack.push(new PickleReference(pop()));
        break;
      case 'R': {
        const [callee, args] = popped(2);
        stack.push(call(callee, args));
        break;
      }
      case 'b': // BUILD: state of an object, such as the metadata of a state_dict
        pop();
        break;
      case 's':
        setItems(popped(2));
        break;
      case 'u':
        setItems(marked());
        break;
      case 'a':
        append(popped(1));
        break;
      case 'e':
        append(marked());
        break;
      default:
        throw new Error(
          `the pickle has the opcode 0x${bytes[at - 1].toString(16)}, which no state_dict needs`,
        );
    }
  }
}
