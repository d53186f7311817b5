/** What the pickle of a PyTorch checkpoint names but plain data cannot hold: `torch._utils _rebuild_tensor_v2`, … */
export class PickleGlobal {
  /** @param name module and name, a blank between */
  constructor(readonly name: string) {}
}

/** The result of calling a global: nothing is called, the call is kept as data. */
export class PickleCall {
  constructor(
    readonly callee: unknown,
    readonly args: unknown,
  ) {}
}

/** A persistent id: PyTorch's way to point at a storage. */
export class PickleReference {
  constructor(readonly id: unknown) {}
}

/** One pickle as data. */
export interface Unpickled {
  /** Dictionaries are maps; tuples and lists arrays. It may share parts and contain itself: walk it with care. */
  readonly value: unknown;
  /** Every persistent id in it, in the file's order. */
  readonly references: readonly PickleReference[];
  /** Where the pickle ends. */
  readonly end: number;
}

/** Most instructions that are followed; a checkpoint of 7,000 weights with its optimiser takes fewer. */
const MAX_STEPS = 1_000_000;
/** Longest integer, in bytes; the magic number of torch.save has 10. */
const MAX_INTEGER = 64;

const MARK = Symbol('mark');

/**
 * Reads one pickle as data. Nothing is imported and nothing run: names of classes and calls are kept as names. Each
 * instruction makes at most one object, and their number is limited, so a file from anywhere is safe to read.
 *
 * @param start offset of the pickle
 * @throws Error in one line for instructions that no checkpoint needs and for bytes that are no pickle
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function readPickle(bytes: Uint8Array, start = 0): Unpickled {
  const machine = new PickleMachine(bytes, start);
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const result = machine.step();
    if (result) return result;
  }
  throw new Error(`the pickle has more than ${MAX_STEPS} instructions`);
}

/** The stack machine that a pickle is a program of. */
class PickleMachine {
  private readonly view: DataView;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly references: PickleReference[] = [];
  private pairs = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Follows one instruction; the result after the last. */
  step(): Unpickled | null {
    const code = this.byte();
    if (code === STOP) return { value: this.pop(), references: this.references, end: this.at };
    if (!this.constant(code) && !this.collect(code) && !this.remember(code) && !this.build(code))
      throw new Error(`the pickle has the opcode 0x${code.toString(16)}, which no state_dict needs`);
    return null;
  }

  /** Instructions that push one value which stands in the file. */
  private constant(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        this.take(1);
        return true;
      case '\x95': // FRAME
        this.take(8);
        return true;
      case 'N':
        return this.push(null);
      case '\x88':
        return this.push(true);
      case '\x89':
        return this.push(false);
      case 'J':
        return this.push(this.view.getInt32(this.take(4), true));
      case 'K':
        return this.push(this.byte());
      case 'M':
        return this.push(this.view.getUint16(this.take(2), true));
      case '\x8a': // LONG1
        return this.push(this.integer(this.byte()));
      case 'G':
        return this.push(this.view.getFloat64(this.take(8), false));
      case 'X':
      case 'T': // BINSTRING
      case 'B': // BINBYTES
        return this.push(this.text(this.uint32()));
      case '\x8c': // SHORT_BINUNICODE
      case 'U':
      case 'C': // SHORT_BINBYTES
        return this.push(this.text(this.byte()));
      case 'c': {
        const module = this.line();
        return this.push(new PickleGlobal(`${module} ${this.line()}`));
      }
      default:
        return false;
    }
  }

  /** Containers and what goes into them. */
  private collect(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case '(':
        return this.push(MARK);
      case '}':
        return this.push(new Map());
      case ']':
      case ')':
        return this.push([]);
      case '\x8f': // EMPTY_SET
        return this.push([]);
      case 't':
      case '\x91': // FROZENSET
        return this.push(this.marked());
      case '\x85':
        return this.push(this.popped(1));
      case '\x86':
        return this.push(this.popped(2));
      case '\x87':
        return this.push(this.popped(3));
      case 's':
        this.setItems(this.popped(2));
        return true;
      case 'u':
        this.setItems(this.marked());
        return true;
      case 'a':
        this.append(this.popped(1));
        return true;
      case 'e':
      case '\x90': // ADDITEMS
        this.append(this.marked());
        return true;
      default:
        return false;
    }
  }

  private remember(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case 'q':
        this.memo.set(this.byte(), this.top());
        return true;
      case 'r':
        this.memo.set(this.uint32(), this.top());
        return true;
      case '\x94': // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return true;
      case 'h':
        return this.push(this.recall(this.byte()));
      case 'j':
        return this.push(this.recall(this.uint32()));
      case '0': // POP
        this.pop();
        return true;
      default:
        return false;
    }
  }

  /** Calls and objects, kept as data. */
  private build(code: number): boolean {
    switch (String.fromCharCode(code)) {
      case '\x93': {
        const [module, name] = this.popped(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw malformed();
        return this.push(new PickleGlobal(`${module} ${name}`));
      }
      case 'Q': {
        const reference = new PickleReference(this.pop());
        this.references.push(reference);
        return this.push(reference);
      }
      case 'R':
      case '\x81': {
        const [callee, args] = this.popped(2);
        const made = callee instanceof PickleGlobal && callee.name === 'collections OrderedDict';
        return this.push(made ? this.orderedDict(args) : new PickleCall(callee, args));
      }
      case 'b': // BUILD: state of an object, such as the metadata of a state_dict
        this.pop();
        return true;
      default:
        return false;
    }
  }

  private push(value: unknown): true {
    this.stack.push(value);
    return true;
  }

  private pop(): unknown {
    if (this.stack.length === 0) throw malformed();
    return this.stack.pop();
  }

  private popped(n: number): unknown[] {
    if (this.stack.length < n) throw malformed();
    return this.stack.splice(this.stack.length - n);
  }

  /** All above the last mark, which goes too. */
  private marked(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw malformed();
    const items = this.stack.splice(mark + 1);
    this.stack.pop();
    return items;
  }

  private top(): unknown {
    if (this.stack.length === 0) throw malformed();
    return this.stack[this.stack.length - 1];
  }

  private recall(key: number): unknown {
    if (!this.memo.has(key)) throw malformed();
    return this.memo.get(key);
  }

  /** Items of an object that stays unknown are dropped. */
  private setItems(items: unknown[]): void {
    const map = this.top();
    if (items.length % 2 !== 0) throw malformed();
    if (!(map instanceof Map)) return;
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  /** Empty, or as Python 2 wrote it: with a list of pairs as its one argument. */
  private orderedDict(args: unknown): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    const items = Array.isArray(args) && Array.isArray(args[0]) ? args[0] : [];
    this.pairs += items.length; // a list may be used many times
    if (this.pairs > MAX_STEPS)
      throw new Error(`the pickle has dictionaries of more than ${MAX_STEPS} items`);
    for (const pair of items) if (Array.isArray(pair) && pair.length === 2) map.set(pair[0], pair[1]);
    return map;
  }

  private append(items: unknown[]): void {
    const list = this.top();
    if (Array.isArray(list)) for (const item of items) list.push(item);
  }

  private take(n: number): number {
    if (this.at + n > this.bytes.length) throw new Error('the pickle is cut off');
    this.at += n;
    return this.at - n;
  }

  private byte(): number {
    return this.bytes[this.take(1)];
  }

  private uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  private text(n: number): string {
    const from = this.take(n);
    return new TextDecoder().decode(this.bytes.subarray(from, from + n));
  }

  private line(): string {
    const end = this.bytes.indexOf(NEW_LINE, this.at);
    if (end < 0) throw new Error('the pickle is cut off');
    const text = this.text(end - this.at);
    this.take(1);
    return text;
  }

  /** Two's complement, little-endian; a number beyond 2^53 is rounded. */
  private integer(n: number): number {
    if (n > MAX_INTEGER) throw new Error(`the pickle has an integer of ${n} bytes`);
    let value = 0n;
    const from = this.take(n);
    for (let i = 0; i < n; i++) value |= BigInt(this.bytes[from + i]) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * n, value));
  }
}

const STOP = 0x2e;
const NEW_LINE = 10;

const malformed = (): Error => new Error('the pickle is malformed');
