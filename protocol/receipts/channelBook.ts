/** The two sides of a stream of requests over one channel: rules and bounds in docs/receipts.md. */
export { ConsumerBook, type PaidRequest } from './consumerBook.ts';
export {
  type Accepted,
  type CheckPolicy,
  EVERY_VOUCHER,
  ProviderBook,
  type Work,
} from './providerBook.ts';
