import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Card } from '../ui/Card.tsx';
import { DepositForm } from './DepositForm.tsx';
import { GonePanel } from './GonePanel.tsx';
import { WithdrawForm } from './WithdrawForm.tsx';

export const TABS = ['deposit', 'withdraw', 'gone'] as const;
export type Tab = (typeof TABS)[number];

const PANELS: Readonly<Record<Tab, () => ReactNode>> = {
  deposit: DepositForm,
  withdraw: WithdrawForm,
  gone: GonePanel,
};

interface MoveMoneyProps {
  readonly tab: Tab;
  readonly onChange: (tab: Tab) => void;
}

/** Deposit, withdraw, or leave without the node. Arrow keys go from tab to tab. */
export function MoveMoney({ tab, onChange }: MoveMoneyProps): ReactNode {
  const { form } = useTexts().bridge;
  const buttons = useRef(new Map<Tab, HTMLButtonElement>());
  const go = (event: KeyboardEvent): void => {
    const to = targetOf(tab, event.key);
    if (to === undefined) return;
    event.preventDefault();
    onChange(to);
    buttons.current.get(to)?.focus();
  };
  const Panel = PANELS[tab];
  return (
    <Card title={form.move}>
      <div className="tabs" role="tablist" aria-label={form.move} onKeyDown={go}>
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === tab}
            aria-controls={name === tab ? 'move-panel' : undefined}
            tabIndex={name === tab ? 0 : -1}
            ref={(button) => {
              if (button !== null) buttons.current.set(name, button);
            }}
            onClick={() => onChange(name)}
          >
            {form[name]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="move-panel" aria-labelledby={`tab-${tab}`}>
        <Panel />
      </div>
    </Card>
  );
}

/** The tab that a key leads to. */
export function targetOf(tab: Tab, key: string): Tab | undefined {
  const at = TABS.indexOf(tab);
  if (key === 'ArrowRight') return TABS[(at + 1) % TABS.length];
  if (key === 'ArrowLeft') return TABS[(at + TABS.length - 1) % TABS.length];
  if (key === 'Home') return TABS[0];
  return key === 'End' ? TABS.at(-1) : undefined;
}
