import type { AttestationView, LineageView, Wire } from '../../sdk/rpcTypes.ts';

type Attestation = Wire<AttestationView>;

/** A model's family as a tree: from the first ancestor down to everything made from it. Pure. */
export function lineageView({ attestation, ancestors, descendants, isTruncated }: Wire<LineageView>): string {
  const children = new Map<number, Attestation[]>();
  const chain = [...ancestors].reverse();
  const [root = attestation] = chain;
  // Every listed attestation but the root hangs below its parent; the ancestors' other children are not listed.
  for (const one of [...chain.slice(1), ...(chain.length === 0 ? [] : [attestation]), ...descendants]) {
    children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
  }
  const lines = root.parent === 0 ? [] : [`… (parent ${root.parent})`];
  // A stack, not recursion: a chain of fine-tunes can be long.
  const open = [{ one: root, prefix: '', branch: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { one, prefix, branch } = next;
    lines.push(`${prefix}${branch}${describe(one)}${one.index === attestation.index ? '  ◀' : ''}`);
    const below = branch === '' ? prefix : `${prefix}${branch === '└─ ' ? '   ' : '│  '}`;
    const list = children.get(one.index) ?? [];
    for (let i = list.length - 1; i >= 0; i -= 1) {
      const child = list[i];
      if (child !== undefined) open.push({ one: child, prefix: below, branch: i === list.length - 1 ? '└─ ' : '├─ ' });
    }
  }
  if (isTruncated) lines.push('… (there are more)');
  return lines.join('\n');
}

function describe({ index, kind, owner, royaltyBps, created }: Attestation): string {
  const royalty = royaltyBps === 0 ? '' : `, royalty ${royaltyBps / 100} %`;
  const date = new Date(created.timestamp * 1000).toISOString().slice(0, 10);
  return `${index} ${kind} of ${owner}${royalty}, ${date}`;
}
