import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, type Schema, upload } from "../api";
import { useData, usePages } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { named, t } from "../text";
import { Choice, choicesOf, Field, FormDialog, Link, Loaded, Name, notify, Page, PagedTable, Toggle, When } from "../ui";

export function Rates(): VNode {
  const [isNew, setNew] = useState(false);
  const pages = usePages((cursor) => ask(api.GET("/v1/rate-cards", { params: { query: { cursor } } })), []);
  return (
    <Page title={t("rates")} actions={may("billing") && <button type="button" onClick={() => setNew(true)}>{t("rateCard.new")}</button>}>
      <PagedTable pages={pages} caption={t("rates")} keyOf={(one) => one.id} empty={t("rateCard.none")} columns={[
        { head: t("rateCard"), cell: (one) => <Link to={`/rates/${one.id}`}><Name text={one.name} /></Link> },
        { head: t("id"), cell: (one) => one.id },
        { head: t("currency"), cell: (one) => one.currency },
      ]} />
      {isNew && <NewCard onClose={() => setNew(false)} onMade={pages.reload} />}
    </Page>
  );
}

function NewCard(props: { onClose: () => void; onMade: () => void }): VNode {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [currency, setCurrency] = useState("");
  return (
    <FormDialog title={t("rateCard.new")} submit={t("create")} onClose={props.onClose} send={async () => {
      await ask(api.POST("/v1/rate-cards", { body: { id, name, currency } }));
      props.onMade();
    }}>
      <Field label={t("id")} value={id} set={setId} required hint={t("id.hint")} />
      <Field label={t("name")} value={name} set={setName} required />
      <Field label={t("currency")} value={currency} set={setCurrency} required placeholder="EUR" />
    </FormDialog>
  );
}

/** The rates of a card, and their import from a file with every error of it. */
export function RateCardPage(props: { id: string }): VNode {
  const path = { path: { card: props.id } };
  const [direction, setDirection] = useQuery("direction");
  const [isImporting, setImporting] = useState(false);
  const card = useData(() => ask(api.GET("/v1/rate-cards/{card}", { params: path })), [props.id]);
  const rates = usePages((cursor) => ask(api.GET("/v1/rate-cards/{card}/rates", {
    params: { ...path, query: { direction: (direction || undefined) as Schema["CallDirection"] | undefined, cursor } },
  })), [props.id, direction]);
  const file = `/v1/rate-cards/${encodeURIComponent(props.id)}/export`;
  return (
    <Page title={t("rateCard")} actions={
      <>
        <Link to="/rates" class="button">{t("rates")}</Link>
        <a class="button" href={file} download>{t("csv")}</a>
        {may("billing") && <button type="button" class="first" onClick={() => setImporting(true)}>{t("import")}</button>}
      </>
    }>
      <Loaded state={card}>{(one) => <p><strong><Name text={one.name} /></strong> · {one.currency}</p>}</Loaded>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Choice label={t("direction")} value={direction} set={setDirection} of={choicesOf("direction", ["inbound", "outbound"], "any")} />
      </form>
      <PagedTable pages={rates} caption={t("rates")} keyOf={(one) => one.id} empty={t("rate.none")} columns={[
        { head: t("direction"), cell: (one) => named("direction", one.direction) },
        { head: t("prefix"), cell: (one) => one.prefix || t("prefix.all") },
        { head: t("pricePerMinute"), isNumber: true, cell: (one) => one.pricePerMinute },
        { head: t("connectionFee"), isNumber: true, cell: (one) => one.connectionFee },
        { head: t("pulses"), isNumber: true, cell: (one) => `${one.pulseSeconds} s` },
        { head: t("from"), cell: (one) => <When at={one.validFrom} /> },
        { head: t("to"), cell: (one) => <When at={one.validUntil} /> },
      ]} />
      {isImporting && <Import card={props.id} onClose={() => setImporting(false)} onDone={rates.reload} />}
    </Page>
  );
}

function Import(props: { card: string; onClose: () => void; onDone: () => void }): VNode {
  const [file, setFile] = useState<File>();
  const [replace, setReplace] = useState(false);
  const [dryRun, setDryRun] = useState(true);
  return (
    <FormDialog title={t("import")} submit={dryRun ? t("import.check") : t("import")} isWide onClose={props.onClose} send={async () => {
      if (!file) return;
      const done = await upload<Schema["RateImportView"]>(
        `/v1/rate-cards/${encodeURIComponent(props.card)}/import?replace=${replace}&dryRun=${dryRun}`, "text/csv", file);
      notify(t(dryRun ? "import.checked" : "import.done", { added: done.added, closed: done.closed }));
      props.onDone();
    }}>
      <p class="quiet">{t("import.text")}</p>
      <label class="field">
        <span>{t("file")}</span>
        <input type="file" accept=".csv,text/csv" required onChange={(e) => setFile(e.currentTarget.files?.[0])} />
      </label>
      <Toggle label={t("import.dryRun")} value={dryRun} set={setDryRun} />
      <Toggle label={t("import.replace")} value={replace} set={setReplace} />
    </FormDialog>
  );
}
