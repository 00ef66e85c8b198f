import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, match, type Schema, type Scope } from "../api";
import { usePages } from "../data";
import { named, t } from "../text";
import { Act, Badge, Dialog, Field, FormDialog, Name, PagedTable, Page, Toggle, When } from "../ui";

type Key = Schema["KeyView"];

const scopes: Scope[] = ["read", "operate", "billing", "admin"];

/** Keys of the API. The text of one is shown once, when it is made. */
export function Keys(): VNode {
  const [isNew, setNew] = useState(false);
  const [revoked, setRevoked] = useState<Key>();
  const [text, setText] = useState<string>();
  const pages = usePages((cursor) => ask(api.GET("/v1/keys", { params: { query: { cursor } } })), []);
  return (
    <Page title={t("keys")} actions={<button type="button" onClick={() => setNew(true)}>{t("key.new")}</button>}>
      <PagedTable pages={pages} caption={t("keys")} keyOf={(one) => one.id} empty={t("key.none")} columns={[
        { head: t("name"), cell: (one) => <Name text={one.name} /> },
        { head: t("id"), cell: (one) => <code>{one.id}</code> },
        { head: t("scopes"), cell: (one) => one.scopes.map((scope) => <Badge key={scope}>{named("scope", scope)}</Badge>) },
        { head: t("state"), cell: (one) => (one.revokedAt ? <Badge tone="bad">{t("key.revoked")}</Badge> : <Badge tone="good">{t("key.valid")}</Badge>) },
        { head: t("key.lastUsed"), cell: (one) => <When at={one.lastUsedAt} /> },
        { head: t("expires"), cell: (one) => <When at={one.expiresAt} /> },
        {
          head: "", cell: (one) => !one.revokedAt && (
            <span class="actions">
              <Act label={`${t("key.rotate")}: ${one.id}`} do={async () => {
                const made = await ask(api.POST("/v1/keys/{id}/rotate", { params: { path: { id: one.id }, header: match(one.version) }, body: { graceSeconds: 86400 } }));
                setText(made.text);
                pages.reload();
              }}>{t("key.rotate")}</Act>
              <button type="button" class="bad" aria-label={`${t("key.revoke")}: ${one.id}`} onClick={() => setRevoked(one)}>{t("key.revoke")}</button>
            </span>
          ),
        },
      ]} />
      {isNew && <NewKey onClose={() => setNew(false)} onMade={(made) => { setText(made); pages.reload(); }} />}
      {revoked && (
        <FormDialog title={t("key.revoke")} submit={t("key.revoke")} isBad onClose={() => setRevoked(undefined)} send={async () => {
          await ask(api.DELETE("/v1/keys/{id}", { params: { path: { id: revoked.id }, header: match(revoked.version) } }));
          pages.reload();
        }}><p>{t("key.revokeText", { name: revoked.name })}</p></FormDialog>
      )}
      {text && (
        <Dialog title={t("key.text")} onClose={() => setText(undefined)}>
          <p>{t("key.once")}</p>
          <p><code class="secret">{text}</code></p>
          <div class="dialog-foot"><Act do={() => navigator.clipboard.writeText(text)} done={t("copied")}>{t("copy")}</Act></div>
        </Dialog>
      )}
    </Page>
  );
}

function NewKey(props: { onClose: () => void; onMade: (text: string) => void }): VNode {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Scope[]>(["read"]);
  return (
    <FormDialog title={t("key.new")} submit={t("create")} onClose={props.onClose} send={async () => {
      props.onMade((await ask(api.POST("/v1/keys", { body: { name, scopes: chosen } }))).text);
    }}>
      <Field label={t("name")} value={name} set={setName} required />
      <fieldset><legend>{t("scopes")}</legend>
        {scopes.map((one) => (
          <Toggle key={one} label={named("scope", one)} value={chosen.includes(one)}
            set={(on) => setChosen(on ? [...chosen, one] : chosen.filter((scope) => scope !== one))} />
        ))}
      </fieldset>
    </FormDialog>
  );
}
