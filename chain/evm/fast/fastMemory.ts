const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** The EVM's memory as EthereumJS's handlers use it. It doubles when it grows, where theirs is copied for every 8 kB. */
export class FastMemory {
  _store: Uint8Array;
  view: DataView;

  constructor() {
    this._store = NO_BYTES;
    this.view = NO_VIEW;
  }

  /** Makes room; what is new is 0. Gas bounds it. */
  extend(offset: number, size: number): void {
    if (size === 0 || offset + size <= this._store.length) return;
    const store = new Uint8Array(Math.max(2 * this._store.length, Math.ceil((offset + size) / 1024) * 1024));
    store.set(this._store);
    this._store = store;
    this.view = new DataView(store.buffer);
  }

  /** The first `size` bytes of `value`. */
  write(offset: number, size: number, value: Uint8Array): void {
    this.extend(offset, size);
    if (size > 0) this._store.set(value.subarray(0, size), offset);
  }

  read(offset: number, size: number, avoidCopy?: boolean): Uint8Array {
    this.extend(offset, size);
    return avoidCopy === true ? this._store.subarray(offset, offset + size) : this._store.slice(offset, offset + size);
  }
}
