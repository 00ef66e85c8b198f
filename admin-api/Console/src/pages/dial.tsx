import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, ask, once, type Schema } from "../api";
import { all, useData } from "../data";
import { act } from "../phone/phone";
import { query } from "../route";
import { named, plain, t } from "../text";
import { Act, Badge, Card, Choice, Field } from "../ui";

type Contact = Schema["ContactView"];

/** Milliseconds after the last key. */
const pause = 400;

const tones = {
  permanent: "good", temporary: "good", requested: "busy", none: "quiet", declined: "bad", revoked: "bad", expired: "quiet",
} as const;

const isId = (typed: string) => /[a-z]/i.test(typed);

/**
 * What is dialled for a number, which the API reads alike (PhoneText): "(0)" is dialled only within a country; Italy, San Marino and the
 * Vatican dial theirs from abroad too.
 */
function dialled(typed: string): string {
  const kept = typed.replace(/[^0-9+*#()]/g, "");
  return (/^\+?(39|378|379)\(0\)/.test(kept) ? kept : kept.replaceAll("(0)", "")).replace(/[()]/g, "");
}

/** A call to a user, by a number that is chosen before; what they permit is shown before too. */
export function Dial(props: { isReady: boolean }): VNode {
  const [user, setUser] = useState(query().get("to") ?? "");
  const [typed, setTyped] = useState(user);
  const [chosen, setChosen] = useState("");
  const channels = useData(
    () => all((cursor) => ask(api.GET("/v1/channels", { params: { query: { limit: 500, cursor } } }))), [], ["channel."]).data ?? [];
  const channel = channels.find((one) => one.id === chosen) ?? channels[0];
  useEffect(() => {
    const timer = window.setTimeout(() => setTyped(user.trim()), pause);
    return () => window.clearTimeout(timer);
  }, [user]);
  const contact = useData(async (): Promise<Contact | null> => {
    if (typed.length < 5 || !channel) return null;
    const who = isId(typed) ? { userId: typed } : { phone: typed };
    const { items } = await ask(api.GET("/v1/contacts", { params: { query: { ...who, channel: channel.id, limit: 1 } } }));
    return items[0] ?? null;
  }, [typed, channel?.id], ["permission."]);
  const permission = contact.data?.permission ?? "none";
  const dial = (e: Event) => {
    e.preventDefault();
    const number = isId(user) ? user.trim() : dialled(user);
    if (number && props.isReady) act({ do: "dial", user: number, channel: channel?.id ?? "", business: channel ? `+${channel.number}` : null });
  };
  return (
    <Card title={t("dial")}>
      <form class="step" onSubmit={dial}>
        <Field label={t("user")} value={user} set={setUser} placeholder="+49 …" required />
        <Choice label={t("dial.by")} value={channel?.id ?? ""} set={setChosen}
          of={channels.map((one) => ({ value: one.id, text: `${plain(one.name)} +${one.number}` }))} />
        {typed.length >= 5 && channel && !contact.error && (
          <p role="status">
            {t("permission")}: <Badge tone={tones[permission]}>{named("permission", permission)}</Badge>
            {contact.data && !contact.data.mayBeCalled && <small class="quiet"> {t("dial.mayNot")}</small>}
          </p>
        )}
        {contact.error && <p class="quiet" role="status">{plain(contact.error.message)}</p>}
        <div class="actions">
          <button type="submit" class="first" disabled={!props.isReady}>{t("callBack")}</button>
          {typed.length >= 5 && channel && !contact.data?.mayBeCalled && (
            <Act done={t("contact.asked")} do={async () => {
              await ask(api.POST("/v1/permission-requests", { params: { header: once() }, body: { channel: channel.id, user: typed } }));
              contact.reload();
            }}>{t("contact.ask")}</Act>
          )}
        </div>
        {!props.isReady && <p class="quiet">{t("dial.notReady")}</p>}
      </form>
    </Card>
  );
}
