import { Component, type ReactNode } from 'react';

/** The last resort: a fault of the page itself. It stands outside of the texts, which may be what failed. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className="page" role="alert">
        <h1>This page failed</h1>
        <p>
          Your money is where it was: nothing is sent without your wallet’s consent. Load the page again; what is under
          way is found on the chain.
        </p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load again
        </button>
      </main>
    );
  }
}
