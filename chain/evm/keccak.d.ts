declare module 'keccak' {
  /** The sponge of the native addon; `capacity` and `rate` are in bits. */
  interface KeccakSponge {
    initialize(rate: number, capacity: number): void;
    absorb(data: Uint8Array): void;
    squeeze(length: number): Buffer;
  }
  /** The stream object around a sponge. */
  interface KeccakHash {
    readonly _state: KeccakSponge;
  }
  export default function createKeccakHash(algorithm: 'keccak256'): KeccakHash;
}
