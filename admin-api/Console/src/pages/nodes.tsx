import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, type Schema } from "../api";
import { useData } from "../data";
import { may } from "../rights";
import { number, plain, t } from "../text";
import { Badge, Dialog, Facts, FormDialog, Loaded, notify, Page, Table, When } from "../ui";

const look = 5000;

type Report = Schema["ReloadView"];

/** The gateways that run now: how many calls each has, whether it takes more, and the reading of its configuration file. */
export function Nodes(): VNode {
  const [drained, setDrained] = useState<string>();
  const [reloaded, setReloaded] = useState<string>();
  const [report, setReport] = useState<Report>();
  const state = useData(() => ask(api.GET("/v1/nodes")), [], ["call."], look);
  return (
    <Page title={t("nodes")}>
      <Loaded state={state}>
        {({ items }) => (
          <Table caption={t("nodes")} rows={items} keyOf={(one) => one.id} empty={t("node.none")} columns={[
            { head: t("node"), cell: (one) => one.id },
            { head: t("state"), cell: (one) => (one.takesCalls ? <Badge tone="good">{t("node.takes")}</Badge> : <Badge tone="busy">{t("node.drains")}</Badge>) },
            { head: t("live"), isNumber: true, cell: (one) => number(one.liveCalls) },
            {
              head: "", cell: (one) => may("admin") && (
                <span class="actions">
                  <button type="button" onClick={() => setReloaded(one.id)}>{t("node.reload")}</button>
                  {one.takesCalls && <button type="button" class="bad" onClick={() => setDrained(one.id)}>{t("node.drain")}</button>}
                </span>
              ),
            },
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
      {reloaded && (
        <FormDialog title={t("node.reload")} submit={t("node.reload")} onClose={() => setReloaded(undefined)} send={async () => {
          setReport(await ask(api.POST("/v1/nodes/{id}/reload", { params: { path: { id: reloaded } } })));
        }}><p>{t("node.reloadText", { node: reloaded })}</p></FormDialog>
      )}
      {report && (
        <Dialog title={t("node.reloaded")} onClose={() => setReport(undefined)}>
          <Facts of={[
            [t("node.applied"), report.applied.map(plain).join(", ") || t("node.nothing")],
            [t("node.needsRestart"), report.needsRestart.map(plain).join(", ") || t("node.nothing")],
            [t("time"), <When at={report.appliedAt} />],
          ]} />
        </Dialog>
      )}
    </Page>
  );
}
