import type { ReactNode } from 'react';
import { fill, LANGUAGE_NAMES, LANGUAGES, useLanguage, useTexts } from '../texts/index.tsx';
import { Card } from '../ui/Card.tsx';
import { Facts } from '../ui/Facts.tsx';
import { SelectField } from '../ui/Field.tsx';
import { Hash } from '../ui/Hash.tsx';
import { useDeployment } from './context.ts';
import { nodeUrl } from './deployment.ts';
import { THEMES, useTheme } from './theme.ts';

/** Language, colours, and which deployment this page is for. */
export function SettingsPage(): ReactNode {
  const texts = useTexts();
  const { language, choose } = useLanguage();
  const [theme, setTheme] = useTheme();
  const { config } = useDeployment();
  const { settings, common } = texts;
  const themes = { auto: common.themeAuto, light: common.themeLight, dark: common.themeDark };
  return (
    <>
      <h1>{settings.title}</h1>
      <Card>
        <div className="fields">
          <SelectField
            label={common.language}
            value={language}
            options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
            onChange={choose}
          />
          <SelectField
            label={common.theme}
            value={theme}
            options={THEMES.map((value) => ({ value, label: themes[value] }))}
            onChange={setTheme}
          />
        </div>
      </Card>
      <Card title={settings.contracts}>
        <p className="quiet">{settings.check}</p>
        <Facts
          facts={[
            [settings.chains, fill(settings.chainsText, { l1: config.l1.chainId, l2: config.l2.chainId })],
            [settings.rollup, <Hash key="rollup" value={config.rollup} isWhole />],
            [settings.evmLane, config.evmLane && <Hash key="lane" value={config.evmLane} isWhole />],
            [
              settings.attestations,
              config.attestations && <Hash key="attestations" value={config.attestations} isWhole />,
            ],
            [settings.node, nodeUrl(config) ?? settings.noNode],
            [settings.l1Endpoint, config.l1.rpc ?? settings.byWallet],
          ]}
        />
      </Card>
    </>
  );
}
