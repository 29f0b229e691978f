/** What a developer imports; docs/sdk.md explains it. */

export {
  type AttestationProof,
  attestationProofFromJson,
  attestationProofToJson,
} from '../bridge/client/attestationProof.ts';
export type { AttestationClaim, VerifiedAttestation } from '../bridge/client/attestationsClient.ts';
export { BridgeError } from '../bridge/client/errors.ts';
export type { L1Receipt, QueueEntry, RollupParameters, RollupState } from '../bridge/client/types.ts';
export { GRACE_SECONDS } from '../protocol/account.ts';
export { artefactCommitment, provenanceCommitment } from '../protocol/attestation.ts';
export { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts';
export type { CheckPolicy } from '../protocol/receipts/channelBook.ts';
export { EVERY_VOUCHER } from '../protocol/receipts/channelBook.ts';
export type { Receipt, SignedReceipt } from '../protocol/receipts/receipt.ts';
export { signReceipt, verifyReceiptSignature } from '../protocol/receipts/receipt.ts';
export {
  proofFromJson,
  proofToJson,
  receiptFromJson,
  receiptToJson,
  voucherFromJson,
  voucherToJson,
} from '../protocol/receipts/receiptCodec.ts';
export { ReceiptError, type ReceiptErrorCode } from '../protocol/receipts/receiptError.ts';
export { type ReceiptProof, verifyReceiptProof } from '../protocol/receipts/receiptTree.ts';
export {
  type AccountIndex,
  type Field,
  type Op,
  type Point,
  type SignedVoucher,
  Subtype,
  type Voucher,
} from '../protocol/types.ts';
export { signVoucher, verifyVoucher } from '../protocol/voucher.ts';
export {
  type DeriveLedgerKeyOptions,
  deriveLedgerKey,
  type LedgerKeyScope,
  ledgerKeyTypedData,
  seedFromSignature,
} from './accounts/deriveLedgerKey.ts';
export { type LedgerAccount, ledgerAccount } from './accounts/ledgerAccount.ts';
export { type AttestParameters, attest } from './actions/attest.ts';
export { type BundleParameters, bundle } from './actions/bundle.ts';
export { type ClaimParameters, claim } from './actions/claim.ts';
export { type CloseParameters, close } from './actions/close.ts';
export { type DepositOutcome, waitForDeposit } from './actions/deposits.ts';
export { type LedgerActions, ledgerActions } from './actions/ledgerActions.ts';
export { type OpenParameters, open } from './actions/open.ts';
export * from './actions/reads.ts';
export { type RegisterParameters, register } from './actions/register.ts';
export type { WriteAndWaitOptions, WriteOptions } from './actions/send.ts';
export type { Created } from './actions/sendCreating.ts';
export { type TransferParameters, transfer } from './actions/transfer.ts';
export { type WithdrawParameters, withdraw } from './actions/withdraw.ts';
export { type BridgeActions, bridgeActions, type DepositParameters, type EscapeHints } from './bridge/bridgeActions.ts';
export {
  bridgeOf,
  domainOf,
  type EngramChain,
  type EngramChainParameters,
  engramChain,
  fetchEngramChain,
} from './chain.ts';
export {
  ConsumerChannel,
  type InferenceRequest,
  type ResumeConsumerChannel,
} from './channels/consumerChannel.ts';
export { type OpenChannelParameters, openChannel } from './channels/openChannel.ts';
export {
  type AcceptChannelParameters,
  type ClaimChannelsOptions,
  claimChannels,
  ProviderChannel,
} from './channels/providerChannel.ts';
export { voucherKey, voucherSeed } from './channels/voucherSeed.ts';
export { createEngramClient, createLedgerClient, type LedgerClient, type LedgerClientConfig } from './client.ts';
export {
  type DataActions,
  type DataWalletActions,
  dataActions,
  dataWalletActions,
} from './data/dataActions.ts';
export { type BuyDataParameters, type EscrowResult, purchaseOf } from './data/escrowCalls.ts';
export type { FoundPurchase, PurchaseFilter, PurchaseState } from './data/escrowReads.ts';
export { keyHash, maskKey, newOneTimeKey, type OneTimeKey, oneTimeKey, unmaskKey } from './data/oneTimeKey.ts';
export * from './data/purchase.ts';
export { offerJson, purchaseJson } from './data/purchaseJson.ts';
export * from './errors.ts';
export { getProvenAccount, type ProvenAccount } from './l1/provenAccount.ts';
export { verifyAttestationOnL1 } from './l1/verifyAttestationOnL1.ts';
export { type ProvenReceipt, verifyReceiptOnL1 } from './l1/verifyReceiptOnL1.ts';
export * from './lane/contracts.ts';
export { exitToLane } from './lane/exitToLane.ts';
export { type LaneActions, type LaneWalletActions, laneActions, laneWalletActions } from './lane/laneActions.ts';
export {
  type ClaimWithdrawalParameters,
  type DepositToLaneParameters,
  type LaneBridgeActions,
  laneBridgeActions,
} from './lane/laneBridgeActions.ts';
export { getLane, getWithdrawalProof, getWithdrawals, waitForWithdrawal } from './lane/laneReads.ts';
export { getPendingOnLane, takePendingOnLane } from './lane/pending.ts';
export { type MessageOutcome, waitForMessage } from './lane/waitForMessage.ts';
export { type LaneWithdrawal, type WithdrawFromLaneParameters, withdrawFromLane } from './lane/withdrawFromLane.ts';
export type { LaneView, WithdrawalProofView, WithdrawalView } from './laneTypes.ts';
export { sha256Bytes, sha256File, sha256Stream } from './models/sha256.ts';
export * as ops from './ops.ts';
export {
  type AnswerParameters,
  answerQuestion,
  signOracleAnswer,
} from './oracle/answerQuestion.ts';
export { type AskedQuestion, type AskModelParameters, askedIn, askModel } from './oracle/askModel.ts';
export { answerHash, commitAnswer, getCommittedAt } from './oracle/commitment.ts';
export {
  type OracleActions,
  type OracleWalletActions,
  oracleActions,
  oracleWalletActions,
} from './oracle/oracleActions.ts';
export type { SentToOracle } from './oracle/oracleCall.ts';
export {
  getOracleCredit,
  getQuestion,
  hasAnswered,
  type QuestionStatus,
  type QuestionView,
} from './oracle/question.ts';
export { refundQuestion, withdrawOracleCredit } from './oracle/settle.ts';
export { getAnswer, type ModelAnswer, waitForAnswer } from './oracle/waitForAnswer.ts';
export { waitForReveal } from './oracle/waitForReveal.ts';
export { ReceiptLog } from './receipts/receiptLog.ts';
export { type VerifyReceiptParameters, verifyReceipt } from './receipts/verifyReceipt.ts';
export type { EngramRpcSchema } from './rpcSchema.ts';
export type * from './rpcTypes.ts';
export { type EngramTransport, type EngramTransportConfig, engramTransport } from './transport.ts';
export { type Finality, type WaitOptions, waitFor } from './wait.ts';
