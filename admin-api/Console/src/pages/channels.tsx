import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ApiError, ask, match, type Schema } from "../api";
import { useData, usePages } from "../data";
import { may } from "../rights";
import { named, plain, t } from "../text";
import { Act, Badge, Card, Facts, Fault, Field, FormDialog, Link, Loaded, Name, notify, notifyError, Page, PagedTable, Table, Toggle, When } from "../ui";

type Channel = Schema["ChannelView"];
type Patch = Schema["ChannelPatch"];

const changes = ["channel."];

export function Channels(): VNode {
  const pages = usePages((cursor) => ask(api.GET("/v1/channels", { params: { query: { cursor } } })), [], changes);
  return (
    <Page title={t("channels")}>
      <PagedTable pages={pages} caption={t("channels")} keyOf={(one) => one.id} empty={t("channel.none")} columns={[
        { head: t("channel"), cell: (one) => <Link to={`/channels/${one.id}`}><Name text={one.name || `+${one.number}`} /></Link> },
        { head: t("number"), cell: (one) => `+${one.number}` },
        { head: named("direction", "inbound"), cell: (one) => <Allowed of={one.inbound} /> },
        { head: named("direction", "outbound"), cell: (one) => <Allowed of={one.outbound} /> },
        { head: t("account"), cell: (one) => (one.account ? <Link to={`/accounts/${one.account}`}>{one.account}</Link> : "–") },
        { head: "Meta", cell: (one) => <MetaState of={one} /> },
      ]} />
    </Page>
  );
}

function Allowed(props: { of: Schema["DirectionView"] }): VNode {
  return props.of.isAllowed ? <Badge tone="good">{t("allowed")}</Badge> : <Badge tone="bad">{named("cause", props.of.cause)}</Badge>;
}

function MetaState(props: { of: Channel }): VNode {
  const { meta } = props.of;
  return meta.error ? <Badge tone="bad">{t("channel.error")}</Badge>
    : meta.drift.length > 0 ? <Badge tone="busy">{t("channel.drift")}</Badge>
    : <Badge tone={meta.isUpToDate ? "good" : "quiet"}>{meta.isUpToDate ? t("channel.upToDate") : t("channel.pending")}</Badge>;
}

/** A business number: what it may, its hours and countries, and where Meta's settings differ. */
export function ChannelPage(props: { id: string }): VNode {
  const path = { path: { id: props.id } };
  const [isEditing, setEditing] = useState(false);
  const [areHours, setHours] = useState(false);
  const state = useData(() => ask(api.GET("/v1/channels/{id}", { params: path })), [props.id], changes);
  const admin = may("admin");
  const change = async (channel: Channel, body: Patch) => {
    try {
      await ask(api.PATCH("/v1/channels/{id}", { params: { ...path, header: match(channel.version) }, body }));
    } catch (e) {
      notifyError(e);
    }
    state.reload();
  };
  return (
    <Page title={t("channel")} actions={<Link to="/channels" class="button">{t("channels")}</Link>}>
      <Loaded state={state}>
        {(channel) => (
          <div class="cards">
            <Card title={plain(channel.name) || `+${channel.number}`} actions={admin && <button type="button" onClick={() => setEditing(true)}>{t("edit")}</button>}>
              <Facts of={[
                [t("number"), `+${channel.number}`], [t("country"), channel.country ?? "–"],
                [named("direction", "inbound"), <><Allowed of={channel.inbound} /> {channel.inbound.reason}</>],
                [named("direction", "outbound"), <><Allowed of={channel.outbound} /> {channel.outbound.reason}</>],
                [t("account"), channel.account ? <Link to={`/accounts/${channel.account}`}>{channel.account}</Link> : "–"],
                [t("channel.maxCall"), channel.maxCallSeconds ? `${channel.maxCallSeconds} s` : "–"],
                [t("channel.countries"), channel.iconCountries.join(", ") || t("all")],
                [t("channel.routes"), channel.routes.map((one) => one.trunk + (one.target ? ` → ${one.target}` : "")).join(", ") || t("channel.byConfiguration")],
              ]} />
            </Card>
            <Card title={t("channel.toggles")}>
              {(["callingEnabled", "contactsMayCall", "weMayCall", "callbackPermission", "iconIsVisible", "asksPermission"] as const).map((one) => (
                <Toggle key={one} label={t(`channel.${one}`)} value={channel[one]} disabled={!admin} set={(value) => void change(channel, { [one]: value })} />
              ))}
            </Card>
            <Card title={t("channel.hours")} actions={admin && <button type="button" onClick={() => setHours(true)}>{t("edit")}</button>}>
              {channel.callHoursFault && <p class="fault" role="alert">{channel.callHoursFault}</p>}
              {channel.callHours ? (
                <Table caption={t("channel.hours")} rows={channel.callHours.week ?? []} keyOf={(one) => `${one.day}${one.open}`} empty={t("channel.never")} columns={[
                  { head: t("day"), cell: (one) => named("day", one.day) },
                  { head: t("from"), isNumber: true, cell: (one) => colon(one.open) }, { head: t("to"), isNumber: true, cell: (one) => colon(one.close) },
                ]} />
              ) : <p>{t("channel.always")}</p>}
              {channel.callHours && <p class="quiet">{channel.callHours.timeZone} · {t("channel.nextOpening")}: <When at={channel.nextOpening} /></p>}
            </Card>
            <Card title="Meta" actions={admin && channel.meta.drift.length > 0 && (
              <>
                {(["push", "adopt"] as const).map((direction) => (
                  <Act key={direction} do={async () => {
                    await ask(api.POST("/v1/channels/{id}/reconcile", { params: { ...path, header: match(channel.version) }, body: { direction } }));
                    state.reload();
                  }}>{t(`channel.${direction}`)}</Act>
                ))}
              </>
            )}>
              <p><MetaState of={channel} /> <When at={channel.meta.readAt} /></p>
              {channel.meta.error && <Fault error={new ApiError(200, "meta", channel.meta.error)} />}
              {channel.meta.drift.length > 0 && (
                <Table caption={t("channel.drift")} rows={channel.meta.drift} keyOf={(one) => one.setting} empty="" columns={[
                  { head: t("channel.setting"), cell: (one) => one.setting }, { head: t("channel.ours"), cell: (one) => one.ours },
                  { head: "Meta", cell: (one) => one.metas },
                ]} />
              )}
              {channel.restrictions.map((one) => (
                <p key={one.type}><Badge tone={one.isInForce ? "bad" : "quiet"}>{one.type}</Badge> <Name text={one.reason} /> <When at={one.expiresAt} /></p>
              ))}
            </Card>
            {isEditing && <Edit channel={channel} onClose={() => setEditing(false)} reload={state.reload} />}
            {areHours && <Hours channel={channel} onClose={() => setHours(false)} reload={state.reload} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const colon = (time: string | null | undefined) => (time ? `${time.slice(0, 2)}:${time.slice(2)}` : "–");

/** Saves over the channel as it was when the form was opened: over what somebody else has changed meanwhile it is refused. */
function Edit(props: { channel: Channel; onClose: () => void; reload: () => void }): VNode {
  const [channel] = useState(props.channel);
  const [name, setName] = useState(channel.name);
  const [countries, setCountries] = useState(channel.iconCountries.join(" "));
  const [max, setMax] = useState(String(channel.maxCallSeconds ?? ""));
  return (
    <FormDialog title={t("edit")} submit={t("save")} onClose={props.onClose} send={async () => {
      const given = countries.toUpperCase().split(/[\s,]+/).filter(Boolean);
      await ask(api.PATCH("/v1/channels/{id}", {
        params: { path: { id: channel.id }, header: match(channel.version) },
        body: { name, maxCallSeconds: Number(max || 0), ...(given.join() === channel.iconCountries.join() ? {} : { iconCountries: given }) },
      })).finally(props.reload);
    }}>
      <Field label={t("name")} value={name} set={setName} />
      <Field label={t("channel.countries")} value={countries} set={setCountries} hint={t("channel.countries.hint")} />
      <Field label={t("channel.maxCall")} value={max} set={setMax} type="number" hint={t("channel.maxCall.hint")} />
    </FormDialog>
  );
}

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** A line a day: 0900-1200 1300-1700, or nothing where it stays closed. Saves over the channel as it was, likewise. */
function Hours(props: { channel: Channel; onClose: () => void; reload: () => void }): VNode {
  const [channel] = useState(props.channel);
  const old = channel.callHours;
  const [zone, setZone] = useState(old?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [week, setWeek] = useState<Record<string, string>>(Object.fromEntries(days.map((day) => [
    day, (old?.week ?? []).filter((one) => one.day === day).map((one) => `${one.open}-${one.close}`).join(" "),
  ])));
  const params = { path: { id: channel.id }, header: match(channel.version) };
  return (
    <FormDialog title={t("channel.hours")} submit={t("save")} onClose={props.onClose} send={async () => {
      const lines = days.flatMap((day) => (week[day] ?? "").replaceAll(":", "").split(/[\s,]+/).filter(Boolean)
        .map((span) => ({ day, open: span.split(/[-–]/)[0] ?? "", close: span.split(/[-–]/)[1] ?? "" })));
      await ask(api.PUT("/v1/channels/{id}/call-hours", { params, body: { timeZone: zone, week: lines, holidays: old?.holidays ?? [] } }))
        .finally(props.reload);
      notify(t("saved"));
    }}>
      <Field label={t("timeZone")} value={zone} set={setZone} required />
      <p class="quiet">{t("channel.hours.hint")}</p>
      {days.map((day) => <Field key={day} label={named("day", day)} value={week[day] ?? ""} set={(value) => setWeek({ ...week, [day]: value })} />)}
      {old && <Act tone="bad" do={async () => { await ask(api.DELETE("/v1/channels/{id}/call-hours", { params })).finally(props.reload); props.onClose(); }}>{t("channel.always")}</Act>}
    </FormDialog>
  );
}
