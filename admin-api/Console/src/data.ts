// Hooks by which a page has data of the API: loaded, kept while newer is on its way, and loaded again when an event says so.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { listen } from "./events";

export type State<T> = { data: T | undefined; error: ApiError | undefined; isLoading: boolean; reload: () => void };

/** Events that come together cause one load, and many of them one a second. */
const pause = 300, spacing = 1000;

function toError(e: unknown): ApiError {
  return e instanceof ApiError ? e : new ApiError(0, "defect", e instanceof Error ? e.message : String(e));
}

/**
 * @param load Asks the API.
 * @param of What the answer depends on.
 * @param on The beginnings of the kinds of events after which it is asked again.
 * @param every Milliseconds after which it is asked again anyway, while the page can be seen.
 */
export function useData<T>(load: () => Promise<T>, of: unknown[], on: string[] = [], every = 0): State<T> {
  const [state, setState] = useState<{ data?: T; error?: ApiError; isLoading: boolean }>({ isLoading: true });
  const turn = useRef(0);
  const loadedAt = useRef(0);
  const underWay = useRef(0);
  const latest = useRef(load);
  latest.current = load;

  const reload = useCallback(async () => {
    const mine = ++turn.current;
    loadedAt.current = Date.now();
    underWay.current++;
    // What is shown stays until there is something else to show: nothing is drawn for this.
    setState((before) => (before.isLoading || before.data !== undefined ? before : { ...before, isLoading: true }));
    try {
      const data = await latest.current();
      if (mine === turn.current) setState({ data, isLoading: false });
    } catch (e) {
      if (mine === turn.current) setState((before) => ({ data: before.data, error: toError(e), isLoading: false }));
    }
    underWay.current--;
  }, []);

  useEffect(() => {
    setState({ isLoading: true });
    void reload();
    return () => void turn.current++;
  }, of);

  useEffect(() => {
    let waiting = 0;
    // An answer that takes longer than that is waited for: a newer question would make it stale.
    const again = () => {
      waiting = underWay.current > 0 ? window.setTimeout(again, pause) : 0;
      if (waiting === 0) void reload();
    };
    const stop = listen((event) => {
      if (waiting === 0 && on.some((beginning) => event.kind.startsWith(beginning)))
        waiting = window.setTimeout(again, Math.max(pause, loadedAt.current + spacing - Date.now()));
    });
    const timer = every > 0 ? window.setInterval(() => document.hidden || underWay.current > 0 || void reload(), every) : 0;
    return () => {
      stop();
      window.clearTimeout(waiting);
      window.clearInterval(timer);
    };
  }, [on.join(), every]);

  return { data: state.data, error: state.error, isLoading: state.isLoading, reload };
}

export type Paged<T> = State<T[]> & { more: (() => void) | null };

/** A list of the API that comes in pages: those that were asked for, loaded again together. What it depends on begins it anew. */
export function usePages<T>(
  load: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>, of: unknown[], on: string[] = [],
): Paged<T> {
  const count = useRef(1);
  useEffect(() => void (count.current = 1), of);
  const { data, ...state } = useData(async () => {
    const items: T[] = [];
    let next: string | null = null;
    let read = 0;
    do {
      const page = await load(next ?? undefined);
      items.push(...page.items);
      next = page.next;
    } while (next && ++read < count.current);
    return { items, next };
  }, of, on);
  const more = () => {
    count.current++;
    state.reload();
  };
  return { ...state, data: data?.items, more: data?.next ? more : null };
}

/** Everything of a list that is small by nature. */
export async function all<T>(load: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < 5000);
  return items;
}
