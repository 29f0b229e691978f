/** The peer id that a node with this identity file has; the key is made if it is not there, so that ids are known before nodes run. */
export async function createPeerIdentity(file: string): Promise<string> {
  // only networks of processes need libp2p here
  const [{ loadIdentity }, { peerIdFromPrivateKey }] = await Promise.all([
    import('../../p2p/identity.ts'),
    import('@libp2p/peer-id'),
  ]);
  return peerIdFromPrivateKey(await loadIdentity(file)).toString();
}
