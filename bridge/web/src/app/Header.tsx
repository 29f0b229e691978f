import type { ReactNode } from 'react';
import { WalletButton } from '../bridge/WalletButton.tsx';
import { useTexts } from '../texts/index.tsx';
import { href, SECTIONS, type Section } from './router.ts';
import { useTheme } from './theme.ts';

export function Header({ section }: { readonly section: Section }): ReactNode {
  const texts = useTexts();
  useTheme();
  return (
    <header className="header">
      <a className="brand" href={href('bridge')}>
        <img src="./icon.svg" alt="" width="28" height="28" />
        <span>{texts.common.title}</span>
      </a>
      <nav className="nav" aria-label={texts.common.menu}>
        {SECTIONS.map((name) => (
          <a key={name} href={href(name)} aria-current={name === section ? 'page' : undefined}>
            {texts.common[name]}
          </a>
        ))}
      </nav>
      <WalletButton />
    </header>
  );
}
