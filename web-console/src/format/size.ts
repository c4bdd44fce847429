// Bytes and numbers as people read them.
import i18n from '../locales';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 100 || unit === 0 ? 0 : 1;
  return `${new Intl.NumberFormat(i18n.language, { maximumFractionDigits: digits }).format(value)} ${UNITS[unit] ?? ''}`;
}

export function decimal(value: number, digits = 0): string {
  return new Intl.NumberFormat(i18n.language, { maximumFractionDigits: digits }).format(value);
}

/** The first letters of a name, for a round picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
}
