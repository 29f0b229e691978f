import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useStored } from '../app/useStored.ts';
import { en } from './en.ts';

export type Texts = typeof en;

export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];
/** What each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' };

/** English is at hand; others are loaded when chosen. */
const loaders: Readonly<Record<Exclude<Language, 'en'>, () => Promise<Texts>>> = {
  fr: async () => (await import('./fr.ts')).fr,
};

interface Speech {
  readonly texts: Texts;
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

const SpeechContext = createContext<Speech>({ texts: en, language: 'en', choose: () => undefined });

export function TextsProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const preferred = LANGUAGES.find((language) => navigator.language.startsWith(language)) ?? 'en';
  const [language, choose] = useStored('engram.language', LANGUAGES, preferred);
  const [spoken, setSpoken] = useState<{ language: Language; texts: Texts }>({ language: 'en', texts: en });
  useEffect(() => {
    let isCurrent = true;
    const load = language === 'en' ? Promise.resolve(en) : loaders[language]();
    load.then(
      (texts) => isCurrent && setSpoken({ language, texts }),
      () => undefined, // the file is gone with an older build: English stays
    );
    return () => {
      isCurrent = false;
    };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = spoken.language;
  }, [spoken.language]);
  const speech = useMemo(() => ({ ...spoken, choose }), [spoken, choose]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useTexts(): Texts {
  return useContext(SpeechContext).texts;
}

export function useLanguage(): Pick<Speech, 'language' | 'choose'> {
  return useContext(SpeechContext);
}

/** Puts values into a text: `{name}` becomes `values.name`; names without a value stay as they are. */
export function fill(text: string, values: Readonly<Record<string, string | number | bigint>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}
