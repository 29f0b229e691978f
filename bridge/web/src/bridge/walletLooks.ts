import { safeText } from '../ui/safeText.ts';

const MAX_ICON = 64_000;

/** What a wallet announced of itself (EIP-6963): anybody can announce anything. */
export interface Announced {
  readonly name: string;
  readonly icon?: string | undefined;
}

/** Its name as plain text, and its icon where it is a picture in itself: nothing is loaded from elsewhere. */
export function walletLooks({ name, icon }: Announced, unnamed: string): { name: string; icon?: string } {
  const trimmed = icon?.trim() ?? '';
  const isPicture = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i.test(trimmed) && trimmed.length <= MAX_ICON;
  return { name: safeText(name, 40) || unnamed, ...(isPicture && { icon: trimmed }) };
}
