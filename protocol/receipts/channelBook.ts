/** The two sides of a stream of requests over one channel: rules and bounds in docs/receipts.md. */
export { ConsumerBook, type ConsumerBookOptions, type PaidRequest } from './consumerBook.ts';
export {
  type Accepted,
  type CheckPolicy,
  EVERY_VOUCHER,
  ProviderBook,
  type ProviderBookOptions,
  type Work,
} from './providerBook.ts';
