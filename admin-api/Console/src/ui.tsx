// What pages are made of.
import { Component, type ComponentChildren, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type FieldFault } from "./api";
import type { Paged, State } from "./data";
import { go, href } from "./route";
import { clock, named, plain, t, time, type Word } from "./text";

/** A page with its heading, which gets the focus when it is opened, so that a screen reader begins there. */
export function Page(props: { title: string; actions?: ComponentChildren; children: ComponentChildren }): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · ${t("console")}`;
  }, [props.title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1} ref={heading}>{props.title}</h1>
        {props.actions && <div class="actions">{props.actions}</div>}
      </div>
      {props.children}
    </>
  );
}

export function Link(props: { to: string; children: ComponentChildren; current?: boolean; class?: string; label?: string }): VNode {
  const follow = (e: MouseEvent) => {
    if (e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    go(props.to);
  };
  return (
    <a href={href(props.to)} onClick={follow} class={props.class} aria-label={props.label}
      aria-current={props.current ? "page" : undefined}>{props.children}</a>
  );
}

/** Text that others chose: it cannot turn the direction of what stands beside it. */
export function Name(props: { text: string | null | undefined }): VNode {
  return <bdi>{plain(props.text ?? "") || "–"}</bdi>;
}

export type Tone = "good" | "bad" | "busy" | "quiet";

export function Badge(props: { tone?: Tone; children: ComponentChildren }): VNode {
  return <span class={`badge ${props.tone ?? "quiet"}`}>{props.children}</span>;
}

export function When(props: { at: string | null | undefined }): VNode {
  return props.at ? <time dateTime={props.at}>{time(props.at)}</time> : <>–</>;
}

const clocks = new Map<Element, () => void>();
const seen = new Set<() => void>();
const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const tick = clocks.get(target);
    if (!tick) continue;
    if (isIntersecting) {
      tick();
      seen.add(tick);
    } else seen.delete(tick);
  }
}, { rootMargin: "200px" });
window.setInterval(() => document.hidden || seen.forEach((tick) => tick()), 1000);

/** A clock that runs while it is in view. Its text is written without drawing the page again: there may be hundreds. */
export function Timer(props: { since: string; ahead?: number }): VNode {
  const node = useRef<HTMLSpanElement>(null);
  const text = () => clock((Date.now() + (props.ahead ?? 0) - Date.parse(props.since)) / 1000);
  useEffect(() => {
    const element = node.current!;
    const tick = () => void (element.textContent = text());
    clocks.set(element, tick);
    sight.observe(element);
    return () => {
      sight.unobserve(element);
      clocks.delete(element);
      seen.delete(tick);
    };
  }, [props.since, props.ahead]);
  return <span class="timer number" ref={node}>{text()}</span>;
}

export function Fault(props: { error: ApiError; retry?: () => void }): VNode {
  const { error } = props;
  const text =
    error.status === 0 ? t("error.unreachable") : error.status >= 500 ? t("error.server") : error.status === 403 ? t("error.forbidden") : "";
  return (
    <div class="fault" role="alert">
      <p>{text && <strong>{text} </strong>}{plain(error.message)}</p>
      <FieldFaults errors={error.errors} />
      {error.request && error.status >= 500 && <p class="quiet">{t("error.request", { id: error.request })}</p>}
      {props.retry && <button type="button" onClick={props.retry}>{t("retry")}</button>}
    </div>
  );
}

function FieldFaults(props: { errors: FieldFault[] }): VNode | null {
  if (props.errors.length === 0) return null;
  return (
    <ul class="field-faults">
      {props.errors.map((one, i) => <li key={i}><code>{plain(one.field)}</code> {plain(one.message)}</li>)}
    </ul>
  );
}

/** What was loaded; where loading failed, the fault, above what was there before. */
export function Loaded<T>(props: { state: State<T>; children: (data: T) => ComponentChildren }): VNode {
  const { data, error, isLoading, reload } = props.state;
  return (
    <>
      {error && <Fault error={error} retry={reload} />}
      {data !== undefined ? props.children(data) : isLoading && !error ? <p class="loading" role="status">{t("loading")}</p> : null}
    </>
  );
}

export type Column<T> = { head: string; cell: (row: T) => ComponentChildren; isNumber?: boolean; isWide?: boolean };

/** A row, drawn again where it is another object; where nothing is said of what else it shows, each time. */
class Row<T> extends Component<{ row: T; columns: Column<T>[]; shows?: string }> {
  override shouldComponentUpdate(next: { row: T; shows?: string }): boolean {
    return next.shows === undefined || next.shows !== this.props.shows || next.row !== this.props.row;
  }

  override render(): VNode {
    const { row, columns } = this.props;
    return <tr>{columns.map((one) => <td data-head={one.head} class={one.isNumber ? "number" : undefined}>{one.cell(row)}</td>)}</tr>;
  }
}

/** @param props.shows What the cells show beside their row, for long tables: rows that are the same objects are not drawn again. */
export function Table<T>(props: {
  caption: string; columns: Column<T>[]; rows: T[]; keyOf: (row: T) => string | number; empty: string; shows?: string;
}): VNode {
  if (props.rows.length === 0) return <p class="empty">{props.empty}</p>;
  return (
    <div class="scroll" role="region" aria-label={props.caption} tabIndex={0}>
      <table>
        <caption class="hidden">{props.caption}</caption>
        <thead>
          <tr>{props.columns.map((one) => <th scope="col" class={one.isNumber ? "number" : undefined}>{one.head || <span class="hidden">{t("actions")}</span>}</th>)}</tr>
        </thead>
        <tbody>
          {props.rows.map((row) => <Row key={props.keyOf(row)} row={row} columns={props.columns} shows={props.shows} />)}
        </tbody>
      </table>
    </div>
  );
}

export function PagedTable<T>(props: {
  pages: Paged<T>; caption: string; columns: Column<T>[]; keyOf: (row: T) => string | number; empty: string;
}): VNode {
  const { pages, ...table } = props;
  return (
    <Loaded state={pages}>
      {(rows) => (
        <>
          <Table {...table} rows={rows} />
          {pages.more && <p class="more"><button type="button" onClick={pages.more}>{t("more")}</button></p>}
        </>
      )}
    </Loaded>
  );
}

// Notices: one line each, read aloud, gone after a while.
type Notice = { id: number; text: string; isBad: boolean };
let tellNotices: ((change: (all: Notice[]) => Notice[]) => void) | null = null;
let lastNotice = 0;

export function notify(text: string, isBad = false): void {
  const notice = { id: ++lastNotice, text, isBad };
  tellNotices?.((all) => [...all, notice].slice(-4));
  window.setTimeout(() => tellNotices?.((all) => all.filter((one) => one.id !== notice.id)), isBad ? 12000 : 5000);
}

export function notifyError(e: unknown): void {
  if (e instanceof ApiError && e.status === 412) return notify(t("error.stale"), true);
  notify(e instanceof Error ? plain(e.message) : String(e), true);
}

export function Notices(): VNode {
  const [all, setAll] = useState<Notice[]>([]);
  tellNotices = setAll;
  return (
    <div class="notices" role="status" aria-live="polite">
      {all.map((one) => (
        <p key={one.id} class={one.isBad ? "notice bad" : "notice"}>
          {one.text}
          <button type="button" class="plain" aria-label={t("close")} onClick={() => setAll((now) => now.filter((x) => x.id !== one.id))}>×</button>
        </p>
      ))}
    </div>
  );
}

/** A button that does something at the gateway: not twice at a time, and its failure is a notice. */
export function Act(props: {
  children: ComponentChildren; do: () => Promise<unknown>; done?: string; tone?: "bad" | "first"; label?: string; disabled?: boolean;
}): VNode {
  const [isBusy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      await props.do();
      if (props.done) notify(props.done);
    } catch (e) {
      notifyError(e);
    }
    setBusy(false);
  };
  return (
    <button type="button" class={props.tone} disabled={isBusy || props.disabled} aria-label={props.label} onClick={() => void act()}>
      {props.children}
    </button>
  );
}

/** The browser's own dialog: it keeps the focus, and Escape closes it, but not while it is busy. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; isWide?: boolean; isBusy?: boolean }): VNode {
  const node = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    node.current?.showModal();
  }, []);
  // A second Escape closes it without asking, whatever became of the first: it is opened again.
  const closed = () => (props.isBusy ? node.current?.showModal() : props.onClose());
  return (
    <dialog ref={node} aria-label={props.title} class={props.isWide ? "wide" : undefined} onClose={closed}
      onCancel={(e) => props.isBusy && e.preventDefault()}>
      <div class="dialog-head">
        <h2>{props.title}</h2>
        <button type="button" class="plain" aria-label={t("close")} disabled={props.isBusy} onClick={() => node.current?.close()}>×</button>
      </div>
      {props.children}
    </dialog>
  );
}

/**
 * A form in a dialog. Its faults are shown in it, and nothing that was typed is lost. It stays until its request is answered: what was closed
 * before would be done all the same, and done again by who opens another.
 */
export function FormDialog(props: {
  title: string; onClose: () => void; children: ComponentChildren; submit: string; send: () => Promise<unknown>; isBad?: boolean;
  isWide?: boolean;
}): VNode {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const isGone = useRef(false);
  useEffect(() => () => void (isGone.current = true), []);
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await props.send();
      if (!isGone.current) props.onClose();
    } catch (fault) {
      // Its page was left meanwhile.
      if (isGone.current) return notifyError(fault);
      setError(fault instanceof ApiError ? fault : new ApiError(0, "defect", String(fault)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose} isWide={props.isWide} isBusy={isBusy}>
      <form onSubmit={(e) => void send(e)}>
        {props.children}
        {error && <Fault error={error} />}
        <div class="dialog-foot">
          <button type="button" disabled={isBusy} onClick={props.onClose}>{t("cancel")}</button>
          <button type="submit" class={props.isBad ? "bad" : "first"} disabled={isBusy}>{props.submit}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Field(props: {
  label: string; value: string; set: (value: string) => void; hint?: string; type?: "text" | "search" | "date" | "month" | "number"; required?: boolean; rows?: number;
  placeholder?: string; isCode?: boolean;
}): VNode {
  const shared = {
    value: props.value, required: props.required, placeholder: props.placeholder, class: props.isCode ? "code" : undefined,
    onInput: (e: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => props.set(e.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.rows ? <textarea {...shared} rows={props.rows} spellcheck={!props.isCode} /> : <input {...shared} type={(props.type ?? "text") as "text"} autocomplete="off" />}
      {props.hint && <small>{props.hint}</small>}
    </label>
  );
}

export function Choice(props: {
  label: string; value: string; set: (value: string) => void; of: { value: string; text: string }[]; required?: boolean;
}): VNode {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={props.value} required={props.required} onChange={(e) => props.set(e.currentTarget.value)}>
        {props.of.map((one) => <option key={one.value} value={one.value}>{plain(one.text)}</option>)}
      </select>
    </label>
  );
}

/** Any number of members of a set, as text with commas between; none: all of them. */
export function Choices(props: { label: string; value: string; set: (value: string) => void; of: { value: string; text: string }[] }): VNode {
  const chosen = props.value.split(",").filter(Boolean);
  const texts = props.of.filter((one) => chosen.includes(one.value)).map((one) => one.text);
  const turn = (value: string, isOn: boolean) => props.set([...chosen.filter((one) => one !== value), ...(isOn ? [value] : [])].join());
  return (
    <div class="field choices">
      <span>{props.label}</span>
      <details>
        <summary aria-label={`${props.label}: ${texts.join(", ") || t("any")}`}>{texts.length > 1 ? t("chosen", { count: texts.length }) : (texts[0] ?? t("any"))}</summary>
        <div class="choice-list" role="group" aria-label={props.label}>
          {props.of.map((one) => (
            <label key={one.value}><input type="checkbox" checked={chosen.includes(one.value)} onChange={(e) => turn(one.value, e.currentTarget.checked)} /> {plain(one.text)}</label>
          ))}
        </div>
      </details>
    </div>
  );
}

export function Toggle(props: { label: string; hint?: string; value: boolean; set: (value: boolean) => void; disabled?: boolean }): VNode {
  return (
    <label class="toggle">
      <input type="checkbox" role="switch" checked={props.value} disabled={props.disabled}
        onChange={(e) => props.set(e.currentTarget.checked)} />
      <span>{props.label}{props.hint && <small>{props.hint}</small>}</span>
    </label>
  );
}

/** Pairs of a name and what it is. */
export function Facts(props: { of: [string, ComponentChildren][] }): VNode {
  return <dl class="facts">{props.of.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

export function Card(props: { title: string; children: ComponentChildren; actions?: ComponentChildren }): VNode {
  return (
    <section class="card">
      <div class="card-head"><h2>{props.title}</h2>{props.actions && <div class="actions">{props.actions}</div>}</div>
      {props.children}
    </section>
  );
}

/** All members of a closed set as choices, behind one that chooses none. */
export function choicesOf(set: string, members: string[], none: Word): { value: string; text: string }[] {
  return [{ value: "", text: t(none) }, ...members.map((value) => ({ value, text: named(set, value) }))];
}
