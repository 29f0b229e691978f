// The test wallet as a page sees it: announced by EIP-6963, everything else is asked of Node. Plain JavaScript: it runs in the browser as it is.
(() => {
  if (window.top !== window) return;
  const listeners = new Map();
  const emit = (event, data) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(data);
  };
  const provider = {
    request: async ({ method, params }) => {
      const answer = JSON.parse(await window.__testWalletRequest(JSON.stringify({ method, params: params ?? [] })));
      if (answer.error === undefined) return answer.result;
      throw Object.assign(new Error(answer.error.message), { code: answer.error.code, data: answer.error.data });
    },
    on: (event, listener) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return provider;
    },
    removeListener: (event, listener) => {
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((other) => other !== listener),
      );
      return provider;
    },
  };
  // Node tells of new accounts and chains by answering; nothing has to be run in the page for it.
  const listen = async () => {
    for (;;) {
      const event = JSON.parse(await window.__testWalletEvent());
      if (event === null) return;
      emit(event.name, event.data);
    }
  };
  void listen();
  const info = JSON.parse('__INFO__');
  const announce = () =>
    window.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info: Object.freeze(info), provider }) }),
    );
  window.addEventListener('eip6963:requestProvider', announce);
  announce();
  document.addEventListener('securitypolicyviolation', (event) => {
    void window.__testViolation(`${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
  });
})();
