import { decodeItem, encodeItem } from '../../chain/wire/codec.ts';
import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import { packFrame } from '../../node/p2p/frame.ts';
import type { Network } from '../../node/p2p/network.ts';

/** Bytes on the wire that all nodes together sent, by topic or request, without what libp2p adds. */
export async function sentBytes(nodes: readonly NetworkNode[]): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  for (const node of nodes) {
    for (const [name, value] of await node.metrics()) {
      const use = /^engram_network_bytes_total\{use="([^"]+)",direction="out"/.exec(name)?.[1];
      if (use !== undefined) sums.set(use, (sums.get(use) ?? 0) + value);
    }
  }
  return sums;
}

/** Size of blocks `from` … `to` as they travel, asked of a node. */
export async function blockBytes(
  { from, to }: { readonly from: number; readonly to: number },
  { observer, node }: { readonly observer: Network; readonly node: NetworkNode },
): Promise<{ raw: number; packed: number; evmTxs: number; ledgerTxs: number }> {
  const sum = { raw: 0, packed: 0, evmTxs: 0, ledgerTxs: 0 };
  await observer.dial(node.p2pAddress);
  for (let next = from; next <= to; ) {
    let got = 0;
    for await (const bytes of observer.blocks(node.peerId, BigInt(next), Math.min(100, to - next + 1))) {
      const item = decodeItem(bytes);
      if (item.kind !== 'block') continue;
      got += 1;
      // as its proposer sends it: with its signature
      const sent = encodeItem({ ...item, signature: new Uint8Array(65).fill(0xa5) });
      sum.raw += sent.length;
      sum.packed += (await packFrame(sent)).length;
      sum.evmTxs += item.block.evmTxs.length;
      sum.ledgerTxs += item.block.txs.length;
    }
    if (got === 0) break;
    next += got;
  }
  return sum;
}
