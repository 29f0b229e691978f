import { EVMError } from '@ethereumjs/evm';

export const STACK_LIMIT = 1024;

/** The EVM's stack as EthereumJS's handlers use it, open to the loop that needs no handlers. */
export class FastStack {
  readonly items: bigint[] = [];
  /** What lies above is left over from what was popped. */
  size = 0;

  get length(): number {
    return this.size;
  }

  push(value: bigint): void {
    if (this.size >= STACK_LIMIT) throw new EVMError(EVMError.errorMessages.STACK_OVERFLOW);
    this.items[this.size++] = value;
  }

  pop(): bigint {
    this.#need(1);
    return this.items[--this.size] as bigint; // size was not 0
  }

  popN(count = 1): bigint[] {
    const values = this.peek(count);
    this.size -= count;
    return values;
  }

  /** The uppermost first. */
  peek(count = 1): bigint[] {
    this.#need(count);
    const values: bigint[] = new Array(count);
    for (let i = 0; i < count; i++) values[i] = this.items[this.size - 1 - i] as bigint; // count <= size
    return values;
  }

  swap(position: number): void {
    this.#need(position + 1);
    this.exchange(0, position);
  }

  dup(position: number): void {
    this.#need(position);
    this.push(this.items[this.size - position] as bigint); // position <= size
  }

  exchange(one: number, other: number): void {
    this.#need(Math.max(one, other) + 1);
    const [a, b] = [this.size - 1 - one, this.size - 1 - other];
    const value = this.items[a] as bigint; // a and b are below size
    this.items[a] = this.items[b] as bigint;
    this.items[b] = value;
  }

  getStack(): bigint[] {
    return this.items.slice(0, this.size);
  }

  #need(count: number): void {
    if (this.size < count) throw new EVMError(EVMError.errorMessages.STACK_UNDERFLOW);
  }
}
