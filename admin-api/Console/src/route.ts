// The address of the page that is shown, below /console.
import { useEffect, useState } from "preact/hooks";

const base = "/console";
const told = new Set<() => void>();

export function path(): string {
  return location.pathname.slice(base.length).replace(/\/+$/, "") || "/";
}

export function query(): URLSearchParams {
  return new URLSearchParams(location.search);
}

export const href = (to: string) => base + to;

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", href(to));
  else history.pushState(null, "", href(to));
  for (const tell of told) tell();
}

/** Told of another address, but not of one that a filter wrote. */
function useNavigation(tell: () => void): void {
  useEffect(() => {
    told.add(tell);
    addEventListener("popstate", tell);
    return () => {
      told.delete(tell);
      removeEventListener("popstate", tell);
    };
  }, []);
}

export function usePath(): string {
  const [now, setNow] = useState(path());
  useNavigation(() => setNow(path()));
  return now;
}

/** A filter that stands in the address, so that it can be sent to somebody and lasts over "back". */
export function useQuery(name: string, otherwise = ""): [string, (value: string) => void] {
  const read = () => query().get(name) ?? otherwise;
  const [value, setValue] = useState(read);
  useNavigation(() => setValue(read));
  return [value, (next) => {
    const now = query();
    if (next === otherwise) now.delete(name);
    else now.set(name, next);
    const text = now.toString();
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
    setValue(next);
  }];
}
