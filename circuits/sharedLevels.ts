/**
 * Uppermost levels of the tree that all account slots of a batch circuit share: their 8^levels subroots cost 9 (or 1) hashes twice and 14 or 126
 * constraints a slot, and save two hashes a level and slot. Two levels pay from 10 slots on.
 */
export function sharedLevels(accountSlots: number): 1 | 2 {
  return accountSlots < 10 ? 1 : 2;
}
