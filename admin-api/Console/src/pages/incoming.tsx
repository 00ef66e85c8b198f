// A call that rings at the phone of this browser: on the phone's page, beside the queue, and on the page of who calls. Accepted or declined in one
// of them, it is so in all.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { api, ask } from "../api";
import { useData } from "../data";
import { act, usePhone } from "../phone/phone";
import { hasPhone } from "../rights";
import { plain, t } from "../text";
import { Card, Facts, Link, Loaded, Name, Table, Timer, When } from "../ui";
import { Cause, Direction, User } from "./shared";

/** Earlier calls of the user that are shown. */
const shown = 5;

/** What a call's user is called by in queries: digits of a number, or an id. */
const asked = (user: string) => user.replace(/^\+/, "");

/** @param props.of Only a call of this user, by number or id; any where it is left out. */
export function Incoming(props: { of?: (string | null)[] }): VNode | null {
  const { call } = usePhone();
  const rings = hasPhone && call?.direction === "inbound" && call.state === "ringing" && (!props.of || props.of.includes(asked(call.user)));
  useEffect(() => {
    if (!rings) return;
    const press = (e: KeyboardEvent) => {
      if (!e.altKey || !e.shiftKey || (e.code !== "KeyA" && e.code !== "KeyD")) return;
      e.preventDefault();
      act({ do: e.code === "KeyA" ? "accept" : "decline" });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [rings]);
  if (!rings) return null;
  return (
    <div class="incoming">
      <p class="hidden" role="alert">{t("phone.rings")}: {plain(call.name ?? call.user)}</p>
      <Card title={`${t("phone.rings")} · ${plain(call.name ?? call.user)}`}>
        <Facts of={[
          [t("user"), <User handle={asked(call.user)} />],
          [t("number"), <Name text={call.business} />],
          ...(call.payload ? [[t("phone.payload"), <Name text={call.payload} />] as [string, VNode]] : []),
          [t("phone.ringsFor"), <Timer since={call.since} />],
        ]} />
        <div class="actions talk">
          <button type="button" class="first" aria-keyshortcuts="Alt+Shift+A" title="Alt+Shift+A" onClick={() => act({ do: "accept" })}>{t("phone.accept")}</button>
          <button type="button" class="bad" aria-keyshortcuts="Alt+Shift+D" title="Alt+Shift+D" onClick={() => act({ do: "decline" })}>{t("phone.decline")}</button>
        </div>
      </Card>
      {!props.of && <Earlier user={asked(call.user)} />}
    </div>
  );
}

/** The last calls with this user. */
function Earlier(props: { user: string }): VNode {
  const state = useData(async () => {
    const query = /^[0-9]+$/.test(props.user) ? { phone: props.user } : { userId: props.user };
    const [calls, contacts] = await Promise.all([
      ask(api.GET("/v1/calls", { params: { query: { user: props.user, limit: shown } } })),
      ask(api.GET("/v1/contacts", { params: { query: { ...query, limit: 1 } } })),
    ]);
    return { calls: calls.items, contact: contacts.items[0] };
  }, [props.user]);
  return (
    <Card title={t("phone.earlier")} actions={state.data?.contact && <Link to={`/contacts/${state.data.contact.id}`} class="button">{t("contact")}</Link>}>
      <Loaded state={state}>
        {({ calls }) => (
          <Table caption={t("phone.earlier")} rows={calls} keyOf={(one) => one.id} empty={t("phone.never")} columns={[
            { head: t("call.started"), cell: (one) => <Link to={`/calls/${one.id}`}><When at={one.startedAt} /></Link> },
            { head: t("direction"), cell: (one) => <Direction of={one.direction} /> },
            { head: t("agent"), cell: (one) => <Name text={one.agentId ?? one.agent} /> },
            { head: t("cause"), cell: (one) => <Cause of={one.cause} /> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}
