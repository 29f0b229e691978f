/** What the loop's own opcodes cost before they look at anything, and how many words they take; 0 for those it leaves to handlers. */
export const COST = new Uint16Array(256);
export const NEEDED = new Uint8Array(256);
for (const [cost, needed, ...ops] of [
  [3, 2, 0x01, 0x03, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x52],
  [5, 2, 0x02, 0x04, 0x06],
  [3, 1, 0x15, 0x19, 0x35, 0x51],
  [30, 2, 0x20],
  [2, 0, 0x30, 0x33, 0x34, 0x36, 0x3d, 0x5a, 0x5f],
  [2, 1, 0x50],
  [0, 1, 0x54],
  [0, 2, 0x55, 0xf3, 0xfd],
  [8, 1, 0x56],
  [10, 2, 0x57],
  [1, 0, 0x5b],
] as const) {
  for (const op of ops) {
    COST[op] = cost;
    NEEDED[op] = needed;
  }
}
for (let i = 0; i < 32; i++) COST[0x60 + i] = 3;
for (let i = 0; i < 16; i++) {
  COST[0x80 + i] = 3;
  NEEDED[0x80 + i] = i + 1;
  COST[0x90 + i] = 3;
  NEEDED[0x90 + i] = i + 2;
}
for (let topics = 0; topics <= 4; topics++) {
  COST[0xa0 + topics] = 375 * (topics + 1);
  NEEDED[0xa0 + topics] = topics + 2;
}
