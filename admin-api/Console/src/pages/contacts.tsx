import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, once, type Schema } from "../api";
import { useData, usePages } from "../data";
import { may } from "../rights";
import { go, useQuery } from "../route";
import { named, number, plain, t } from "../text";
import { Act, Badge, Card, Choice, choicesOf, Facts, Field, FormDialog, Link, Loaded, PagedTable, Page, type Tone, When } from "../ui";
import { Timeline } from "./call";
import { Incoming } from "./incoming";
import { CallBack } from "./missed";
import { useChannels, User } from "./shared";

type Contact = Schema["ContactView"];

const tones: Record<Contact["permission"], Tone> = {
  permanent: "good", temporary: "good", requested: "busy", none: "quiet", declined: "bad", revoked: "bad", expired: "quiet",
};

const events = ["permission.", "window."];

export function Contacts(): VNode {
  const [phone, setPhone] = useQuery("phone");
  const [permission, setPermission] = useQuery("permission");
  const [channel, setChannel] = useQuery("channel");
  const [isAsking, setAsking] = useState(false);
  const channels = useChannels();
  const isId = /[a-z]/i.test(phone);
  const pages = usePages((cursor) => ask(api.GET("/v1/contacts", {
    params: {
      query: {
        phone: phone && !isId ? phone : undefined, userId: isId ? phone : undefined, channel: channel || undefined,
        permission: (permission || undefined) as Contact["permission"] | undefined, cursor,
      },
    },
  })), [phone, permission, channel], events);
  return (
    <Page title={t("contacts")} actions={may("operate") && <button type="button" onClick={() => setAsking(true)}>{t("contact.ask")}</button>}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("user")} type="search" value={phone} set={setPhone} placeholder="+49 …" />
        <Choice label={t("permission")} value={permission} set={setPermission} of={choicesOf("permission", Object.keys(tones), "any")} />
        <Choice label={t("channel")} value={channel} set={setChannel}
          of={[{ value: "", text: t("any") }, ...[...channels].map(([value, name]) => ({ value, text: name }))]} />
      </form>
      <PagedTable pages={pages} caption={t("contacts")} keyOf={(one) => one.id} empty={t("contact.none")} columns={[
        { head: t("user"), cell: (one) => <User name={one.name} handle={one.phone ?? one.userId} contact={one.id} /> },
        { head: t("channel"), cell: (one) => channels.get(one.channel) ?? one.channel },
        { head: t("permission"), cell: (one) => <Badge tone={tones[one.permission]}>{named("permission", one.permission)}</Badge> },
        { head: t("expires"), cell: (one) => <When at={one.expiresAt} /> },
        { head: t("contact.window"), cell: (one) => (one.windowIsOpen ? <When at={one.windowUntil} /> : t("closed")) },
        { head: t("contact.lastTalk"), cell: (one) => <When at={one.lastConnectedAt} /> },
      ]} />
      {isAsking && <Ask channels={channels} onClose={() => setAsking(false)} onAsked={pages.reload} />}
    </Page>
  );
}

function Ask(props: { channels: Map<string, string>; onClose: () => void; onAsked: () => void }): VNode {
  const [channel, setChannel] = useState("");
  const [user, setUser] = useState("");
  const [key] = useState(crypto.randomUUID());
  return (
    <FormDialog title={t("contact.ask")} submit={t("contact.ask")} onClose={props.onClose} send={async () => {
      await ask(api.POST("/v1/permission-requests", { params: { header: once(key) }, body: { channel, user } }));
      props.onAsked();
    }}>
      <Field label={t("user")} value={user} set={setUser} required placeholder="+49 …" />
      <Choice label={t("channel")} value={channel} set={setChannel} required
        of={[{ value: "", text: t("choose") }, ...[...props.channels].map(([value, name]) => ({ value, text: name }))]} />
    </FormDialog>
  );
}

/** What a user permits, whether they may be asked now, and all that happened with them. */
export function ContactPage(props: { id: number }): VNode {
  const path = { path: { id: props.id } };
  const channels = useChannels();
  const [isCalling, setCalling] = useState(false);
  const state = useData(() => ask(api.GET("/v1/contacts/{id}", { params: path })), [props.id], events);
  const timeline = usePages(
    (cursor) => ask(api.GET("/v1/contacts/{id}/events", { params: { ...path, query: { cursor } } })), [props.id], ["call.", ...events]);
  return (
    <Page title={t("contact")} actions={<Link to="/contacts" class="button">{t("contacts")}</Link>}>
      <Loaded state={state}>
        {({ contact, nextRequest, requests }) => (
          <>
            <Incoming of={[contact.phone, contact.userId]} />
            <div class="cards">
              <Card title={plain(contact.name ?? "") || t("contact")} actions={may("operate") && (
                <>
                  <button type="button" class="first" disabled={!contact.mayBeCalled} onClick={() => setCalling(true)}>{t("callBack")}</button>
                  <button type="button" onClick={() => go(`/missed?state=all&user=${contact.phone ?? contact.userId ?? ""}`)}>{t("missed")}</button>
                </>
              )}>
                <Facts of={[
                  [t("user"), <User handle={contact.phone ?? contact.userId} />],
                  [t("channel"), channels.get(contact.channel) ?? contact.channel],
                  [t("contact.mayBeCalled"), contact.mayBeCalled ? t("yes") : t("no")],
                  [t("contact.unanswered"), number(contact.unanswered)],
                  [t("contact.lastTalk"), <When at={contact.lastConnectedAt} />],
                  [t("contact.window"), contact.windowIsOpen ? <When at={contact.windowUntil} /> : t("closed")],
                ]} />
              </Card>
              <Card title={t("permission")} actions={may("operate") && (
                <>
                  <Act disabled={!nextRequest.isAllowed} done={t("contact.asked")} do={async () => {
                    await ask(api.POST("/v1/permission-requests", {
                      params: { header: once() }, body: { channel: contact.channel, user: contact.phone ?? contact.userId ?? "" },
                    }));
                    state.reload();
                  }}>{t("contact.ask")}</Act>
                  <Act do={async () => { await ask(api.POST("/v1/contacts/{id}/refresh", { params: path })); state.reload(); }}>{t("contact.refresh")}</Act>
                  <Act tone="bad" do={async () => { await ask(api.POST("/v1/contacts/{id}/revoke", { params: path, body: {} })); state.reload(); }}>{t("contact.revoke")}</Act>
                </>
              )}>
                <Facts of={[
                  [t("state"), <Badge tone={tones[contact.permission]}>{named("permission", contact.permission)}</Badge>],
                  [t("since"), <When at={contact.since} />],
                  [t("expires"), <When at={contact.expiresAt} />],
                  [t("contact.decidedBy"), named("decider", contact.decidedBy)],
                  [t("contact.mayBeAsked"), nextRequest.isAllowed ? t("yes") : `${t("no")}: ${nextRequest.text ?? ""}`],
                  [t("contact.freeAt"), <When at={nextRequest.freeAt} />],
                  [t("contact.requests"), number(requests.length)],
                ]} />
              </Card>
            </div>
            {isCalling && <CallBack row={{ user: contact.phone ?? contact.userId ?? "", channel: contact.channel, contact: contact.id }} onClose={() => setCalling(false)} />}
          </>
        )}
      </Loaded>
      <h2>{t("timeline")}</h2>
      <Loaded state={timeline}>
        {(rows) => <><Timeline events={rows} />{timeline.more && <p class="more"><button type="button" onClick={timeline.more}>{t("more")}</button></p>}</>}
      </Loaded>
    </Page>
  );
}
