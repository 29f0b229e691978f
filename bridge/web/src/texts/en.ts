/**
 * Every text of the page, in English. A translation is a file of the same form (fr.ts). `{name}` is replaced by a value.
 * Sections: common (all pages), errors (by code: what happened, what to do next), then one a page.
 */
export const en = {
  common: {
    title: 'Engram',
    bridge: 'Bridge',
    explorer: 'Explorer',
    market: 'AI market',
    settings: 'Settings',
    skip: 'Skip to content',
    menu: 'Pages',
    loading: 'Loading…',
    retry: 'Try again',
    copy: 'Copy',
    copied: 'Copied',
    close: 'Close',
    cancel: 'Cancel',
    more: 'Show more',
    newest: 'Newest',
    newer: 'Newer',
    older: 'Older',
    none: 'None',
    unknown: 'unknown',
    yes: 'yes',
    no: 'no',
    theme: 'Colours',
    themeAuto: 'As the system',
    themeLight: 'Light',
    themeDark: 'Dark',
    language: 'Language',
    nodeAway: 'The node does not answer',
    nodeAwayNext: 'What you see may be old. Your money is safe: deposits, withdrawals and exits go by Ethereum itself.',
    footer: 'Every balance is proven on Ethereum; nobody, not even the sequencer, can take it.',
    l1: 'Ethereum',
    notFound: 'There is nothing here',
    notFoundNext: 'Check what you typed, or search for a block, batch, transaction, account or address.',
  },
  errors: {
    UNEXPECTED: {
      what: 'Something unexpected went wrong ({code})',
      next: 'Nothing was sent twice. Try again; if it stays, load the page anew.',
    },
    CONFIG_UNREACHABLE: {
      what: 'The page could not read its configuration',
      next: 'Check that config.json lies next to the page and that its server answers.',
    },
    CONFIG_INVALID: {
      what: 'The page’s configuration is not valid',
      next: 'Make the page anew with “engram web build”.',
    },
    NODE_ABSENT: {
      what: 'This page knows no node',
      next: 'The bridge works by Ethereum alone. For the explorer and the market, open the page of a node.',
    },
    UNREACHABLE: {
      what: 'The node does not answer',
      next: 'Wait a moment and try again. Withdrawals of last resort need no node: see “If the node is gone”.',
    },
    RATE_LIMITED: {
      what: 'The node has had too many questions from here',
      next: 'Wait a minute and try again.',
    },
  },
  bridge: {},
  explorer: {},
  market: {},
  /** Charts of all pages. */
  chart: {
    table: 'Table',
    time: 'Time',
    empty: 'Nothing to draw yet',
  },
  /** Tokens of which only the number is known. */
  token: {
    unknown: 'base units of token {id}',
  },
  settings: {
    title: 'Settings',
    node: 'Node',
    l1Endpoint: 'Ethereum endpoint',
    byWallet: 'your wallet',
    noNode: 'none: this page goes by Ethereum alone',
    contracts: 'Contracts on Ethereum',
    rollup: 'Rollup',
    evmLane: 'EVM lane',
    attestations: 'Attestations',
    chains: 'Chain numbers',
    chainsText: 'Ethereum {l1}, Engram {l2}',
    check: 'Compare these with what you know of the deployment: whoever serves this page chose them.',
  },
};
