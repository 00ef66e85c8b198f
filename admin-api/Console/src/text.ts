// The words of the console, in the language that the browser or its user prefers. A language is a file of languages/, with the same names.
import de from "../languages/de.json";
import en from "../languages/en.json";

export type Word = keyof typeof en;

const languages: Record<string, { name: string; words: Record<string, string> }> = {
  en: { name: "English", words: en },
  de: { name: "Deutsch", words: de },
};

export const languageNames = Object.entries(languages).map(([id, one]) => ({ id, name: one.name }));

function kept(): string | null {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}

export let language =
  [kept(), ...navigator.languages].map((one) => one?.slice(0, 2).toLowerCase()).find((one) => one && languages[one]) ?? "en";

export function speak(id: string): void {
  language = id;
  document.documentElement.lang = id;
  try {
    localStorage.setItem("language", id);
  } catch {
    // It holds for this page then.
  }
}

document.documentElement.lang = language;

/** A sentence, with {name} replaced. */
export function t(word: Word, values: Record<string, string | number> = {}): string {
  const text = languages[language]?.words[word] ?? en[word];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A member of a closed set of the API; one that this console does not know yet is shown as it is spelled. */
export function named(set: string, member: string | null | undefined): string {
  if (member === null || member === undefined || member === "") return "";
  const known = languages[language]?.words[`${set}.${member}`];
  return known ?? member.replaceAll("_", " ");
}

/** The members of a closed set that have a name here. */
export const membersOf = (set: string) => Object.keys(en).filter((word) => word.startsWith(`${set}.`)).map((word) => word.slice(set.length + 1));

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function kind<T extends Intl.DateTimeFormat | Intl.NumberFormat>(name: string, make: () => T): T {
  const key = `${language} ${name}`;
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key) as T;
}

export function time(at: string | number | Date): string {
  return kind("time", () => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" })).format(new Date(at));
}

/** A day of the API's statistics, which are in UTC. */
export function day(at: string | number): string {
  return kind("day", () => new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" })).format(new Date(at));
}

/** A month of the API's statistics, likewise. */
export function month(at: string): string {
  return kind("month", () => new Intl.DateTimeFormat(language, { month: "short", year: "2-digit", timeZone: "UTC" })).format(new Date(at));
}

export function hour(at: string): string {
  return kind("hour", () => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" })).format(new Date(at));
}

export function number(value: number, digits = 0, leastDigits = 0): string {
  return kind(
    `number ${digits} ${leastDigits}`,
    () => new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: leastDigits })).format(value);
}

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return kind("share", () => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 })).format(value);
}

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Text that others chose, without the characters that turn the direction of what stands around it. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}
