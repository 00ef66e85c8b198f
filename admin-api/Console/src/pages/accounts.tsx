import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { api, ask, fileAt, match, once, type Schema } from "../api";
import { useData, usePages } from "../data";
import { may } from "../rights";
import { useQuery } from "../route";
import { clock, named, number, plain, t } from "../text";
import {
  Badge, Card, Choice, Facts, Field, FormDialog, Link, Loaded, Name, notify, PagedTable, Page, Table, Toggle, When,
} from "../ui";
import { Money } from "./calls";
import { periodOf } from "./shared";

type Account = Schema["AccountView"];

export function Accounts(): VNode {
  const [needed, setNeeded] = useQuery("topUpNeeded");
  const [isNew, setNew] = useState(false);
  const pages = usePages((cursor) => ask(api.GET("/v1/accounts", {
    params: { query: { topUpNeeded: needed === "" ? undefined : needed === "true", cursor } },
  })), [needed], ["balance.", "call.ended"]);
  return (
    <Page title={t("accounts")} actions={may("billing") && <button type="button" onClick={() => setNew(true)}>{t("account.new")}</button>}>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Choice label={t("account.topUpNeeded")} value={needed} set={setNeeded}
          of={[{ value: "", text: t("any") }, { value: "true", text: t("yes") }, { value: "false", text: t("no") }]} />
      </form>
      <PagedTable pages={pages} caption={t("accounts")} keyOf={(one) => one.id} empty={t("account.none")} columns={[
        { head: t("account"), cell: (one) => <Link to={`/accounts/${one.id}`}><Name text={one.name} /></Link> },
        { head: t("balance"), isNumber: true, cell: (one) => <Money amount={one.balance} currency={one.currency} /> },
        { head: t("account.held"), isNumber: true, cell: (one) => one.held },
        { head: t("account.available"), isNumber: true, cell: (one) => one.available },
        { head: t("rateCard"), cell: (one) => (one.rateCard ? <Link to={`/rates/${one.rateCard}`}>{one.rateCard}</Link> : "–") },
        { head: t("state"), cell: (one) => <AccountState of={one} /> },
      ]} />
      {isNew && <NewAccount onClose={() => setNew(false)} onMade={pages.reload} />}
    </Page>
  );
}

function AccountState(props: { of: Account }): VNode {
  return props.of.isClosed ? <Badge>{t("closed")}</Badge>
    : props.of.topUpNeeded ? <Badge tone="bad">{t("account.topUpNeeded")}</Badge> : <Badge tone="good">{t("account.fine")}</Badge>;
}

function NewAccount(props: { onClose: () => void; onMade: () => void }): VNode {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [currency, setCurrency] = useState("");
  const [card, setCard] = useState("");
  return (
    <FormDialog title={t("account.new")} submit={t("create")} onClose={props.onClose} send={async () => {
      await ask(api.POST("/v1/accounts", { body: { id, name, currency, rateCard: card || null, minimumInbound: "10.00", minimumOutbound: "10.00" } }));
      props.onMade();
    }}>
      <Field label={t("id")} value={id} set={setId} required hint={t("id.hint")} />
      <Field label={t("name")} value={name} set={setName} required />
      <Field label={t("currency")} value={currency} set={setCurrency} required placeholder="EUR" />
      <Field label={t("rateCard")} value={card} set={setCard} />
    </FormDialog>
  );
}

/** An account's balance to the last digit, its terms, and every movement. */
export function AccountPage(props: { id: string }): VNode {
  const path = { path: { account: props.id } };
  const [from, setFrom] = useQuery("from");
  const [to, setTo] = useQuery("to");
  const [dialog, setDialog] = useState<"topUp" | "adjust" | "edit">();
  // Local days, as the times of the entries; a statement's month is one of UTC, and at its ends has another day's entries.
  const period = periodOf(from, to);
  const changes = ["balance.", "call.ended"];
  const state = useData(() => ask(api.GET("/v1/accounts/{account}", { params: path })), [props.id], changes);
  const ledger = usePages(
    (cursor) => ask(api.GET("/v1/accounts/{account}/ledger", { params: { ...path, query: { ...period, cursor } } })), [props.id, from, to], changes);
  const reload = () => {
    state.reload();
    ledger.reload();
  };
  const link = fileAt(`/v1/accounts/${encodeURIComponent(props.id)}/ledger/export`, period);
  return (
    <Page title={t("account")} actions={<Link to="/accounts" class="button">{t("accounts")}</Link>}>
      <Loaded state={state}>
        {(account) => (
          <>
            <Card title={plain(account.name)} actions={may("billing") && (
              <>
                <button type="button" class="first" onClick={() => setDialog("topUp")}>{t("account.topUp")}</button>
                <button type="button" onClick={() => setDialog("adjust")}>{t("account.adjust")}</button>
                <button type="button" onClick={() => setDialog("edit")}>{t("edit")}</button>
              </>
            )}>
              <div class="figures">
                <div class="figure"><strong>{account.balance} {account.currency}</strong><span>{t("balance")}</span></div>
                <div class="figure"><strong>{account.held}</strong><span>{t("account.held")}</span></div>
                <div class="figure"><strong>{account.available}</strong><span>{t("account.available")}</span></div>
                <div class="figure"><strong><AccountState of={account} /></strong><span>{t("state")}</span></div>
              </div>
              <Facts of={[
                [t("rateCard"), account.rateCard ? <Link to={`/rates/${account.rateCard}`}>{account.rateCard}</Link> : "–"],
                [t("account.minimumInbound"), account.inbound.minimum],
                [t("account.minimumOutbound"), account.outbound.minimum],
                [t("account.lowBalance"), account.lowBalance ?? "–"],
                [t("account.shortfall"), `${account.inbound.shortfall} / ${account.outbound.shortfall}`],
              ]} />
            </Card>
            {(dialog === "topUp" || dialog === "adjust") && <Move account={account} isTopUp={dialog === "topUp"} onClose={() => setDialog(undefined)} onMoved={reload} />}
            {dialog === "edit" && <Terms account={account} onClose={() => setDialog(undefined)} reload={reload} />}
          </>
        )}
      </Loaded>
      <StatementCard account={props.id} />
      <div class="page-head"><h2>{t("ledger")}</h2><div class="actions"><a class="button" href={link} download>{t("csv")}</a></div></div>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("from")} type="date" value={from} set={setFrom} />
        <Field label={t("to")} type="date" value={to} set={setTo} />
      </form>
      <PagedTable pages={ledger} caption={t("ledger")} keyOf={(one) => one.id} empty={t("ledger.none")} columns={[
        { head: t("time"), cell: (one) => <When at={one.at} /> },
        { head: t("kind"), cell: (one) => named("entry", one.kind) },
        { head: t("amount"), isNumber: true, cell: (one) => one.amount },
        { head: t("balance"), isNumber: true, cell: (one) => one.balanceAfter },
        { head: t("call"), cell: (one) => (one.call ? <Link to={`/calls/${one.call}`}>{one.call.slice(0, 8)}</Link> : "–") },
        { head: t("actor"), cell: (one) => one.actor },
        { head: t("note"), cell: (one) => <Name text={one.note} /> },
      ]} />
    </Page>
  );
}

/** A month of the account: from its opening balance to its closing one. */
function StatementCard(props: { account: string }): VNode {
  const [month, setMonth] = useQuery("month", new Date().toISOString().slice(0, 7));
  const isMonth = /^\d{4}-\d{2}$/.test(month);
  const state = useData(
    () => (isMonth
      ? ask(api.GET("/v1/accounts/{account}/statements/{month}", { params: { path: { account: props.account, month } } })) : Promise.resolve(undefined)),
    [props.account, month], ["balance."]);
  const link = `/v1/accounts/${encodeURIComponent(props.account)}/statements/${encodeURIComponent(month)}/export`;
  return (
    <Card title={t("statement")} actions={isMonth && <a class="button" href={link} download>{t("csv")}</a>}>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Field label={t("statement.month")} type="month" value={month} set={setMonth} />
      </form>
      <Loaded state={state}>
        {(statement) => statement && (
          <>
            <Facts of={[
              [t("statement.opening"), statement.opening], [t("statement.charged"), statement.charged], [t("statement.toppedUp"), statement.toppedUp],
              [t("statement.adjusted"), statement.adjusted], [t("statement.rerated"), statement.rerated],
              [t("statement.closing"), <strong>{statement.closing} {statement.currency}</strong>],
            ]} />
            {!statement.isFinal && <p class="quiet">{t("statement.open")}</p>}
            <Table caption={t("statement")} rows={statement.charges} keyOf={(one) => `${one.direction} ${one.country}`} empty={t("statement.none")} columns={[
              { head: t("direction"), cell: (one) => named("direction", one.direction) || "–" },
              { head: t("country"), cell: (one) => one.country ?? "–" },
              { head: t("calls"), isNumber: true, cell: (one) => number(one.calls) },
              { head: t("statement.billed"), isNumber: true, cell: (one) => clock(one.billedSeconds) },
              { head: t("amount"), isNumber: true, cell: (one) => one.amount },
            ]} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Move(props: { account: Account; isTopUp: boolean; onClose: () => void; onMoved: () => void }): VNode {
  const [amount, setAmount] = useState("");
  const [note, setNote] = useState("");
  const [key] = useState(crypto.randomUUID());
  const title = props.isTopUp ? t("account.topUp") : t("account.adjust");
  return (
    <FormDialog title={title} submit={title} onClose={props.onClose} send={async () => {
      const movement = { params: { path: { account: props.account.id }, header: once(key) }, body: { amount, currency: props.account.currency, note: note || null } };
      await ask(props.isTopUp ? api.POST("/v1/accounts/{account}/top-ups", movement) : api.POST("/v1/accounts/{account}/adjustments", movement));
      notify(t("account.moved"));
      props.onMoved();
    }}>
      <Field label={`${t("amount")} (${props.account.currency})`} value={amount} set={setAmount} required placeholder="50.00" />
      <Field label={t("note")} value={note} set={setNote} />
    </FormDialog>
  );
}

/** Saves over the account as it was when the form was opened: over what somebody else has changed meanwhile it is refused. */
function Terms(props: { account: Account; onClose: () => void; reload: () => void }): VNode {
  const [account] = useState(props.account);
  const [name, setName] = useState(account.name);
  const [card, setCard] = useState(account.rateCard ?? "");
  const [inbound, setInbound] = useState(account.inbound.minimum);
  const [outbound, setOutbound] = useState(account.outbound.minimum);
  const [low, setLow] = useState(account.lowBalance ?? "");
  const [isClosed, setClosed] = useState(account.isClosed);
  return (
    <FormDialog title={t("edit")} submit={t("save")} onClose={props.onClose} send={async () => {
      await ask(api.PUT("/v1/accounts/{account}", {
        params: { path: { account: account.id }, header: match(account.version) },
        body: { name, rateCard: card || null, minimumInbound: inbound, minimumOutbound: outbound, lowBalance: low || null, isClosed },
      })).finally(props.reload);
    }}>
      <Field label={t("name")} value={name} set={setName} required />
      <Field label={t("rateCard")} value={card} set={setCard} />
      <Field label={t("account.minimumInbound")} value={inbound} set={setInbound} required />
      <Field label={t("account.minimumOutbound")} value={outbound} set={setOutbound} required />
      <Field label={t("account.lowBalance")} value={low} set={setLow} hint={t("account.lowBalance.hint")} />
      <Toggle label={t("account.isClosed")} value={isClosed} set={setClosed} />
    </FormDialog>
  );
}
