import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { usePages } from "../data";
import { useQuery } from "../route";
import { t } from "../text";
import { Dialog, Field, PagedTable, Page, When } from "../ui";

/** Every change, by whom, with before and after. */
export function Audit(): VNode {
  const [actor, setActor] = useQuery("actor");
  const [subject, setSubject] = useQuery("subject");
  const [shown, setShown] = useState<Schema["AuditView"]>();
  const pages = usePages((cursor) => ask(api.GET("/v1/audit", {
    params: { query: { actor: actor || undefined, subject: subject || undefined, cursor } },
  })), [actor, subject]);
  return (
    <Page title={t("audit")}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("actor")} type="search" value={actor} set={setActor} placeholder="key:…" />
        <Field label={t("subject")} type="search" value={subject} set={setSubject} placeholder="channel:…" />
      </form>
      <PagedTable pages={pages} caption={t("audit")} keyOf={(one) => one.id} empty={t("audit.none")} columns={[
        { head: t("time"), cell: (one) => <When at={one.at} /> },
        { head: t("actor"), cell: (one) => <code>{one.actor}</code> },
        { head: t("action"), cell: (one) => <code>{one.action}</code> },
        { head: t("subject"), cell: (one) => <code>{one.subject}</code> },
        { head: "", cell: (one) => <button type="button" aria-label={`${t("details")}: ${one.action} ${one.subject}`} onClick={() => setShown(one)}>{t("details")}</button> },
      ]} />
      {shown && (
        <Dialog title={`${shown.action} ${shown.subject}`} isWide onClose={() => setShown(undefined)}>
          <h3>{t("before")}</h3><pre tabIndex={0}>{shown.before ? JSON.stringify(shown.before, null, 2) : "–"}</pre>
          <h3>{t("after")}</h3><pre tabIndex={0}>{shown.after ? JSON.stringify(shown.after, null, 2) : "–"}</pre>
        </Dialog>
      )}
    </Page>
  );
}
