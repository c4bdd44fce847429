// The console's languages; a new one is a folder beside `en` with the same files, and a line in `languages`.
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en';

export const languages = { en } as const;

void i18n.use(initReactI18next).init({
  resources: Object.fromEntries(Object.entries(languages).map(([code, translation]) => [code, { translation }])),
  lng: navigator.languages.map((code) => code.split('-')[0] ?? '').find((code) => code in languages) ?? 'en',
  fallbackLng: 'en',
  interpolation: { escapeValue: false },
  showSupportNotice: false,
});

export default i18n;
