/** The page's language: the browser's, until the visitor chooses another. */

import { computed, effect, signal } from '@preact/signals';
import { keep, readKept } from '../storage.ts';
import { en, type Texts } from './en.ts';
import { es } from './es.ts';

const LANGUAGES = { en: { name: 'English', texts: en }, es: { name: 'Español', texts: es } };

export type Language = keyof typeof LANGUAGES;

export const languages = Object.entries(LANGUAGES).map(([code, { name }]) => ({
  code: code as Language,
  name,
}));

const CHOICE = 'cars-language';

export const language = signal<Language>(initialLanguage());

export const texts = computed<Texts>(() => LANGUAGES[language.value].texts);

/** The visitor's own variant of the language, for dates and numbers: `en-GB`. */
const locale = computed(
  () => navigator.languages.find((tag) => languageOf(tag) === language.value) ?? language.value,
);
const numbers = computed(() => new Intl.NumberFormat(locale.value));
const times = computed(
  () => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }),
);

export const formatNumber = (value: number) => numbers.value.format(value);
export const formatTime = (time: string) => times.value.format(new Date(time));

/** For a sentence: `in 5 seconds`. */
export function formatWait(seconds: number): string {
  const format = new Intl.RelativeTimeFormat(locale.value);
  return seconds < 120 ? format.format(seconds, 'second') : format.format(Math.ceil(seconds / 60), 'minute');
}

export function chooseLanguage(code: Language): void {
  language.value = code;
  keep('localStorage', CHOICE, code);
}

export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = texts.value.cars;
  });
}

function initialLanguage(): Language {
  const wanted = [readKept('localStorage', CHOICE) ?? '', ...navigator.languages].map(languageOf);
  return wanted.find((code): code is Language => code in LANGUAGES) ?? 'en';
}

function languageOf(tag: string): string {
  return tag.slice(0, 2).toLowerCase();
}
