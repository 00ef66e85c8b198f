import type { VNode } from "preact";
import { api, ask, fileAt, type Schema } from "../api";
import { useData } from "../data";
import { Plot, type Series } from "../plot";
import { useQuery } from "../route";
import { clock, day, hour, month, number, share, t } from "../text";
import { Card, Choice, Loaded, Page, Table } from "../ui";
import { Score, useChannels } from "./shared";

type Row = Schema["StatisticsView"];
type Part = "country" | "agent" | "group" | "channel" | "account";

const periods = { day: 1, week: 7, month: 30, quarter: 91, year: 365 } as const;
type Period = keyof typeof periods;

const dayMs = 86_400_000, hourMs = 3_600_000;

/** The begin and end of a period that ends with this hour, and what one point of a plot stands for. */
function rangeOf(period: Period): { from: string; to: string; by: "hour" | "day"; places: string[] } {
  const by = period === "day" ? "hour" : "day";
  const step = by === "hour" ? hourMs : dayMs;
  const end = Math.ceil((Date.now() + 1) / step) * step;
  // A year of whole months is read from fewer rows.
  const last = new Date(end - 1);
  const begin = period === "year" ? Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - 11, 1) : end - periods[period] * dayMs;
  const places: string[] = [];
  for (let at = begin; at < end; at += step) places.push(new Date(at).toISOString());
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString(), by, places };
}

/** Cost is counted by country in whole days; a year of them is shown by months. */
function costRangeOf(period: Period): { from: string; to: string; by: "day" | "month"; places: string[] } {
  if (period !== "year") {
    const end = Math.ceil((Date.now() + 1) / dayMs) * dayMs;
    const begin = end - periods[period] * dayMs;
    const places: string[] = [];
    for (let at = begin; at < end; at += dayMs) places.push(new Date(at).toISOString());
    return { from: new Date(begin).toISOString(), to: new Date(end).toISOString(), by: "day", places };
  }
  const now = new Date();
  const monthAt = (back: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString();
  return { from: monthAt(11), to: monthAt(-1), by: "month", places: Array.from({ length: 12 }, (_, i) => monthAt(11 - i)) };
}

/** The whole days that a range is in: parts are counted in those, and both ends of a question about them are taken down. */
function daysOf(range: { from: string; to: string }): { from: string; to: string } {
  const at = (time: string, round: (days: number) => number) => new Date(round(Date.parse(time) / dayMs) * dayMs).toISOString();
  return { from: at(range.from, Math.floor), to: at(range.to, Math.ceil) };
}

/** Countries that have a colour of their own; the others are one. */
const shownCountries = 4;

const refresh = 60_000;

/** How many called and were answered, how long they waited, how it sounded, and what it cost. */
export function Statistics(): VNode {
  const [chosen, setPeriod] = useQuery("period", "week");
  const [channel, setChannel] = useQuery("channel");
  const period = (chosen in periods ? chosen : "week") as Period;
  const channels = useChannels();
  const filter = { channel: channel || undefined };
  const state = useData(async () => {
    const range = rangeOf(period);
    const [total, line] = await Promise.all([
      ask(api.GET("/v1/statistics/calls", { params: { query: { ...filter, from: range.from, to: range.to } } })),
      ask(api.GET("/v1/statistics/calls", { params: { query: { ...filter, from: range.from, to: range.to, by: range.by } } })),
    ]);
    const rows = new Map(line.items.map((row) => [Date.parse(row.at ?? ""), row]));
    return { range, total: total.items[0], line: range.places.map((at) => rows.get(Date.parse(at))) };
  }, [period, channel], [], refresh);
  const link = () => {
    const { from, to, by } = rangeOf(period);
    return fileAt("/v1/statistics/calls/export", { ...filter, from, to, by });
  };
  return (
    <Page title={t("statistics")} actions={<a class="button" href={link()} download>{t("csv")}</a>}>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Choice label={t("period")} value={period} set={setPeriod}
          of={Object.keys(periods).map((value) => ({ value, text: t(`period.${value as Period}`) }))} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
      </form>
      <Loaded state={state}>
        {({ range, total, line }) => (
          <>
            <Totals row={total} />
            <div class="plots">
              <Plots line={line} labels={range.places.map(range.by === "hour" ? hour : day)} />
              <CostPlots period={period} channel={channel} />
            </div>
            {range.by === "hour" && <p class="quiet">{t("statistics.days", { from: day(range.from), to: day(Date.parse(range.to) - 1) })}</p>}
            <div class="cards wide">
              {(["country", "group", "agent", "account"] as const).map((part) => <Parts key={part} part={part} range={daysOf(range)} channel={channel} />)}
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Totals(props: { row: Row | undefined }): VNode {
  const { row } = props;
  if (!row) return <p class="empty">{t("statistics.none")}</p>;
  const figures: [string, string][] = [
    [t("calls"), number(row.calls)], [t("statistics.answerRate"), share(row.answerRate)], [t("statistics.missed"), number(row.missed)],
    [t("statistics.talk"), clock(row.talkSeconds)], [t("statistics.serviceLevel"), share(row.serviceLevel)],
    [t("statistics.wait"), row.averageWaitSeconds === null ? "–" : clock(row.averageWaitSeconds)],
    ...row.cost.map((one): [string, string] => [t("cost"), `${one.amount} ${one.currency}`]),
  ];
  return <div class="figures strip">{figures.map(([name, value], i) => <div class="figure" key={i}><strong>{value}</strong><span>{name}</span></div>)}</div>;
}

function Plots(props: { line: (Row | undefined)[]; labels: string[] }): VNode {
  const { line, labels } = props;
  const of = (name: string, color: number, value: (row: Row) => number | null | undefined): Series =>
    ({ name, color, values: line.map((row) => (row ? (value(row) ?? null) : null)) });
  return (
    <>
      <Plot title={t("plot.calls")} labels={labels} kind="bars" format={(value) => number(value, 1)} series={[
        of(t("answered"), 1, (row) => row.answered), of(t("statistics.missed"), 2, (row) => row.missed),
        of(t("statistics.other"), 3, (row) => row.calls - row.answered - row.missed),
      ]} />
      <Plot title={t("plot.serviceLevel")} labels={labels} kind="lines" max={1} format={share} series={[of(t("statistics.serviceLevel"), 1, (row) => row.serviceLevel)]} />
      <Plot title={t("plot.wait")} labels={labels} kind="lines" format={clock} series={[of(t("statistics.wait"), 4, (row) => row.averageWaitSeconds)]} />
      <Plot title={t("plot.quality")} labels={labels} kind="lines" min={1} max={5} format={(value) => number(value, 1)} series={[
        of("WhatsApp", 1, (row) => row.whatsApp.mos), of("PBX", 4, (row) => row.pbx.mos),
      ]} />
    </>
  );
}

/** Money by day and country, a plot for each currency. */
function CostPlots(props: { period: Period; channel: string }): VNode {
  const state = useData(async () => {
    const { from, to, by, places } = costRangeOf(props.period);
    const answer = await ask(api.GET("/v1/statistics/calls", { params: { query: { from, to, by: `${by},country`, channel: props.channel || undefined } } }));
    return { by, places, items: answer.items.filter((row) => row.cost.length > 0) };
  }, [props.period, props.channel], [], refresh);
  return (
    <Loaded state={state}>
      {({ by, places, items }) => {
        const currencies = [...new Set(items.flatMap((row) => row.cost.map((one) => one.currency)))].sort();
        const labels = places.map(by === "month" ? month : day);
        return <>{currencies.map((currency) => (
          <Plot key={currency} title={t("plot.cost", { currency })} labels={labels} kind="bars" format={(value) => number(value, 2)}
            series={countriesOf(items, currency, places)} />
        ))}</>;
      }}
    </Loaded>
  );
}

/** The countries that cost the most, and the sum of the others. */
function countriesOf(items: Row[], currency: string, places: string[]): Series[] {
  const place = new Map(places.map((at, i) => [Date.parse(at), i]));
  const sums = new Map<string, number[]>();
  for (const row of items) {
    const i = place.get(Date.parse(row.at ?? ""));
    const amount = Number(row.cost.find((one) => one.currency === currency)?.amount ?? 0);
    if (i === undefined || amount === 0) continue;
    const values = sums.get(row.country ?? "–") ?? places.map(() => 0);
    values[i] = (values[i] ?? 0) + amount;
    sums.set(row.country ?? "–", values);
  }
  const total = (values: number[]) => values.reduce((sum, one) => sum + one, 0);
  const sorted = [...sums].sort(([, a], [, b]) => total(b) - total(a));
  const rest = sorted.slice(shownCountries).map(([, values]) => values);
  const series = sorted.slice(0, shownCountries).map(([name, values], i): Series => ({ name, color: [1, 2, 4, 5][i] ?? 3, values }));
  if (rest.length > 0) series.push({ name: t("statistics.other"), color: 3, values: places.map((_, i) => total(rest.map((values) => values[i] ?? 0))) });
  return series;
}

function Parts(props: { part: Exclude<Part, "channel">; range: { from: string; to: string }; channel: string }): VNode {
  const { part, range } = props;
  const asked = { ...range, by: part, channel: props.channel || undefined };
  const state = useData(() => ask(api.GET("/v1/statistics/calls", { params: { query: asked } })), [part, range.from, props.channel], [], refresh);
  const nameOf = (row: Row) => row[part] ?? "–";
  const link = fileAt("/v1/statistics/calls/export", asked);
  return (
    <Card title={t(`statistics.by.${part}`)} actions={<a class="button" href={link} download>{t("csv")}</a>}>
      <Loaded state={state}>
        {({ items }) => (
          <Table caption={t(`statistics.by.${part}`)} rows={[...items].sort((a, b) => b.calls - a.calls).slice(0, 15)} keyOf={nameOf} empty={t("statistics.none")} columns={[
            { head: t(`part.${part}`), cell: nameOf },
            { head: t("calls"), isNumber: true, cell: (row) => number(row.calls) },
            { head: t("statistics.answerRate"), isNumber: true, cell: (row) => share(row.answerRate) },
            { head: t("statistics.talk"), isNumber: true, cell: (row) => clock(row.talkSeconds) },
            { head: "MOS", cell: (row) => <Score mos={row.whatsApp.mos} /> },
            { head: t("cost"), isNumber: true, cell: (row) => row.cost.map((one) => `${one.amount} ${one.currency}`).join(", ") || "–" },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}
