import type { VNode } from "preact";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { named, number, plain, t } from "../text";
import { Badge, Link, Loaded, Page, Table, When } from "../ui";

type CallTrace = Schema["CallTraceView"];
type Entry = Schema["TraceEntryView"];

/** What a node has noted of a call in progress is asked for again and again. */
const look = 2000;

/** Where the sides stand in the drawing. */
const places = { whatsapp: 24, none: 100, pbx: 176 } as const;
const [width, height, middle] = [200, 28, 14];

/** A message as an arrow between the sides, what one side does by itself as a dot. */
function Arrow(props: { of: Entry }): VNode {
  const { peer, direction, isFailure } = props.of;
  const [far, near] = [places[peer], places.none];
  const isArrow = direction !== "none" && peer !== "none";
  const [from, to] = direction === "in" ? [far, near] : [near, far];
  const point = to > from ? to - 7 : to + 7;
  const sides = [named("tracePeer", direction === "in" ? peer : "none"), named("tracePeer", direction === "in" ? "none" : peer)];
  const label = isArrow ? t("trace.way", { from: sides[0] ?? "", to: sides[1] ?? "" }) : named("tracePeer", peer);
  return (
    <svg class={isFailure ? "ladder bad" : "ladder"} viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      {Object.values(places).map((x) => <line key={x} class="life" x1={x} x2={x} y1={0} y2={height} />)}
      {isArrow
        ? <><line x1={from} x2={point} y1={middle} y2={middle} /><path d={`M${to} ${middle}L${point} ${middle - 4}V${middle + 4}Z`} /></>
        : <circle cx={far} cy={middle} r={4} />}
    </svg>
  );
}

function Ladder(props: { trace: CallTrace }): VNode {
  const { trace } = props;
  const start = Date.parse(trace.startedAt);
  return (
    <>
      {trace.summary && <p><strong>{plain(trace.summary)}</strong></p>}
      {trace.leftOut > 0 && <p class="quiet">{t("trace.leftOut", { count: trace.leftOut })}</p>}
      <Table caption={t("trace")} rows={trace.entries.map((entry, i) => ({ entry, i }))} keyOf={(one) => one.i} empty={t("trace.empty")} columns={[
        { head: t("trace.after"), isNumber: true, cell: ({ entry }) => `${number((Date.parse(entry.at) - start) / 1000, 3, 3)} s` },
        { head: (["whatsapp", "none", "pbx"] as const).map((side) => named("tracePeer", side)).join(" · "), cell: ({ entry }) => <Arrow of={entry} /> },
        { head: t("kind"), cell: ({ entry }) => <Badge tone={entry.isFailure ? "bad" : "quiet"}>{named("traceKind", entry.kind)}</Badge> },
        { head: t("event"), cell: ({ entry }) => <Step entry={entry} /> },
      ]} />
    </>
  );
}

function Step(props: { entry: Entry }): VNode {
  const { entry } = props;
  const notes = [
    entry.trunk, entry.codecs, entry.durationMs === null ? null : `${number(entry.durationMs, 1)} ms`,
  ].filter((one): one is string => !!one).map(plain).join(" · ");
  return (
    <div class="step-text">
      <bdi>{plain(entry.summary)}</bdi> {notes && <small class="quiet">{notes}</small>}
      {entry.details && <details><summary>{t("details")}</summary><pre>{lines(entry.details)}</pre></details>}
    </div>
  );
}

/** Text of several lines, each without what turns the direction of writing. */
const lines = (text: string) => text.split(/\r?\n/).map(plain).join("\n");

/** A call's trace, where one is kept. */
export function Trace(props: { id: string }): VNode {
  const state = useData(() => ask(api.GET("/v1/calls/{id}/trace", { params: { path: { id: props.id } } })), [props.id]);
  if (state.error?.status === 404) return <p class="empty">{t("trace.none")}</p>;
  return <Loaded state={state}>{(trace) => <Ladder trace={trace} />}</Loaded>;
}

/** The trace of a call in progress, as far as it has come. */
export function TracePage(props: { id: string }): VNode {
  const state = useData(() => ask(api.GET("/v1/calls/{id}/trace", { params: { path: { id: props.id } } })), [props.id], ["call."], look);
  const isOver = state.data !== undefined && !state.data.isLive;
  return (
    <Page title={t("trace")} actions={isOver ? <Link to={`/calls/${props.id}`} class="button">{t("call")}</Link> : <Link to="/" class="button">{t("live")}</Link>}>
      {state.error?.status === 404 ? <p class="empty">{t("trace.none")}</p> : (
        <Loaded state={state}>
          {(trace) => (
            <>
              <p class="quiet">{named("direction", trace.direction)} · <When at={trace.startedAt} /> · {trace.node} {trace.isLive && <Badge tone="good">{named("state", "live")}</Badge>}</p>
              <Ladder trace={trace} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}
