import type { VNode } from "preact";
import { api, ask, match, type Schema } from "../api";
import { usePages } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { clock, t } from "../text";
import { Act, Badge, Choice, Link, PagedTable, Page, When } from "../ui";
import { useChannels, User } from "./shared";

type Voicemail = Schema["VoicemailView"];

/** Messages that callers left: heard here, and closed. */
export function Voicemails(): VNode {
  const [closed, setClosed] = useQuery("closed", "false");
  const channels = useChannels();
  const pages = usePages((cursor) => ask(api.GET("/v1/voicemails", {
    params: { query: { closed: closed === "all" ? undefined : closed === "true", cursor } },
  })), [closed], ["voicemail."]);
  const mark = async (row: Voicemail, body: Schema["VoicemailMarks"]) => {
    await ask(api.PUT("/v1/voicemails/{id}", { params: { path: { id: row.id }, header: match(row.version) }, body }))
      .finally(pages.reload);
  };
  return (
    <Page title={t("voicemails")}>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Choice label={t("state")} value={closed} set={setClosed}
          of={[{ value: "false", text: t("voicemail.toDo") }, { value: "true", text: t("missed.closed") }, { value: "all", text: t("any") }]} />
      </form>
      <PagedTable pages={pages} caption={t("voicemails")} keyOf={(row) => row.id} empty={t("voicemail.none")} columns={[
        { head: t("user"), cell: (row) => <User name={row.userName} handle={row.user} contact={row.contact} /> },
        { head: t("time"), cell: (row) => <Link to={`/calls/${row.callId}`}><When at={row.leftAt} /></Link> },
        { head: t("channel"), cell: (row) => channels.get(row.channel) ?? row.channel },
        { head: t("group"), cell: (row) => row.group ?? "–" },
        { head: t("length"), isNumber: true, cell: (row) => clock(row.durationSeconds) },
        { head: t("state"), cell: (row) => <Badge tone={row.heardAt ? "quiet" : "busy"}>{row.heardAt ? t("voicemail.heard") : t("voicemail.new")}</Badge> },
        {
          head: t("voicemail.listen"), cell: (row) => may("operate") && (
            <audio controls preload="none" src={`/v1/voicemails/${row.id}/audio`} aria-label={t("voicemail.listen")}
              onEnded={() => row.heardAt || void mark(row, { heard: true, closed: row.closedAt !== null })} />
          ),
        },
        {
          head: "", cell: (row) => may("operate") && (
            <Act do={() => mark(row, { heard: true, closed: row.closedAt === null })}>{row.closedAt ? t("reopen") : t("missed.close")}</Act>
          ),
        },
      ]} />
    </Page>
  );
}
