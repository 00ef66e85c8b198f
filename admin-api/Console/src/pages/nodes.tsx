import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask } from "../api";
import { useData } from "../data";
import { may } from "../rights";
import { number, t } from "../text";
import { Badge, FormDialog, Loaded, notify, Page, Table } from "../ui";

const look = 5000;

/** The gateways that run now: how many calls each has, and whether it takes more. */
export function Nodes(): VNode {
  const [drained, setDrained] = useState<string>();
  const state = useData(() => ask(api.GET("/v1/nodes")), [], ["call."], look);
  return (
    <Page title={t("nodes")}>
      <Loaded state={state}>
        {({ items }) => (
          <Table caption={t("nodes")} rows={items} keyOf={(one) => one.id} empty={t("node.none")} columns={[
            { head: t("node"), cell: (one) => one.id },
            { head: t("state"), cell: (one) => (one.takesCalls ? <Badge tone="good">{t("node.takes")}</Badge> : <Badge tone="busy">{t("node.drains")}</Badge>) },
            { head: t("live"), isNumber: true, cell: (one) => number(one.liveCalls) },
            { head: "", cell: (one) => may("operate") && one.takesCalls && <button type="button" onClick={() => setDrained(one.id)}>{t("node.drain")}</button> },
          ]} />
        )}
      </Loaded>
      {drained && (
        <FormDialog title={t("node.drain")} submit={t("node.drain")} isBad onClose={() => setDrained(undefined)} send={async () => {
          await ask(api.POST("/v1/nodes/{id}/drain", { params: { path: { id: drained } } }));
          notify(t("node.draining"));
          state.reload();
        }}><p>{t("node.drainText", { node: drained })}</p></FormDialog>
      )}
    </Page>
  );
}
